/** A hundred long reads at once leave the event loop to the others between any two pieces. */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { openEngine } from "../../../../src/adapter/kv/engine.ts";
import { open as openKv } from "../../../../src/adapter/kv/open.ts";
import { createMemory } from "../../../../src/adapter/memory/memory.ts";
import { reference } from "../../../../src/adapter/memory/profile.ts";
import type { Snapshot } from "../../../../src/adapter/ordered/byte-store.ts";
import { createTable, physicalName, type Table as ByteTable } from "../../../../src/adapter/ordered/byte-table.ts";
import { countRows, scanWindow as scanBytes } from "../../../../src/adapter/ordered/read-plan.ts";
import type { Plan } from "../../../../src/adapter/plan.ts";
import { countWithPauses } from "../../../../src/adapter/sqlite/reading/count.ts";
import { scanWindow, type ScanSource } from "../../../../src/adapter/sqlite/reading/scan.ts";
import { tableOf } from "../../../../src/adapter/sqlite/tables/table.ts";
import { createWriter } from "../../../../src/adapter/sqlite/writing/writer.ts";
import {
  anyCall,
  createOf,
  entity,
  NOW,
  openOptions,
  openStore,
  ordinalOf,
  recordWith,
  temporaryDirectory,
} from "../sqlite/store.ts";

const plain = entity("test.v1.Plain");
const key = plain.fields[plain.key[0]?.ordinal ?? 0]?.name ?? "";
/** More than a memory store looks at in one piece, and no multiple of it: the last piece is work too. */
const ROWS = 3_000;
const READERS = 100;
const FEW = READERS / 2;

const records = Array.from({ length: ROWS }, (_, i) => recordWith(plain, { [key]: `k${i}` }));
const rows = records.map((record) => createOf(plain, record));
const keys = Array.from({ length: 1_000 }, (_, i) => ({ entity: plain, key: [`k${i}`] }));
const visible = { deleted: false, now: NOW };
const window = { limit: 10, maxBytes: 1e6, fields: undefined, visible, consistency: undefined };
/** Served by no index, so that every row is looked at. */
const nowhere = { kind: "condition", op: "eq", ordinal: ordinalOf(plain, "ratio"), value: 5 } as const;

/** How many readers did something in the turn of the loop in which most of them did. */
async function mostInOneTurn(read: (tell: () => void) => Promise<unknown>): Promise<number> {
  const active = new Set<number>();
  let most = 0;
  let isOver = false;
  const turn = (): void => {
    most = Math.max(most, active.size);
    active.clear();
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(Array.from({ length: READERS }, (_, reader) => read(() => active.add(reader))));
  isOver = true;
  turn();
  return most;
}

async function filled(store: Adapter): Promise<Adapter> {
  onTestFinished(() => store.close());
  await store.write({ mutations: rows, atomic: false, returning: false, consistency: undefined }, anyCall());
  return store;
}

const memory = (): Promise<Adapter> => filled(createMemory(openOptions([plain]), reference));

const kv = async (): Promise<Adapter> => filled(await openKv(openOptions([plain], { url: new URL("kv:rows") })));

it("memory: scans", async () => {
  const store = await memory();
  const plan = store.plan({ entity: plain, where: nowhere, order: [] });
  expect(await mostInOneTurn((tell) => store.scan(plan, window, anyCall()).then(tell))).toBeLessThan(FEW);
});

it("memory: counts", async () => {
  const store = await memory();
  const plan = store.plan({ entity: plain, where: nowhere, order: [] });
  const options = { visible, consistency: undefined };
  expect(await mostInOneTurn((tell) => store.count!(plan, options, anyCall()).then(tell))).toBeLessThan(FEW);
});

it.each([
  ["memory", memory],
  ["kv", kv],
  ["sqlite", async () => filled(await openStore([plain]))],
] as const)("%s: reads many keys", async (_, open) => {
  const store = await open();
  const request = { keys, fields: undefined, consistency: undefined };
  expect(await mostInOneTurn((tell) => store.read(request, anyCall()).then(tell))).toBeLessThan(FEW);
});

/** Whose handle tells when a piece of work asks for it. */
async function toldSource(): Promise<{ readonly plan: Adapter["plan"]; of(tell: () => void): ScanSource }> {
  const store = await openStore([plain]);
  const options = { store: "test", path: ":memory:", tables: "auto", busyTimeout: 10, entities: [plain] } as const;
  const writer = createWriter(DatabaseSync, options);
  onTestFinished(async () => {
    writer.close();
    await store.close();
  });
  writer.run([{ kind: "write", mutations: rows, atomic: false, returning: false, request: undefined }]);
  const of = (tell: () => void): ScanSource => ({
    shared: true,
    connection: () => {
      tell();
      return writer.connection();
    },
  });
  return { plan: (query) => store.plan(query), of };
}

it("sqlite: scans", async () => {
  const source = await toldSource();
  const plan = source.plan({ entity: plain, where: nowhere, order: [] });
  const table = tableOf(plain);
  expect(await mostInOneTurn((tell) => scanWindow(source.of(tell), table, plan, window, anyCall()))).toBeLessThan(FEW);
});

it("sqlite: counts", async () => {
  const source = await toldSource();
  const plan = source.plan({ entity: plain, where: nowhere, order: [] });
  const options = { visible, consistency: undefined };
  const table = tableOf(plain);
  expect(await mostInOneTurn((tell) => countWithPauses(source.of(tell), table, plan, options, anyCall()))).toBeLessThan(
    FEW,
  );
});

/** Makes a row as dear as a large one, so that few readers fill a turn. */
function spin(): void {
  const end = performance.now() + 0.01;
  while (performance.now() < end);
}

/** The rows in an engine's files, and a table that tells when one of them is decoded. */
async function toldTable(): Promise<{ readonly source: Snapshot; of(tell: () => void): ByteTable }> {
  const engine = await openEngine(join(temporaryDirectory(), "rows"));
  const layout = { id: 1, indexes: new Map(plain.indexes.map((index, i) => [physicalName(index), i + 2])) };
  const table = createTable(plain, layout);
  const stored = records
    .slice(0, 640)
    .map((record, i) => ({ key: table.rowKey([`k${i}`]), value: table.encode(record) }));
  await engine.commit(stored);
  const source = engine.snapshot();
  onTestFinished(async () => {
    await source.close();
    await engine.close();
  });
  const of = (tell: () => void): ByteTable => ({
    ...table,
    decode: (bytes) => {
      tell();
      spin();
      return table.decode(bytes);
    },
  });
  return { source, of };
}

const whole: Plan = {
  entity: plain,
  access: { kind: "full" },
  pushed: nowhere,
  needsScan: true,
  ordered: true,
  order: [],
};

it("kv: scans", async () => {
  const told = await toldTable();
  expect(await mostInOneTurn((tell) => scanBytes(told.source, told.of(tell), whole, window, anyCall()))).toBeLessThan(
    FEW,
  );
});

it("kv: counts", async () => {
  const told = await toldTable();
  const options = { visible, consistency: undefined };
  expect(
    await mostInOneTurn((tell) => countRows(told.source, told.of(tell), whole, options, { call: anyCall() })),
  ).toBeLessThan(FEW);
});
