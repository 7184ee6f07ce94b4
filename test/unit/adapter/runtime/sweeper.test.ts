/** Sweeping in the background: at each interval until nothing is left, one sweep at a time, and not after the end. */

import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { open as openKv } from "../../../../src/adapter/kv/open.ts";
import { startSweeper } from "../../../../src/adapter/runtime/sweeper.ts";
import { createOf, entity, NOW, openOptions, readOne, recordWith, writeAll } from "../sqlite/store.ts";

const INTERVAL = 1_000;
const warnings: unknown[] = [];
const { log, clock } = openOptions([]);
const options = { store: "s", clock, log: { ...log, warn: (detail: unknown) => void warnings.push(detail) } };

beforeEach(() => {
  warnings.length = 0;
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => void vi.useRealTimers());

async function elapsed(): Promise<void> {
  vi.advanceTimersByTime(INTERVAL);
  for (let turn = 0; turn < 3; turn += 1) await setImmediate();
}

it("goes on while there is more, and begins anew at the next interval", async () => {
  const steps: bigint[] = [];
  const stop = startSweeper(async (now) => steps.push(now) % 3 !== 0, options, INTERVAL);
  await elapsed();
  expect(steps).toEqual([NOW, NOW, NOW]);
  await elapsed();
  expect(steps.length).toBe(6);
  stop();
  await elapsed();
  expect(steps.length).toBe(6);
});

it("does not begin while the one before goes on", async () => {
  const first = Promise.withResolvers<boolean>();
  let steps = 0;
  const stop = startSweeper(async () => ((steps += 1), steps === 1 ? first.promise : false), options, INTERVAL);
  await elapsed();
  await elapsed();
  expect(steps).toBe(1);
  first.resolve(false);
  await elapsed();
  await elapsed();
  expect(steps).toBe(2);
  stop();
});

it("that fails is told, and tried again", async () => {
  let steps = 0;
  const failing = async (): Promise<boolean> => {
    steps += 1;
    throw new Error("the store is away");
  };
  const stop = startSweeper(failing, options, INTERVAL);
  await elapsed();
  await elapsed();
  expect([steps, warnings]).toEqual([2, [{ store: "s" }, { store: "s" }]]);
  stop();
});

it("in files of keys and values it removes what has expired", async () => {
  const ticket = entity("test.v1.Ticket");
  const store = await openKv(openOptions([ticket], { url: new URL("kv:rows") }));
  const row = (id: string, expires_at: bigint): ReturnType<typeof recordWith> => recordWith(ticket, { id, expires_at });
  const [gone, kept] = [row("gone", NOW - 1_000n), row("kept", NOW + 1_000n)];
  await writeAll(store, [createOf(ticket, gone), createOf(ticket, kept)]);
  vi.advanceTimersByTime(3_600_000);
  await expect.poll(() => readOne(store, ticket, gone), { timeout: 60_000 }).toBeUndefined();
  expect(await readOne(store, ticket, kept)).toEqual(kept);
  await store.close();
});
