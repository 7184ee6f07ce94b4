// Three nodes on loopback addresses, every row on each: what callers are told while nodes are killed, paused and slow, and that nothing is lost.
//   node test/wide-column/trouble.ts [--heap 160]
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { JsonObject } from "@bufbuild/protobuf";
import { numberOf, part } from "../integration/ask.ts";
import { startCluster } from "../servers/cassandra-cluster.ts";
import { openSides, type Fate, type Sides } from "./sides.ts";

const users = "triggerx.v1.UserDataRepository";

/** What each level comes to: a read, and an increment that says how many replicas must have it. */
export async function levels(of: Sides, userAddress: string): Promise<string> {
  const told: string[] = [];
  for (const level of ["ONE", "QUORUM", "ALL", "SERIAL", "EACH_QUORUM"]) {
    const consistency = `CONSISTENCY_${level}`;
    const read = await of.call(0, `${users}/Get`, { key: { userAddress }, consistency });
    const write = await of.call(1, `${users}/Update`, { entity: { userAddress, totalTasks: "1" }, consistency });
    told.push(`${level} ${wordOf(read)}/${wordOf(write)}`);
  }
  return told.join(", ");
}

function wordOf(fate: Fate): string {
  return fate.kind === "answered" ? "ok" : fate.reason.replace("STORE_", "");
}

/** The last that it was, where it never holds. */
export async function until(
  work: () => Promise<string>,
  holds: (text: string) => boolean,
  most: number = 60,
): Promise<string> {
  for (let i = 1; ; i += 1) {
    const text = await work();
    if (holds(text) || i > most) return text;
    await wait(1_000);
  }
}

/** Increments one after the other, each with a token: the sum must be what is there. */
export async function counted(
  of: Sides,
  userAddress: string,
  count: number,
  midway?: () => Promise<void>,
): Promise<string> {
  const before = numberOf(part(await strong(of, userAddress), "totalJobs"));
  const counts = { acknowledged: 0, nothing: 0, unknown: 0 };
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    if (i === count / 2) await midway?.();
    const from = performance.now();
    const fate = await of.call(i, `${users}/Update`, { entity: { userAddress }, increment: { totalJobs: "1" } });
    times.push(performance.now() - from);
    if (fate.kind === "refused") throw new Error(fate.reason);
    counts[fate.kind === "answered" ? "acknowledged" : fate.kind] += 1;
  }
  const sum = numberOf(part(await strong(of, userAddress), "totalJobs")) - before;
  assert.ok(sum >= counts.acknowledged && sum <= counts.acknowledged + counts.unknown, `the sum is ${sum}`);
  const longest = Math.max(...times).toFixed(0);
  return `${counts.acknowledged} acknowledged, ${counts.nothing} surely not done, ${counts.unknown} unknown, the sum is ${sum}; the longest ${longest} ms`;
}

async function strong(of: Sides, userAddress: string): Promise<JsonObject[string] | undefined> {
  const answer = await of.surely(`${users}/Get`, { key: { userAddress }, consistency: "CONSISTENCY_STRONG" });
  return answer["entity"];
}

/** Half of the time it stands still. */
function slowed(stop: () => Promise<void> | undefined, go: () => Promise<void> | undefined): { end(): Promise<void> } {
  let isOver = false;
  const work = (async (): Promise<void> => {
    while (!isOver) {
      await stop();
      await wait(150);
      await go();
      await wait(150);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await work;
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { heap: { type: "string", default: "160" } } });
  const print = (text: string): boolean => stdout.write(`${text}\n`);

  const began = performance.now();
  const cluster = await startCluster({ nodes: 3, heap: Number(values.heap) });
  print(`three nodes of ${values.heap} MB after ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  const sides = await openSides(await cluster.keyspace(3));
  const [, second, third] = cluster.nodes;
  try {
    const userAddress = `0x${randomUUID()}`;
    await sides.surely(`${users}/Create`, { entity: { userAddress, totalJobs: "0" } });
    print(`all three:        ${await levels(sides, userAddress)}`);
    await third?.signal("SIGKILL");
    print(`one killed:       ${await levels(sides, userAddress)}`);
    await second?.signal("SIGKILL");
    print(`two killed:       ${await levels(sides, userAddress)}`);
    await second?.restart();
    await third?.restart();
    print(`all there again:  ${await until(() => levels(sides, userAddress), (text) => !text.includes("UNAVAILABLE"))}`); // prettier-ignore
    await third?.signal("SIGSTOP");
    print(`one paused:       ${await counted(sides, userAddress, 40)}`);
    await third?.signal("SIGCONT");
    print(`going on:         ${await counted(sides, userAddress, 40)}`);
    const slow = slowed(() => third?.signal("SIGSTOP"), () => third?.signal("SIGCONT")); // prettier-ignore
    print(`one slow:         ${await counted(sides, userAddress, 40)}`);
    await slow.end();
    print(`one killed while: ${await counted(sides, userAddress, 40, async () => third?.signal("SIGKILL"))}`);
  } finally {
    await sides.close();
    await cluster.close();
  }
}
