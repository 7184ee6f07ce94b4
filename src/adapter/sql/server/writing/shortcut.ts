/**
 * Mutations that one statement says completely. Its guards may be narrower than the truth, never wider: where it touches no row
 * the question is open, and is answered by looking.
 */

import type { Change, Mutation } from "../../../../model/mutation.ts";
import { normaliseValue } from "../../../../model/record.ts";
import { recordBytes } from "../../../../model/size.ts";
import { transition } from "../../../../model/transition.ts";
import type { EntityRecord, Value } from "../../../../model/value.ts";
import type { WriteOutcome } from "../../../adapter.ts";
import { bound, keyParameters, encodeRow } from "../../row.ts";
import type { SqlValue } from "../../sql-value.ts";
import type { Column } from "../../storage.ts";
import { insertStatement } from "./insert.ts";
import type { Answer, Statement } from "../connection/link.ts";
import type { ServerTable } from "../tables/server-table.ts";
import { StatementText } from "../statement-text.ts";

export interface Shortcut {
  readonly statement: Statement;
  /** Undefined where nothing was written. */
  outcome(answer: Answer): WriteOutcome | undefined;
}

type Of<Kind extends Mutation["kind"]> = Extract<Mutation, { readonly kind: Kind }>;

export function shortcutOf(table: ServerTable, mutation: Mutation): Shortcut | undefined {
  if (mutation.kind === "create") return creating(table, mutation);
  if (!table.dialect.writesReturn) return undefined;
  switch (mutation.kind) {
    case "update":
      return updating(table, mutation);
    case "put":
      return putting(table, mutation);
    case "delete":
      return deleting(table, mutation);
    case "undelete":
      return undefined;
  }
}

function creating(table: ServerTable, { record }: Of<"create">): Shortcut {
  return {
    statement: insertStatement(table, record, table.dialect.insertUnlessAny),
    outcome: ({ affected }) => (affected === 1 ? { status: "applied", record, created: true, found: true } : undefined),
  };
}

/** Sets and exact sums; lists, maps and fractions are the transaction's. */
function updating(table: ServerTable, mutation: Of<"update">): Shortcut | undefined {
  if (mutation.precondition?.condition) return undefined;
  const { updatedAt, version } = table.entity.managed;
  const text = new StatementText(table.dialect.parameter);
  text.add(`UPDATE ${table.sql} SET `);
  const sets: string[] = [];
  const ranges: Change[] = [];
  const known = new Map<number, Value | undefined>();
  for (const change of mutation.changes) {
    const column = table.columns[change.ordinal];
    if (!column || column.field.immutable) return undefined;
    if (change.kind === "set") {
      const value = change.value === undefined ? undefined : normaliseValue(column.field.type, change.value);
      known.set(change.ordinal, value);
      sets.push(`${column.sql} = ${text.take(bound(column, value))}`);
    } else if (change.kind === "increment" && isExact(column)) {
      if (isUnsigned(column)) ranges.push(change);
      sets.push(`${column.sql} = coalesce(${column.sql}, 0) + ${text.take(column.bind(change.by))}`);
    } else return undefined;
  }
  sets.push(...stamps(table, text, { updatedAt, version }, mutation.now));
  text.add(`${sets.join(", ")} WHERE ${table.whereKey}`);
  text.parameters.push(...keyParameters(table, mutation.key));
  addGuards(table, text, mutation, true);
  for (const change of ranges) {
    const column = table.columns[change.ordinal];
    if (!column || change.kind !== "increment") continue;
    const most = column.field.type.kind === "uint32" ? "4294967295" : "18446744073709551615";
    text.add(` AND coalesce(${column.sql}, 0) + ${text.take(column.bind(change.by))} BETWEEN 0 AND ${most}`);
  }
  addSizeGuard(table, text, mutation, known);
  return returning(table, text, { created: false });
}

/** Sums that the database makes as we do, or refuses. */
function isExact({ field: { type }, sums }: Column): boolean {
  return sums !== false && EXACT.has(type.kind);
}

const EXACT: ReadonlySet<string> = new Set(["int32", "int64", "uint32", "uint64", "decimal"]);

function isUnsigned({ field: { type } }: Column): boolean {
  return type.kind === "uint32" || type.kind === "uint64";
}

interface Stamped {
  readonly updatedAt: number | undefined;
  readonly version: number | undefined;
}

/** What every change writes. A version that would leave its type is out of range for the database, too. */
function stamps(
  table: ServerTable,
  text: StatementText,
  { updatedAt, version }: Stamped,
  now: bigint,
): readonly string[] {
  const sets: string[] = [];
  const updated = updatedAt === undefined ? undefined : table.columns[updatedAt];
  if (updated) sets.push(`${updated.sql} = ${text.take(updated.bind(now))}`);
  const counted = version === undefined ? undefined : table.columns[version];
  if (counted) sets.push(`${counted.sql} = coalesce(${counted.sql}, 0) + 1`);
  return sets;
}

/** That the row is there for the mutation, and has the version it asks for. */
function addGuards(table: ServerTable, text: StatementText, mutation: Of<"update" | "delete">, isLive: boolean): void {
  const { deletedAt, expiresAt, version } = table.entity.managed;
  const deleted = deletedAt === undefined ? undefined : table.columns[deletedAt];
  const expires = expiresAt === undefined ? undefined : table.columns[expiresAt];
  const counted = version === undefined ? undefined : table.columns[version];
  if (deleted && isLive) text.add(` AND ${deleted.sql} IS NULL`);
  if (expires) text.add(` AND (${expires.sql} IS NULL OR ${expires.sql} > ${text.take(expires.bind(mutation.now))})`);
  const asked = mutation.precondition?.version;
  if (asked === undefined) return;
  text.add(counted ? ` AND coalesce(${counted.sql}, 0) = ${text.take(counted.bind(asked))}` : " AND FALSE");
}

/** Bytes of a field whose column says nothing about its size, with tag and length: the longest decimal is far below. */
const FIELD_BYTES = 128;

/** How much longer protobuf can be than JSON: `0,` may be a double with a tag of its own. */
const JSON_GROWTH = 8;

/** The row as it is left, by the bytes of its columns, which are never fewer than those of an answer. */
function addSizeGuard(
  table: ServerTable,
  text: StatementText,
  mutation: Mutation,
  known: ReadonlyMap<number, Value | undefined>,
): void {
  const most = Math.min(mutation.mostBytes ?? Infinity, mutation.answer?.mostBytes ?? Infinity);
  if (most === Infinity) return;
  const { message } = table.entity;
  const given: EntityRecord = table.columns.map((_, i) => known.get(i));
  let fixed = recordBytes(message, given) + FIELD_BYTES * table.columns.length;
  const sizes: string[] = [];
  for (const [i, column] of table.columns.entries()) {
    if (known.has(i) || table.key.includes(column)) continue;
    const { kind } = column.field.type;
    if (column.isOpaque) {
      if (kind === "string") sizes.push(`coalesce(octet_length(${table.dialect.documentText(column.sql)}), 0)`);
      else if (kind === "list") sizes.push(`coalesce(octet_length(${table.dialect.documentText(column.sql)}), 0) * 2`);
    } else if (column.document)
      sizes.push(`coalesce(octet_length(${table.dialect.documentText(column.sql)}), 0) * ${JSON_GROWTH}`);
    else if (kind === "string" || kind === "bytes") sizes.push(`coalesce(octet_length(${column.sql}), 0)`);
  }
  for (const value of mutation.key) fixed += typeof value === "string" ? Buffer.byteLength(value) : FIELD_BYTES;
  for (const value of mutation.key) if (value instanceof Uint8Array) fixed += value.length;
  if (sizes.length === 0 && fixed <= most) return;
  text.add(` AND ${[...sizes, String(fixed)].join(" + ")} <= ${most}`);
}

function deleting(table: ServerTable, mutation: Of<"delete">): Shortcut | undefined {
  if (mutation.precondition?.condition) return undefined;
  const text = new StatementText(table.dialect.parameter);
  const { updatedAt, deletedAt, version } = table.entity.managed;
  if (mutation.soft) {
    const deleted = deletedAt === undefined ? undefined : table.columns[deletedAt];
    if (!deleted) return undefined;
    text.add(`UPDATE ${table.sql} SET `);
    const sets = [`${deleted.sql} = ${text.take(deleted.bind(mutation.now))}`];
    text.add([...sets, ...stamps(table, text, { updatedAt, version }, mutation.now)].join(", "));
  } else text.add(`DELETE FROM ${table.sql}`);
  text.add(` WHERE ${table.whereKey}`);
  text.parameters.push(...keyParameters(table, mutation.key));
  addGuards(table, text, mutation, mutation.soft);
  addSizeGuard(table, text, mutation, new Map());
  return returning(table, text, { created: false });
}

function returning(table: ServerTable, text: StatementText, { created }: { readonly created: boolean }): Shortcut {
  text.add(` RETURNING ${table.all.columns}`);
  return {
    statement: text.statement(),
    outcome: ({ rows: [row] }) => row && { status: "applied", record: table.all.decode(row), created, found: true },
  };
}

function putting(table: ServerTable, mutation: Of<"put">): Shortcut | undefined {
  const record = replacementOf(table, mutation);
  if (!record) return undefined;
  const text = new StatementText(table.dialect.parameter);
  const places = encodeRow(table, record).map((value) => text.take(value));
  text.add(`INSERT INTO ${table.sql} (${table.all.columns}) VALUES (${places.join(", ")}) `);
  addReplacing(table, text, mutation.now);
  return { statement: text.statement(), outcome: ({ rows: [row] }) => row && replacedBy(table, row) };
}

/** The row of a Put that one statement can say: what is kept of a row that is there needs a look, apart from when it was created and its version. */
export function replacementOf(table: ServerTable, mutation: Of<"put">): EntityRecord | undefined {
  const { entity } = table;
  const { precondition, generated, restore, answer } = mutation;
  if (precondition?.version !== undefined || precondition?.condition || generated.length > 0 || restore)
    return undefined;
  if (
    table.dialect.wasInserted === undefined ||
    table.learned.isSilent ||
    entity.fields.some(({ immutable }) => immutable) ||
    replacedColumns(table).length === 0
  )
    return undefined;
  const decision = transition(mutation, undefined);
  if (decision.action !== "store") return undefined;
  const { record } = decision;
  // A version and a time of creation that are kept may take more bytes than the new ones.
  if (answer && recordBytes(entity.message, record) + FIELD_BYTES > answer.mostBytes) return undefined;
  return record;
}

function replacedColumns(table: ServerTable): readonly Column[] {
  const { createdAt } = table.entity.managed;
  return table.columns.filter((column, i) => !table.key.includes(column) && i !== createdAt);
}

/** The clause behind an INSERT whose rows replace live ones. @param now the latest, where it is several rows */
export function addReplacing(table: ServerTable, text: StatementText, now: bigint): void {
  const { dialect } = table;
  const { deletedAt, expiresAt, version } = table.entity.managed;
  const counted = version === undefined ? undefined : table.columns[version];
  const sets = replacedColumns(table).map((column) =>
    column === counted
      ? `${column.sql} = coalesce(${table.sql}.${column.sql}, 0) + 1`
      : `${column.sql} = ${dialect.inserted(column)}`,
  );
  text.add(`${dialect.updateOnKey(table.key)} ${sets.join(", ")} WHERE TRUE`);
  const deleted = deletedAt === undefined ? undefined : table.columns[deletedAt];
  const expires = expiresAt === undefined ? undefined : table.columns[expiresAt];
  if (deleted) text.add(` AND ${table.sql}.${deleted.sql} IS NULL`);
  if (expires) {
    const at = `${table.sql}.${expires.sql}`;
    text.add(` AND (${at} IS NULL OR ${at} > ${text.take(expires.bind(now))})`);
  }
  text.add(` RETURNING ${table.all.columns}, ${dialect.wasInserted}`);
}

/** @param row of what `addReplacing` returns */
export function replacedBy(table: ServerTable, row: readonly SqlValue[]): WriteOutcome {
  const width = table.columns.length;
  const created = row[width] === "t" || Number(row[width]) === 1;
  return { status: "applied", record: table.all.decode(row.slice(0, width)), created, found: true };
}
