/**
 * Updates and Deletes that one statement says completely. Those that change the same fields under the same guards have one shape: a text for a
 * row by itself and one for several rows, which are made once, and values that differ. The guards may be narrower than the truth, never wider.
 */

import type { Mutation } from "../../../../model/mutation.ts";
import { normaliseValue } from "../../../../model/record.ts";
import { recordBytes } from "../../../../model/size.ts";
import type { MutableRecord, Value } from "../../../../model/value.ts";
import { parameterFor } from "../../column.ts";
import { bound, keyParameters } from "../../row.ts";
import type { SqlValue } from "../../sql-value.ts";
import type { Column } from "../../storage.ts";
import type { ServerTable } from "../tables/server-table.ts";

export type Changing = Extract<Mutation, { readonly kind: "update" | "delete" }>;

export interface Shape {
  /** Equal for mutations of one table that differ in their values alone. */
  readonly name: string;
  /** The statement of one row, which answers the row as it was left. Its parameters are `valuesOf`. */
  readonly one: string;
  /** Of the values, where they can be a row of several; undefined where a row is written by itself alone. */
  readonly types: readonly Pick<Column, "declared">[] | undefined;
  /** The statement of several rows, which answers those that it touched. @param given a SELECT of their `valuesOf` */
  many(given: string): string;
  valuesOf(mutation: Changing): SqlValue[];
}

/** Shapes of one table that are remembered; callers use few. */
const SHAPES_KEPT = 64;

/** By name; null where no statement says it. */
const known = new WeakMap<ServerTable, Map<string, Shape | null>>();

/** Undefined where the row must be looked at. Sets and exact sums are said; lists and maps that change in part, fractions and conditions are not. */
export function shapeOf(table: ServerTable, mutation: Changing): Shape | undefined {
  if (mutation.precondition?.condition) return undefined;
  let shapes = known.get(table);
  if (!shapes) known.set(table, (shapes = new Map()));
  const name = nameOf(mutation);
  let shape = shapes.get(name);
  if (shape === undefined) {
    shape = makeShape(table, name, mutation) ?? null;
    if (shapes.size >= SHAPES_KEPT) shapes.clear();
    shapes.set(name, shape);
  }
  return shape ?? undefined;
}

function nameOf(mutation: Changing): string {
  let name: string = mutation.kind;
  if (mutation.kind === "update") for (const { kind, ordinal } of mutation.changes) name += ` ${kind} ${ordinal}`;
  else if (mutation.soft) name += " softly";
  if (mutation.precondition?.version !== undefined) name += " version";
  return mostOf(mutation) === Infinity ? name : `${name} size`;
}

/** Bytes that the row, or its answer, may have. */
function mostOf({ mostBytes = Infinity, answer }: Changing): number {
  return Math.min(mostBytes, answer?.mostBytes ?? Infinity);
}

function makeShape(table: ServerTable, name: string, mutation: Changing): Shape | undefined {
  const text = new ShapeText(table);
  const isRemoved = mutation.kind === "delete" && !mutation.soft;
  text.add(isRemoved ? `DELETE FROM ${table.sql} AS kept` : `UPDATE ${table.sql} AS kept SET `);
  if (!isRemoved && !addSets(table, text, mutation)) return undefined;
  text.addGiven(isRemoved ? "USING" : "FROM");
  addKey(table, text, mutation);
  addGuards(table, text, mutation);
  addSizeGuard(table, text, mutation);
  text.add(` RETURNING ${table.columns.map(kept).join(", ")}`);
  return text.shape(name);
}

type Bind = (mutation: Changing) => SqlValue;

/** Both texts of a shape, put together in the order of its values. */
class ShapeText {
  readonly #table: ServerTable;
  readonly #binds: Bind[] = [];
  readonly #types: Pick<Column, "declared">[] = [];
  #one = "";
  /** Before and behind the rows that are given. */
  #many: [string, string] = ["", ""];
  #word = "";
  #isShared: boolean;

  constructor(table: ServerTable) {
    this.#table = table;
    this.#isShared = table.dialect.sharesChanges;
  }

  add(text: string): void {
    this.#one += text;
    this.#addToMany(text);
  }

  #addToMany(text: string): void {
    this.#many[this.#word === "" ? 0 : 1] += text;
  }

  /** The place of a value. @param place where it is not a bare one */
  take(type: Pick<Column, "declared">, bind: Bind, place: string = this.#table.dialect.parameter): void {
    this.#one += place;
    this.#addToMany(`given.p${this.#binds.length}`);
    this.#binds.push(bind);
    this.#types.push(type);
    if (type.declared.endsWith("[]")) this.alone(); // arrays of arrays are no rows of arrays
  }

  /** Values whose places are in the text. */
  takeWith(text: string, binds: readonly Bind[]): void {
    this.#one += text;
    this.#binds.push(...binds);
    this.alone();
  }

  alone(): void {
    this.#isShared = false;
  }

  addGiven(word: string): void {
    this.#word = word;
    this.add(" WHERE ");
  }

  shape(name: string): Shape {
    const [binds, [head, tail], word] = [this.#binds, this.#many, this.#word];
    const names = binds.map((_, i) => `p${i}`).join(", ");
    return {
      name,
      one: this.#one,
      types: this.#isShared ? this.#types : undefined,
      many: (given) => `${head} ${word} (${given}) AS given(${names})${tail}`,
      valuesOf: (mutation) => {
        const values: SqlValue[] = [];
        for (const bind of binds) values.push(bind(mutation));
        return values;
      },
    };
  }
}

function kept({ sql }: Column): string {
  return `kept.${sql}`;
}

function columnAt(table: ServerTable, ordinal: number | undefined): Column | undefined {
  return ordinal === undefined ? undefined : table.columns[ordinal];
}

/** False where a look is needed. */
function addSets(table: ServerTable, text: ShapeText, mutation: Changing): boolean {
  const { deletedAt, updatedAt, version } = table.entity.managed;
  let comma = "";
  const set = ({ sql }: Column): void => {
    text.add(`${comma}${sql} = `);
    comma = ", ";
  };
  const now = (column: Column | undefined): void => {
    if (!column) return;
    set(column);
    text.take(column, (given) => column.bind(given.now));
  };
  if (mutation.kind === "delete") now(columnAt(table, deletedAt));
  else
    for (const [i, { kind, ordinal }] of mutation.changes.entries()) {
      const column = columnAt(table, ordinal);
      if (!column || column.field.immutable) return false;
      if (kind === "set") {
        set(column);
        text.take(column, (given) => bound(column, valueSet(given, i, column)));
      } else if (kind === "increment" && isExact(column)) {
        set(column);
        text.add(`coalesce(${kept(column)}, 0) + `);
        text.take(column, (given) => column.bind(addend(given, i)));
      } else return false;
    }
  now(columnAt(table, updatedAt));
  const counted = columnAt(table, version);
  if (counted) {
    set(counted); // one that would leave its type is out of range for the database, too
    text.add(`coalesce(${kept(counted)}, 0) + 1`);
  }
  return comma !== "";
}

function valueSet(mutation: Changing, at: number, { field }: Column): Value | undefined {
  const change = mutation.kind === "update" ? mutation.changes[at] : undefined;
  if (change?.kind !== "set") throw new TypeError("an update of this shape sets the field");
  return change.value === undefined ? undefined : normaliseValue(field.type, change.value);
}

function addend(mutation: Changing, at: number): number | bigint {
  const change = mutation.kind === "update" ? mutation.changes[at] : undefined;
  if (change?.kind !== "increment") throw new TypeError("an update of this shape adds to the field");
  return change.by;
}

/** Sums that the database makes as we do, or refuses. */
function isExact({ field: { type }, sums }: Column): boolean {
  return sums !== false && EXACT.has(type.kind);
}

const EXACT: ReadonlySet<string> = new Set(["int32", "int64", "uint32", "uint64", "decimal"]);

function addKey(table: ServerTable, text: ShapeText, { key }: Changing): void {
  if (table.key.some(({ comparing }) => comparing)) {
    const binds = keyParameters(table, key).map(
      (_, i): Bind =>
        (given) =>
          keyParameters(table, given.key)[i] ?? null,
    );
    return text.takeWith(table.whereKey, binds);
  }
  for (const [i, column] of table.key.entries()) {
    text.add(`${i === 0 ? "" : " AND "}${kept(column)} = `);
    text.take(column, (given) => bound(column, given.key[i]), parameterFor(table.dialect, column));
  }
}

/** That the row is there for the mutation, has the version it asks for, and room for what is added to its numbers. */
function addGuards(table: ServerTable, text: ShapeText, mutation: Changing): void {
  const { deletedAt, expiresAt, version } = table.entity.managed;
  const [deleted, expires] = [columnAt(table, deletedAt), columnAt(table, expiresAt)];
  if (deleted && (mutation.kind === "update" || mutation.soft)) text.add(` AND ${kept(deleted)} IS NULL`);
  if (expires) {
    text.add(` AND (${kept(expires)} IS NULL OR ${kept(expires)} > `);
    text.take(expires, (given) => expires.bind(given.now));
    text.add(")");
  }
  if (mutation.precondition?.version !== undefined) {
    const counted = columnAt(table, version);
    if (!counted) text.add(" AND FALSE");
    else {
      text.add(` AND coalesce(${kept(counted)}, 0) = `);
      text.take(counted, ({ precondition }) => bound(counted, precondition?.version));
    }
  }
  if (mutation.kind === "delete") return;
  for (const [i, { kind, ordinal }] of mutation.changes.entries()) {
    const column = columnAt(table, ordinal);
    const most = kind === "increment" && column ? MOST_UNSIGNED.get(column.field.type.kind) : undefined;
    if (!column || most === undefined) continue;
    text.add(` AND coalesce(${kept(column)}, 0) + `);
    text.take(column, (given) => column.bind(addend(given, i)));
    text.add(` BETWEEN 0 AND ${most}`);
  }
}

const MOST_UNSIGNED: ReadonlyMap<string, string> = new Map([
  ["uint32", "4294967295"],
  ["uint64", "18446744073709551615"],
]);

/** Bytes of a field whose column says nothing about its size, with tag and length: the longest decimal is far below. */
export const FIELD_BYTES = 128;

/** How much longer protobuf can be than JSON: `0,` may be a double with a tag of its own. */
const JSON_GROWTH = 8;

/** What a sum of sizes is compared with. */
const SIZE = { declared: "integer" };
const MOST_ROOM = 2_147_483_647;

/**
 * The row as it is left, by the bytes of its columns, which are never fewer than those of an answer. What is known before is a value and
 * not in the text, which would else be another for every length.
 */
function addSizeGuard(table: ServerTable, text: ShapeText, mutation: Changing): void {
  if (mostOf(mutation) === Infinity) return;
  const set = mutation.kind === "update" ? mutation.changes.filter(({ kind }) => kind === "set") : [];
  const known = set.map(({ ordinal }) => ordinal);
  const sizes: string[] = [];
  for (const [i, column] of table.columns.entries()) {
    if (known.includes(i) || table.key.includes(column)) continue;
    const { kind } = column.field.type;
    const document = `coalesce(octet_length(${table.dialect.documentText(kept(column))}), 0)`;
    if (column.isOpaque) {
      if (kind === "string") sizes.push(document);
      else if (kind === "list") sizes.push(`${document} * 2`);
    } else if (column.document) sizes.push(`${document} * ${JSON_GROWTH}`);
    else if (kind === "string" || kind === "bytes") sizes.push(`coalesce(octet_length(${kept(column)}), 0)`);
  }
  text.add(` AND ${sizes.length === 0 ? "0" : sizes.join(" + ")} <= `);
  text.take(SIZE, (given) => Math.min(mostOf(given) - bytesKnown(table, given, known), MOST_ROOM));
}

/** Of the key, of what is set, and of what has no size of its own. @param known ordinals that are set */
function bytesKnown(table: ServerTable, mutation: Changing, known: readonly number[]): number {
  const record: MutableRecord = [];
  if (mutation.kind === "update")
    for (const change of mutation.changes) {
      const column = columnAt(table, change.ordinal);
      if (!column || change.kind !== "set" || change.value === undefined) continue;
      record[change.ordinal] = normaliseValue(column.field.type, change.value);
    }
  let bytes = recordBytes(table.entity.message, record, known) + FIELD_BYTES * table.columns.length;
  for (const value of mutation.key) {
    bytes += typeof value === "string" ? Buffer.byteLength(value) : FIELD_BYTES;
    if (value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}
