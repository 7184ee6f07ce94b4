/** SQLite stores for tests: in a directory of their own, over the entities of test/entities. */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Adapter, WriteOutcome } from "../../../../src/adapter/adapter.ts";
import type { OpenOptions } from "../../../../src/adapter/opening.ts";
import { open, type SqliteAdapter } from "../../../../src/adapter/sqlite/open.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { keyOf } from "../../../../src/model/key.ts";
import type { Change, Mutation } from "../../../../src/model/mutation.ts";
import { emptyRecord } from "../../../../src/model/record.ts";
import type { MutableRecord, EntityRecord, Value } from "../../../../src/model/value.ts";
import { loadSchema } from "../../../../src/schema/load-schema.ts";
import { fileURLToPath } from "node:url";
import { runFolder } from "../../../servers/run-server.ts";

/** 2026-01-01T00:00:00Z, so that no test reads a clock. */
export const NOW = 1_767_225_600_000_000_000n;

const sources = [fileURLToPath(new URL("../../../entities", import.meta.url))];
const { entities: loaded } = await loadSchema({ sources });

export function entity(name: string): EntityModel {
  const found = loaded.find((candidate) => candidate.model.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found.model;
}

export function anyCall(timeout = 20_000): Call {
  return createCall({ timeout, requestId: "test" }).call;
}

/** Removed with the run of the tests: vitest may end a process before its own exit. */
export function temporaryDirectory(): string {
  return mkdtempSync(join(runFolder() ?? tmpdir(), "sqlite-"));
}

export function openOptions(entities: readonly EntityModel[], change: Partial<OpenOptions> = {}): OpenOptions {
  return {
    store: "default",
    url: new URL("sqlite:test.db"),
    dataDir: change.dataDir ?? temporaryDirectory(),
    entities,
    tables: "auto",
    settings: {},
    clock: { now: () => NOW },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ...change,
  };
}

export function openStore(entities: readonly EntityModel[], change: Partial<OpenOptions> = {}): Promise<SqliteAdapter> {
  return open(openOptions(entities, change));
}

/** In normal form, with the given fields by name. */
export function recordWith(model: EntityModel, values: { readonly [field: string]: Value | undefined }): EntityRecord {
  const record: MutableRecord = [...emptyRecord(model.message)];
  for (const [name, value] of Object.entries(values)) record[ordinalOf(model, name)] = value;
  return record;
}

export function ordinalOf(model: EntityModel, name: string): number {
  const field = model.fields.find((candidate) => candidate.name === name);
  if (!field) throw new Error(`${model.name} has no ${name}`);
  return field.ordinal;
}

export function createOf(model: EntityModel, record: EntityRecord, now: bigint = NOW): Mutation {
  return { kind: "create", entity: model, key: keyOf(model, record), record, now };
}

export function putOf(model: EntityModel, record: EntityRecord, now: bigint = NOW): Mutation {
  return { kind: "put", entity: model, key: keyOf(model, record), record, now, generated: [], restore: false };
}

/** Sets the named fields of the row whose key is among them. */
export function updateOf(model: EntityModel, values: { readonly [field: string]: Value | undefined }): Mutation {
  const record = recordWith(model, values);
  const keyOrdinals = model.key.map(({ ordinal }) => ordinal);
  const changes = Object.keys(values)
    .map((name) => ordinalOf(model, name))
    .filter((ordinal) => !keyOrdinals.includes(ordinal))
    .map((ordinal): Change => ({ kind: "set", ordinal, value: record[ordinal] }));
  return {
    kind: "update",
    entity: model,
    key: keyOf(model, record),
    now: NOW,
    changes,
    allowMissing: false,
    generated: [],
  };
}

export async function writeAll(
  store: Adapter,
  mutations: readonly Mutation[],
  atomic = false,
): Promise<readonly WriteOutcome[]> {
  const request = { mutations, atomic, returning: true, consistency: undefined };
  const result = await store.write(request, anyCall());
  if (result.kind === "reused") throw new Error("no request was recorded");
  return result.outcomes;
}

export async function readOne(
  store: Adapter,
  model: EntityModel,
  record: EntityRecord,
): Promise<EntityRecord | undefined> {
  const keys = [{ entity: model, key: keyOf(model, record) }];
  const [outcome] = await store.read({ keys, fields: undefined, consistency: undefined }, anyCall());
  return outcome?.status === "found" ? outcome.record : undefined;
}
