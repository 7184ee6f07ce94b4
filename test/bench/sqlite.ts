/** What the SQLite adapter costs over raw node:sqlite: point reads and durable inserts, one at a time and 64 in flight. Run with node. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { open } from "../../src/adapter/sqlite/open.ts";
import { encodeRow } from "../../src/adapter/sqlite/row.ts";
import { createTableSql, tableOf } from "../../src/adapter/sqlite/table.ts";
import { createCall } from "../../src/model/call.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { normalise } from "../../src/model/record.ts";
import type { Record, Value } from "../../src/model/value.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";

const { call } = createCall({ timeout: Infinity, requestId: "bench" });
const NOW = 1_767_225_600_000_000_000n;

const { entities } = await loadSchema({ sources: [fileURLToPath(new URL("../../proto", import.meta.url))] });
const order = entities.find(({ model }) => model.name === "shop.v1.Order")?.model;
if (!order) throw new Error("there is no shop.v1.Order");

const directory = mkdtempSync(join(tmpdir(), "pannier-bench-"));
try {
  console.log(`raw insert, one commit each: ${rawInserts(order, 2_000)}`);
  console.log(`raw get:                     ${rawGets(order, 200_000)}`);
  const store = await open({
    store: "bench",
    url: new URL("sqlite:adapter.db"),
    dataDir: directory,
    entities: [order],
    tables: "auto",
    settings: {},
    clock: { now: () => NOW },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  console.log(`adapter create, 1 in flight: ${await creates(store, order, 1, 2_000)}`);
  console.log(`adapter create, 64 in flight:${await creates(store, order, 64, 20_000)}`);
  console.log(`adapter read, 1 in flight:   ${await reads(store, order, 1, 200_000)}`);
  console.log(`adapter read, 64 in flight:  ${await reads(store, order, 64, 200_000)}`);
  console.log(`list 50 by an index:         ${await lists(store, order, 5_000)}`);
  console.log(store.stats());
  await store.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function rowOf(entity: EntityModel, id: string): Record {
  const values = entity.fields.map((field): Value | undefined => {
    if (field.ordinal === entity.key[0]?.ordinal) return id;
    const { kind } = field.type;
    if (kind === "string") return `${field.name} value`;
    if (kind === "int64" || kind === "uint64" || kind === "decimal") return 12_345n;
    const { createdAt, updatedAt } = entity.managed;
    return field.ordinal === createdAt || field.ordinal === updatedAt ? NOW : undefined;
  });
  return normalise(entity.message, values);
}

function rawDatabase(entity: EntityModel): { readonly database: DatabaseSync; readonly insert: (id: string) => void } {
  const table = tableOf(entity);
  const database = new DatabaseSync(join(directory, "raw.db"));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec(createTableSql(table).replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"));
  const statement = database.prepare(`INSERT INTO ${table.sql} VALUES (${table.columns.map(() => "?").join(", ")})`);
  return { database, insert: (id) => void statement.run(...encodeRow(table, rowOf(entity, id))) };
}

function rawInserts(entity: EntityModel, count: number): string {
  const { database, insert } = rawDatabase(entity);
  const line = timed(count, () => {
    for (let i = 0; i < count; i += 1) insert(`raw ${i}`);
  });
  database.close();
  return line;
}

function rawGets(entity: EntityModel, count: number): string {
  const { database } = rawDatabase(entity);
  const table = tableOf(entity);
  const statement = database.prepare(`SELECT * FROM ${table.sql} WHERE ${table.whereKey}`);
  statement.setReadBigInts(true);
  const line = timed(count, () => {
    for (let i = 0; i < count; i += 1) if (!statement.get(`raw ${i % 2_000}`)) throw new Error("missing");
  });
  database.close();
  return line;
}

async function creates(store: Adapter, entity: EntityModel, flights: number, count: number): Promise<string> {
  let next = 0;
  return timedFlights(flights, count, async () => {
    const id = `${flights} ${next++}`;
    const mutation = { kind: "create", entity, key: [id], now: NOW, record: rowOf(entity, id) } as const;
    const result = await store.write(
      { mutations: [mutation], atomic: false, returning: true, consistency: undefined },
      call,
    );
    if (result.kind === "reused" || result.outcomes[0]?.status !== "applied") throw new Error("not created");
  });
}

async function reads(store: Adapter, entity: EntityModel, flights: number, count: number): Promise<string> {
  let next = 0;
  return timedFlights(flights, count, async () => {
    const key = [`64 ${next++ % 20_000}`];
    const [outcome] = await store.read({ keys: [{ entity, key }], fields: undefined, consistency: undefined }, call);
    if (outcome?.status !== "found") throw new Error("missing");
  });
}

async function lists(store: Adapter, entity: EntityModel, count: number): Promise<string> {
  const [index] = entity.indexes;
  const plan = store.plan({ entity, order: index ? index.parts : [] });
  const window = {
    limit: 50,
    maxBytes: 2 ** 21,
    fields: undefined,
    visible: { deleted: false, now: NOW },
    consistency: undefined,
  };
  return timedFlights(1, count, async () => {
    const { rows } = await store.scan(plan, window, call);
    if (rows.length !== 50) throw new Error(`${rows.length} rows`);
  });
}

async function timedFlights(flights: number, count: number, once: () => Promise<void>): Promise<string> {
  let left = count;
  const fly = async (): Promise<void> => {
    while (left-- > 0) await once();
  };
  const started = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: flights }, fly));
  return report(count, performance.now() - started, process.cpuUsage(cpu));
}

function timed(count: number, run: () => void): string {
  const started = performance.now();
  const cpu = process.cpuUsage();
  run();
  return report(count, performance.now() - started, process.cpuUsage(cpu));
}

function report(count: number, milliseconds: number, cpu: NodeJS.CpuUsage): string {
  const perSecond = Math.round((count / milliseconds) * 1_000).toLocaleString("en");
  const micro = ((milliseconds * 1_000) / count).toFixed(1);
  return `${perSecond.padStart(9)}/s ${micro.padStart(7)} µs each, CPU ${((cpu.user + cpu.system) / count).toFixed(1)} µs`;
}
