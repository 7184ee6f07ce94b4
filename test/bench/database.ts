/** The database every stage gets a copy of, and what the calls ask of it. */

import { cp } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { openerOf } from "../../src/adapter/registry.ts";
import { tableOf } from "../../src/adapter/sqlite/tables/table.ts";
import { createCall, type Call } from "../../src/model/call.ts";
import { systemClock } from "../../src/model/clock.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import type { EntityRecord } from "../../src/model/value.ts";
import { makeOrders, orderEntity } from "./order.ts";
import { BATCH, PAGE, type Inputs } from "./stage.ts";

/** What is measured has a call of its own each time, as over gRPC: one for all would have as many listeners as are in flight. */
export function newCall(): Call {
  return createCall({ timeout: Infinity, requestId: "bench" }).call;
}

export const call: Call = newCall();

/** A url of a server is itself, a directory that ends in .kv a key-value store, anything else a SQLite file. */
export function urlOf(file: string): URL {
  if (isServer(file)) return new URL(file);
  return new URL(`${isKeyValue(file) ? "kv" : "sqlite"}:${pathToFileURL(file).pathname}`);
}

export function isServer(file: string): boolean {
  return file.includes("://");
}

export function isKeyValue(file: string): boolean {
  return file.endsWith(".kv");
}

/** The store as Pannier opens it. */
export async function openStore(file: string, entity: EntityModel): Promise<Adapter> {
  const url = urlOf(file);
  const open = await openerOf(url);
  return open({
    store: "default",
    url,
    dataDir: "/",
    entities: [entity],
    tables: "auto",
    settings: {},
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
}

const ROWS_AT_ONCE = 500;

/** Answers the bytes of an order on the wire, on average. @param atomic whether rows that are written together are one unit, which servers write one after the other */
export async function makeDatabase(file: string, count: number, atomic = true): Promise<number> {
  const { model } = await orderEntity();
  const { records, bytes } = await makeOrders(count);
  const store = await openStore(file, model);
  for (let i = 0; i < records.length; i += ROWS_AT_ONCE) {
    const mutations = records.slice(i, i + ROWS_AT_ONCE).map((record) => creating(model, record));
    await store.write({ mutations, atomic, returning: false, consistency: undefined }, call);
  }
  await store.close();
  return bytes;
}

/** Stores an order as it is, or under another key. */
export function creating(entity: EntityModel, record: EntityRecord, id?: string): Mutation {
  const key = id ?? record[0];
  if (typeof key !== "string") throw new TypeError("an order's key is its first field");
  return { kind: "create", entity, key: [key], now: systemClock.now(), record: record.with(0, key) };
}

export function copyDatabase(from: string, to: string): Promise<void> {
  return cp(from, to, { recursive: true });
}

/** The same for every stage that gets a copy. @param file of SQLite */
export async function inputsOf(file: string): Promise<Inputs> {
  const { sql: table } = tableOf((await orderEntity()).model);
  const database = new DatabaseSync(file, { readOnly: true });
  const column = (sql: string): string[] =>
    database
      .prepare(sql)
      .all()
      .map((row) => String(row["one"]));
  // Keys begin with the time of creation, so their last digits put them in no order.
  const ids = column(`SELECT id AS one FROM ${table} ORDER BY substr(id, -8) LIMIT 10000`);
  const users = column(`SELECT user_id AS one FROM ${table} GROUP BY 1 HAVING count(*) > ${PAGE} LIMIT 200`);
  database.close();
  const batches = Array.from({ length: Math.floor(ids.length / BATCH) }, (_, i) =>
    ids.slice(i * BATCH, (i + 1) * BATCH),
  );
  return { ids, users, batches, orders: (await makeOrders(1_000)).records };
}
