/** Functions that stores under test make rows with; imported wherever a store writes, so that it imports no test. */

import type { Derive, DerivationSource, RowChange } from "../../src/adapter/derivation.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { keyOf, keyText, type Key } from "../../src/model/key.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { normalise } from "../../src/model/record.ts";
import type { EntityRecord } from "../../src/model/value.ts";

export const derivations: readonly DerivationSource[] = ["journal", "marker", "badge"].map((name) => ({
  name,
  module: import.meta.url,
  export: name,
}));

/** Where the rows go: they are test.v1.Plain. */
const TARGET = "test.v1.Plain";

/** An entry for each change of a row, by its version, that says what the status was and is. A name can make it throw. */
export const journal: Derive = (change) => {
  const { before, after, mutation } = change;
  const { entity } = mutation;
  if (textOf(entity, after, "name") === "throws") throw new TypeError("this name makes no entry");
  const version = textOf(entity, after, "version") || "gone";
  const name = `${textOf(entity, before, "status")}>${textOf(entity, after, "status")}`;
  return [create(change, { id: journalId(change.data, mutation.key, version), name })];
};

export function journalId(data: unknown, key: Key, version: string): string {
  return `${String(data)}/${keyText(key)}/${version}`;
}

/** Keeps the name of a row for it alone, as a marker whose key it is. */
export const marker: Derive = (change) => {
  const { before, after, mutation, data } = change;
  const [was, is] = [before, after].map((row) => textOf(mutation.entity, row, "name"));
  if (was === is) return [];
  const entity = change.entity(TARGET);
  const { now } = mutation;
  const free: Mutation = {
    kind: "delete", entity, key: [markerId(data, was ?? "")], now, soft: false, allowMissing: true,
  }; // prettier-ignore
  return [...(was ? [free] : []), ...(is ? [create(change, { id: markerId(data, is) })] : [])];
};

/** A ticket whose code is the status of the row, where that is a badge: no two rows have the same. */
export const badge: Derive = ({ before, after, mutation, data, entity }) => {
  const [was, is] = [before, after].map((row) => textOf(mutation.entity, row, "status"));
  if (was === is || !is?.startsWith("badge")) return [];
  return [createIn(entity("test.v1.Ticket"), mutation.now, { id: journalId(data, mutation.key, is), code: is })];
};

export function markerId(data: unknown, name: string): string {
  return `${String(data)}/name/${name}`;
}

type Texts = { readonly [field: string]: string };

function create(change: RowChange, values: Texts): Mutation {
  return createIn(change.entity(TARGET), change.mutation.now, values);
}

function createIn(entity: EntityModel, now: bigint, values: Texts): Mutation {
  const record = normalise(
    entity.message,
    entity.fields.map(({ name }) => values[name]),
  );
  return { kind: "create", entity, key: keyOf(entity, record), now, record };
}

function textOf(entity: EntityModel, row: EntityRecord | undefined, name: string): string {
  const ordinal = entity.fields.find((field) => field.name === name)?.ordinal ?? -1;
  const value = row?.[ordinal];
  return typeof value === "string" || typeof value === "bigint" ? String(value) : "";
}
