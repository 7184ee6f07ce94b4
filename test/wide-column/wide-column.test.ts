// The scripts of this folder in short, on the node that the suite shares; and the checker of histories on histories of known truth.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cassandraKeyspace } from "../servers/cassandra.ts";
import { createRandom } from "../fixtures/random.ts";
import { isLinearizable, type Operation } from "./linearizable.ts";
import { raceCounter, raceVersions } from "./races.ts";
import { recorded } from "./register.ts";
import { openSides, type Sides } from "./sides.ts";

const read = (value: number, from: number, until: number): Operation => ({ kind: "read", value, from, until });
const write = (value: number, from: number, until: number): Operation => ({ kind: "write", value, from, until });
const swap = (expected: number, value: number, from: number, until: number, applied = true): Operation => ({
  kind: "swap",
  expected,
  value,
  from,
  until,
  applied,
});

describe("the checker", () => {
  test.each<readonly [string, readonly Operation[]]>([
    ["nothing", []],
    ["a read of what was written before", [write(1, 0, 1), read(1, 2, 3)]],
    ["a read beside a write sees either", [write(1, 0, 10), read(0, 1, 2), read(1, 3, 4)]],
    ["an unknown write that is seen late", [write(1, 0, Infinity), read(0, 5, 6), read(1, 7, 8)]],
    ["an unknown write that is never seen", [write(1, 0, Infinity), read(0, 5, 6)]],
    ["of two swaps one wins", [swap(0, 1, 0, 5), swap(0, 2, 0, 5, false), read(1, 6, 7)]],
    ["two writes at once, in the order that reads tell", [write(1, 0, 5), write(2, 0, 5), read(1, 6, 7)]],
  ])("finds an order for %s", (_, history) => {
    expect(isLinearizable(history, 0)).toBe(true);
  });

  test.each<readonly [string, readonly Operation[]]>([
    ["a stale read", [write(1, 0, 1), read(0, 2, 3)]],
    ["a read of what nobody wrote", [read(7, 0, 1)]],
    ["a value that comes back", [write(1, 0, 1), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7)]],
    ["a read that goes back within a write", [write(1, 0, 10), read(1, 1, 2), read(0, 3, 4)]],
    ["two swaps that both win", [swap(0, 1, 0, 5), swap(0, 2, 0, 5)]],
    ["a swap that was refused though it fitted", [swap(0, 1, 0, 1, false)]],
    ["a lost write", [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)]],
  ])("finds none for %s", (_, history) => {
    expect(isLinearizable(history, 0)).toBe(false);
  });

  test("finds an order for what had one, and none once a read is changed to another time's value", () => {
    const random = createRandom(14);
    for (let round = 0; round < 30; round += 1) {
      const history: Operation[] = [];
      let value = 0;
      for (let at = 10; at < 2_000; at += 10) {
        // Each happens at `at`, and was asked before and answered behind it, over its neighbours.
        const [from, until] = [at - random.integer(0, 39), at + random.integer(0, 39)];
        if (random.chance(0.5)) history.push(read(value, from, until));
        else history.push(write((value = at), from, until));
      }
      expect(isLinearizable(history, 0)).toBe(true);
      const late = history.filter(({ kind, from }) => kind === "read" && from > 1_000).at(-1);
      const stale = history.map((each) => (each === late ? { ...each, value: 10 } : each));
      expect(late !== undefined && !isLinearizable(stale, 0)).toBe(true);
    }
  });
});

describe("two sidecars on one keyspace", { timeout: 300_000 }, () => {
  let sides: Sides;
  beforeAll(async () => {
    sides = await openSides(await cassandraKeyspace());
  }, 300_000);
  afterAll(() => sides.close());

  test("count exactly", async () => {
    expect(await raceCounter(sides, { workers: 16, increments: 3, attempts: 0 })).toMatch(
      /^counter: \d+ acknowledged/u,
    );
  });

  test("give each version one winner", async () => {
    expect(await raceVersions(sides, { workers: 16, increments: 0, attempts: 200 })).toContain("one winner each");
  });

  test("are one register", async () => {
    const history = await recorded(sides, { callers: 4, time: 500, least: 80 });
    expect(isLinearizable(history, 0)).toBe(true);
    expect(new Set(history.map(({ kind }) => kind)).size).toBe(3);
  });
});
