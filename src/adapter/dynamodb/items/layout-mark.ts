/**
 * By which keys an entity's rows lie and are found, as an item beside them. Whoever starts with others knows that the rows are under other
 * keys, or that they lack what an index finds them by.
 */

import { createHash } from "node:crypto";
import type { Call } from "../../../model/call.ts";
import type { TextTemplate } from "../../item-template.ts";
import type { Beside } from "../writing/beside.ts";
import type { Finding } from "../tables/finding.ts";
import type { Path } from "./path.ts";
import { itemsOf } from "../reading/read.ts";
import type { Session } from "../session.ts";
import type { Table } from "./table.ts";

/** By entity. */
export type Marks = ReadonlyMap<string, Mark>;

interface Mark {
  readonly key: string;
  readonly indexes: { readonly [name: string]: string };
}

export interface Changes {
  readonly isMarked: boolean;
  /** What nothing mends by itself. */
  readonly wrong: readonly Finding[];
  /** Indexes that do not find the rows which are there. */
  readonly old: readonly Finding[];
}

export function changesSince(mark: Mark | undefined, table: Table): Changes {
  if (!mark) return { isMarked: false, wrong: [], old: [] };
  const now = markOf(table);
  const { entity } = table;
  const wrong = mark.key === now.key ? [] : [{ what: `the rows of ${entity.name} lie under keys of another form` }];
  const old = Object.keys(now.indexes).filter((name) => mark.indexes[name] !== now.indexes[name]);
  return {
    isMarked: true,
    wrong,
    old: old.map((name) => ({ what: `the rows of ${entity.name} are not all in the index ${name}`, mend: "rows" })),
  };
}

function idOf({ entity }: Table): string {
  return `keys ${entity.name}`;
}

export async function readMarks(
  session: Session,
  beside: Beside,
  tables: readonly Table[],
  call: Call,
): Promise<Marks> {
  const wanted = tables.map((table) => ({ table: beside, key: beside.keyOf(idOf(table)) }));
  const items = await itemsOf(session, wanted, { fields: undefined, strong: true }, call);
  return new Map(
    tables.flatMap(({ entity }, i) => {
      const [key, indexes] = [items[i]?.["keys"]?.S, items[i]?.["indexes"]?.M];
      if (key === undefined || !indexes) return [];
      const texts = Object.entries(indexes).map(([name, { S = "" }]) => [name, S]);
      return [[entity.name, { key, indexes: Object.fromEntries(texts) }] as const];
    }),
  );
}

export async function writeMark(session: Session, beside: Beside, table: Table, call: Call): Promise<void> {
  const { key, indexes } = markOf(table);
  const M = Object.fromEntries(Object.entries(indexes).map(([name, S]) => [name, { S }]));
  const Item = { ...beside.keyOf(idOf(table)), keys: { S: key }, indexes: { M } };
  await session.write(
    (client, { PutItemCommand }, options) => client.send(new PutItemCommand({ TableName: beside.name, Item }), options),
    call,
  );
}

function markOf({ key, indexes }: Table): Mark {
  return {
    key: formOf(key),
    indexes: Object.fromEntries(indexes.map((path) => [path.name ?? "", formOf(path)])),
  };
}

/** Equal for two entities whose rows lie alike. */
export function formsOf(table: Table): string {
  const fields = table.attributes.map(({ name, field }) => [name, field.number, field.type.kind]);
  return createHash("sha256")
    .update(JSON.stringify([markOf(table), fields]))
    .digest("hex");
}

/** Equal where the same values make the same key. */
function formOf({ order: { entity, terms }, sides, entry, index }: Path): string {
  const fields = index?.parts.map(({ ordinal }) => entity.fields[ordinal]?.number) ?? [];
  if (sides) return JSON.stringify([sideForm(entity, sides.partition), sideForm(entity, sides.sort), fields]);
  return JSON.stringify([terms.map(({ ordinal, desc }) => [...fieldForm(entity, ordinal), desc]), entry, fields]);
}

function sideForm(entity: Table["entity"], { parts }: TextTemplate): unknown {
  return parts.map((part) => (part.kind === "literal" ? part.text : [...fieldForm(entity, part.ordinal), part.turned]));
}

function fieldForm({ fields }: Table["entity"], ordinal: number): readonly unknown[] {
  const field = fields[ordinal];
  const type = field?.type;
  return [field?.number, type?.kind, ...(type?.kind === "decimal" ? [type.precision, type.scale] : [])];
}
