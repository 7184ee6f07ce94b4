// When a store that cannot be opened, or has ceased to answer, is asked again. The clock is the test's own.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Adapter } from "../../../src/adapter/adapter.ts";
import { NotConnected } from "../../../src/adapter/runtime/link-failure.ts";
import { open as openMemory } from "../../../src/adapter/memory/open.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { Store } from "../../../src/server/store.ts";

let isDown: boolean;
let asked: number[];
let store: Store;

/** Opens at once, and answers while it is not down. */
async function memory(): Promise<Adapter> {
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const adapter = await openMemory({
    store: "main",
    url: new URL("memory:"),
    dataDir: "",
    settings: {},
    entities: [],
    tables: "auto",
    clock: systemClock,
    log: silent,
  });
  return { ...adapter, ping: async () => ask() };
}

function ask(): void {
  asked.push(performance.now());
  if (isDown) throw new NotConnected(new Error("refused"));
}

async function start(open: () => Promise<Adapter>): Promise<void> {
  store = new Store({ name: "main", open, decorate: (adapter) => adapter, log: { info() {}, error() {} }, onChange() {} });
  await store.start();
} // prettier-ignore

/** In seconds. */
const pauses = (): readonly number[] => asked.slice(1).map((at, i) => (at - (asked[i] ?? 0)) / 1_000);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
  [isDown, asked] = [true, []];
});
afterEach(async () => {
  await store.close();
  vi.useRealTimers();
});

test("a store that cannot be opened is tried after 1 s, then twice as long up to 30 s, a fifth more or less", async () => {
  await start(async () => {
    ask();
    return memory();
  });
  await vi.advanceTimersByTimeAsync(300_000);
  const told = [1, 2, 4, 8, 16, 30, 30, 30];
  expect(pauses().length).toBeGreaterThanOrEqual(told.length);
  const shares = told.map((pause, i) => (pauses()[i] ?? 0) / pause);
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.8);
  expect(Math.max(...shares)).toBeLessThanOrEqual(1.2);
  expect(new Set(shares).size, "each is another").toBeGreaterThan(2);
});

test("a store that has ceased to answer is asked every second, a fifth more or less, and serves with the first answer", async () => {
  isDown = false;
  await start(memory);
  isDown = true;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(store.isServing()).toBe(false);
  asked = [];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Math.min(...pauses())).toBeGreaterThanOrEqual(0.8);
  expect(Math.max(...pauses())).toBeLessThanOrEqual(1.2);
  expect(new Set(pauses()).size).toBeGreaterThan(2);
  isDown = false;
  await vi.advanceTimersByTimeAsync(1_200);
  expect(store.isServing()).toBe(true);
});
