// 64 writers of one counter and of one versioned row through two sidecars, while the node is killed and started again.
//   node test/wide-column/races.ts [--workers 64] [--increments 20] [--attempts 10000] [--only counter|versions] [--kills 2, or 0]
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { numberOf, part, textOf } from "../integration/ask.ts";
import { startCluster } from "../servers/cassandra-cluster.ts";
import { openSides, type Sides } from "./sides.ts";

const users = "triggerx.v1.UserDataRepository";
const products = "shop.v1.ProductRepository";

export interface Races {
  readonly workers: number;
  /** Of each worker, on the counter. */
  readonly increments: number;
  /** Conditional updates of the versioned row, all together, that were answered. */
  readonly attempts: number;
  /** What happens now and then in each race; nothing where it is left out. */
  readonly disturb?: Disturbance;
}

export interface Disturbance {
  readonly times: number;
  readonly happen: () => Promise<void>;
}

interface Counts {
  acknowledged: number;
  refused: number;
  nothing: number;
  unknown: number;
}

const none = (): Counts => ({ acknowledged: 0, refused: 0, nothing: 0, unknown: 0 });

function textOfCounts({ acknowledged, refused, nothing, unknown }: Counts): string {
  return `${acknowledged} acknowledged, ${refused} refused, ${nothing} surely not done, ${unknown} unknown`;
}

/** Milliseconds between attempts while something is down. */
const PAUSE = 50;

/** Each increment leaves a token beside it, so that the sum is known exactly also where an outcome is not. @throws AssertionError */
export async function raceCounter(sides: Sides, { workers, increments, disturb }: Races): Promise<string> {
  const userAddress = `0x${randomUUID()}`;
  await sides.surely(`${users}/Create`, { entity: { userAddress, totalJobs: "5" } });
  const counts = none();
  const tokens: string[] = [];
  const trouble = troubleIn(workers * increments, disturb);
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let i = 0; i < increments;) {
        const token = `${worker}-${randomUUID().slice(0, 8)}`;
        const request = { entity: { userAddress }, increment: { totalJobs: "1" }, append: { jobIds: [token] } };
        const fate = await sides.call(worker + i, `${users}/Update`, request);
        if (fate.kind === "refused") throw new Error(fate.reason);
        counts[fate.kind === "answered" ? "acknowledged" : fate.kind] += 1;
        if (fate.kind === "answered") tokens.push(token);
        // What may have happened counts as a turn: it is not done again.
        if (fate.kind === "answered" || fate.kind === "unknown") i += 1;
        else await wait(PAUSE);
        trouble.seen(tokens.length);
      }
    }),
  );
  await trouble.over();
  const { entity } = await sides.surely(`${users}/Get`, { key: { userAddress }, consistency: "CONSISTENCY_STRONG" });
  const sum = numberOf(part(entity, "totalJobs")) - 5;
  const found = new Set(Array.from((part(entity, "jobIds") ?? []) as readonly string[])); // a set of texts
  assert.equal(found.size, sum, "as many tokens as the sum says");
  assert.deepEqual(
    tokens.filter((token) => !found.has(token)),
    [],
    "every acknowledged increment is there",
  );
  assert.ok(sum <= counts.acknowledged + counts.unknown, "and no more than may have been done");
  return `counter: ${textOfCounts(counts)}; the sum is ${sum}`;
}

/** One winner for each version. @throws AssertionError */
export async function raceVersions(sides: Sides, { workers, attempts, disturb }: Races): Promise<string> {
  const id = randomUUID();
  await sides.surely(`${products}/Create`, { entity: { id, name: "first" } });
  const counts = none();
  const winners = new Map<number, string>();
  const trouble = troubleIn(attempts, disturb);
  let version = 1;
  let answered = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let i = 0; answered < attempts; i += 1) {
        const expected = version;
        const name = `${worker} ${i}`;
        const request = { entity: { id, name }, expectedVersion: String(expected) };
        const fate = await sides.call(worker + i, `${products}/Update`, request);
        if (fate.kind === "refused" && fate.reason !== "VERSION_MISMATCH") throw new Error(fate.reason);
        counts[fate.kind === "answered" ? "acknowledged" : fate.kind] += 1;
        if (fate.kind === "answered") {
          const left = numberOf(part(fate.json, "entity", "version"));
          assert.equal(left, expected + 1);
          assert.ok(!winners.has(left), `version ${left} was won by ${winners.get(left)} and by ${name}`);
          winners.set(left, name);
          version = Math.max(version, left);
        }
        if (fate.kind === "answered" || fate.kind === "refused") answered += 1;
        else {
          await wait(PAUSE);
          version = Math.max(version, await versionNow(sides, worker, id));
        }
        trouble.seen(answered);
      }
    }),
  );
  await trouble.over();
  const { entity } = await sides.surely(`${products}/Get`, { key: { id }, consistency: "CONSISTENCY_STRONG" });
  const last = numberOf(part(entity, "version"));
  assert.ok(last - 1 <= counts.acknowledged + counts.unknown, "no version without a writer");
  assert.ok(last - 1 >= counts.acknowledged, "every acknowledged write made one");
  const winner = winners.get(last);
  if (winner !== undefined) assert.equal(textOf(part(entity, "name")), winner, "the row is the last winner's");
  return `versions: ${textOfCounts(counts)}; ${winners.size} versions with one winner each, the last is ${last}`;
}

/** What nobody was told of may have happened. */
async function versionNow(sides: Sides, i: number, id: string): Promise<number> {
  const request = { key: { id }, consistency: "CONSISTENCY_STRONG" };
  const fate = await sides.call(i, `${products}/Get`, request);
  return fate.kind === "answered" ? numberOf(part(fate.json, "entity", "version")) : 0;
}

/** At equal distances within so many turns, one after the other. */
function troubleIn(
  turns: number,
  disturb: Disturbance | undefined,
): { readonly seen: (count: number) => void; readonly over: () => Promise<void> } {
  const times = disturb?.times ?? 0;
  let begun = 0;
  let last = Promise.resolve();
  return {
    seen: (count) => {
      if (begun === times || count < (turns * (begun + 1)) / (times + 1)) return;
      begun += 1;
      last = last.then(() => disturb?.happen());
    },
    over: () => last,
  };
}

const RACES = { counter: raceCounter, versions: raceVersions } as const;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      workers: { type: "string", default: "64" },
      increments: { type: "string", default: "20" },
      attempts: { type: "string", default: "10000" },
      only: { type: "string" },
      kills: { type: "string", default: "2" },
    },
  });
  const print = (text: string): boolean => stdout.write(`${text}\n`);
  const cluster = await startCluster({ nodes: 1, heap: 384 });
  const sides = await openSides(await cluster.keyspace(1));
  const [node] = cluster.nodes;
  const happen = async (): Promise<void> => {
    print("the node is killed");
    await node?.signal("SIGKILL");
    await wait(2_000);
    await node?.restart();
    print("the node is there again");
  };
  try {
    const { workers, increments, attempts, only } = values;
    const kills = Number(values.kills);
    const races: Races = { workers: Number(workers), increments: Number(increments), attempts: Number(attempts) };
    for (const [name, race] of Object.entries(RACES))
      for (const times of new Set([0, kills])) {
        if (only !== undefined && only !== name) continue;
        const began = performance.now();
        const told = await race(sides, { ...races, ...(times > 0 && { disturb: { times, happen } }) });
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        print(`${times > 0 ? `node killed and restarted ${times} times` : "undisturbed"}, ${seconds} s: ${told}`);
      }
  } finally {
    await sides.close();
    await cluster.close();
  }
}
