// One register, read, written and swapped by several callers through two sidecars; what they saw must be an order of one operation after the other.
//   node test/wide-column/register.ts [--rounds 10] [--seconds 10] [--callers 6] [--nodes 1] [--kill]
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { numberOf, part } from "../integration/ask.ts";
import { startCluster } from "../servers/cassandra-cluster.ts";
import { isLinearizable, type Operation } from "./linearizable.ts";
import { openSides, type Sides } from "./sides.ts";

const users = "triggerx.v1.UserDataRepository";

export interface Round {
  readonly callers: number;
  /** Milliseconds; longer where fewer than `least` operations were recorded in it. */
  readonly time: number;
  readonly least?: number;
  /** What happens in the middle; nothing where it is left out. */
  readonly disturb?: () => Promise<void>;
}

/** What was recorded of one register. */
export async function recorded(
  sides: Sides,
  { callers, time, least = 0, disturb }: Round,
): Promise<readonly Operation[]> {
  const userAddress = `0x${randomUUID()}`;
  await sides.surely(`${users}/Create`, { entity: { userAddress, totalJobs: "0" } });
  const history: Operation[] = [];
  const until = performance.now() + time;
  let values = 0;
  let known = 0;
  const disturbed = disturb && wait(time / 3).then(disturb);
  const work = async (caller: number): Promise<void> => {
    for (let i = 0; performance.now() < until || history.length < least; i += 1) {
      const turn = Math.random();
      const from = performance.now();
      if (turn < 0.5) {
        const request = { key: { userAddress }, consistency: "CONSISTENCY_STRONG" };
        const fate = await sides.call(caller + i, `${users}/Get`, request);
        if (fate.kind !== "answered") {
          await wait(20);
          continue; // says nothing
        }
        const value = numberOf(part(fate.json, "entity", "totalJobs"));
        known = value;
        history.push({ kind: "read", value, from, until: performance.now() });
        continue;
      }
      const value = (values += 1);
      const expected = known;
      const isSwap = turn < 0.8;
      const entity = { userAddress, totalJobs: String(value) };
      const request = isSwap ? { entity, condition: { totalJobs: { eq: String(expected) } } } : { entity };
      const fate = await sides.call(caller + i, `${users}/Update`, request);
      const asked = isSwap ? { kind: "swap", value, expected } as const : { kind: "write", value } as const; // prettier-ignore
      if (fate.kind === "answered") history.push({ ...asked, from, until: performance.now() });
      else if (fate.kind === "unknown") history.push({ ...asked, from, until: Infinity });
      else if (fate.kind === "refused") {
        assert.deepEqual([isSwap, fate.reason], [true, "CONDITION_FAILED"]);
        history.push({ ...asked, applied: false, from, until: performance.now() });
      } else await wait(20); // surely not done: if it was, a read will tell
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => work(caller)));
  await disturbed;
  const { entity } = await sides.surely(`${users}/Get`, { key: { userAddress }, consistency: "CONSISTENCY_STRONG" });
  const from = performance.now();
  history.push({ kind: "read", value: numberOf(part(entity, "totalJobs")), from, until: from + 1 });
  return history;
}

/** Operations of a round in which a node is killed. */
const LEAST = 200;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "10" },
      seconds: { type: "string", default: "10" },
      callers: { type: "string", default: "6" },
      nodes: { type: "string", default: "1" },
      kill: { type: "boolean", default: false },
    },
  });
  const nodes = Number(values.nodes);
  const cluster = await startCluster({ nodes, heap: nodes === 1 ? 384 : 160 });
  const sides = await openSides(await cluster.keyspace(nodes));
  const node = cluster.nodes.at(-1);
  const disturb = async (): Promise<void> => {
    await node?.signal("SIGKILL");
    await node?.restart();
  };
  let wrong = 0;
  try {
    for (let round = 1; round <= Number(values.rounds); round += 1) {
      const time = 1_000 * Number(values.seconds);
      // With a node that is gone for longer than a round, on until it was there again for a while.
      const killed = values.kill ? { disturb, least: LEAST } : {};
      const history = await recorded(sides, { callers: Number(values.callers), time, ...killed });
      const isOne = isLinearizable(history, 0);
      const count = (kind: Operation["kind"]): number => history.filter((each) => each.kind === kind).length;
      const open = history.filter(({ until }) => until === Infinity).length;
      const counts = `${count("read")} reads, ${count("write")} writes, ${count("swap")} swaps, ${open} of unknown fate`;
      stdout.write(`round ${round}: ${counts}: ${isOne ? "linearizable" : "NOT LINEARIZABLE"}\n`);
      if (!isOne) wrong += 1;
    }
  } finally {
    await sides.close();
    await cluster.close();
  }
  process.exitCode = wrong === 0 ? 0 : 1;
}
