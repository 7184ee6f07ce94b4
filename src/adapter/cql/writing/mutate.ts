/** The text of a write: applied only where the row is, in every column, what it was when it was read. */

import type { Key } from "../../../model/key.ts";
import { equalValues } from "../../../model/compare.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { quote } from "../../sql/quote.ts";
import type { CqlValue } from "../cluster/driver.ts";
import { bound, encodeKey, type MetRow } from "../tables/row.ts";
import { FENCE, MARKER, type CqlColumn, type CqlTable } from "../tables/table.ts";

/** Which row, and when, in nanoseconds. */
export interface Place {
  readonly key: Key;
  readonly now: bigint;
}

export interface WriteText {
  readonly text: string;
  readonly parameters: readonly CqlValue[];
}

const MARKER_SQL = quote(MARKER);

/**
 * A row where none is. One that can expire is made by an UPDATE: an INSERT would leave its key behind when the database takes the
 * columns away.
 */
export function insertText(table: CqlTable, place: Place, record: EntityRecord, fence: CqlValue = null): WriteText {
  const values = table.regular
    .map((column) => ({ column, value: bound(column, record[column.field.ordinal]) }))
    .filter(({ value }) => value !== null);
  if (table.entity.managed.expiresAt !== undefined || table.uniques.length > 0)
    return update(
      table,
      place.key,
      [...values.map(set), MARK],
      timeToLive(table, place.now, record),
      nothing(table, fence),
    );
  const columns = [...table.key, ...values.map(({ column }) => column)].map(({ sql }) => sql);
  const places = columns.map(() => "?").join(", ");
  return {
    text: `INSERT INTO ${table.sql} (${columns.join(", ")}, ${MARKER_SQL}) VALUES (${places}, true) IF NOT EXISTS`,
    parameters: [...encodeKey(table, place.key), ...values.map(({ value }) => value)],
  };
}

/** What differs; all of a row that can expire, because the database takes each column away by its own time. */
export function replaceText(table: CqlTable, place: Place, record: EntityRecord, met: MetRow): WriteText {
  const expires = table.entity.managed.expiresAt !== undefined;
  const changed = table.regular.filter(
    (column) => expires || !isSame(column, met.record[column.field.ordinal], record[column.field.ordinal]),
  );
  const sets = changed.map((column) => set({ column, value: bound(column, record[column.field.ordinal]) }));
  const ttl = expires ? timeToLive(table, place.now, record) : undefined;
  return update(table, place.key, [...sets, MARK], ttl, asMet(table, met));
}

/** Columns that read as their zero where nothing is stored get it stored: an index holds no row without a value. */
export function fillText(table: CqlTable, key: Key, now: bigint, met: MetRow): WriteText {
  const expires = table.entity.managed.expiresAt !== undefined;
  const lacking = ({ absent, name }: CqlColumn): boolean => absent !== undefined && (met.stored[name] ?? null) === null;
  const filled = table.regular.filter((column) => expires || lacking(column));
  const sets = filled.map((column) => set({ column, value: bound(column, met.record[column.field.ordinal]) }));
  return update(
    table,
    key,
    [...sets, MARK],
    expires ? timeToLive(table, now, met.record) : undefined,
    asMet(table, met),
  );
}

/** Holds where no row is, and leaves it so. */
export function absentText(table: CqlTable, key: Key): WriteText {
  const condition = conditionOf(nothing(table));
  return {
    text: `DELETE ${MARKER_SQL} FROM ${table.sql} WHERE ${table.whereKey} IF ${condition.text}`,
    parameters: [...encodeKey(table, key), ...condition.parameters],
  };
}

export function removeText(table: CqlTable, key: Key, met: MetRow): WriteText {
  const condition = conditionOf(asMet(table, met));
  return {
    text: `DELETE FROM ${table.sql} WHERE ${table.whereKey} IF ${condition.text}`,
    parameters: [...encodeKey(table, key), ...condition.parameters],
  };
}

/** The row whole, whatever is there. Never an INSERT, which would leave the key behind when the database takes the columns away. */
export function blindPutText(table: CqlTable, place: Place, record: EntityRecord, timestamp: bigint): WriteText {
  const sets = table.regular.map((column) => set({ column, value: bound(column, record[column.field.ordinal]) }));
  const expires = table.entity.managed.expiresAt !== undefined;
  return {
    text: `UPDATE ${table.sql} USING TIMESTAMP ?${expires ? " AND TTL ?" : ""} SET ${[...sets, MARK].map(({ sql }) => sql).join(", ")} WHERE ${table.whereKey}`,
    parameters: [
      timestamp,
      ...(expires ? [timeToLive(table, place.now, record)] : []),
      ...sets.flatMap(({ value }) => (value === undefined ? [] : [value])),
      ...encodeKey(table, place.key),
    ],
  };
}

export function blindRemoveText(table: CqlTable, key: Key, timestamp: bigint): WriteText {
  return {
    text: `DELETE FROM ${table.sql} USING TIMESTAMP ? WHERE ${table.whereKey}`,
    parameters: [timestamp, ...encodeKey(table, key)],
  };
}

/** Seconds that a fence stands: far longer than a write may be under way. */
const FENCED = 86_400;

/** Changes the fence of a row, and nothing else of it. @param met undefined where no row is */
export function fenceText(
  table: CqlTable,
  key: Key,
  met: MetRow | undefined,
  fence: CqlValue,
  next: string,
): WriteText {
  const compared = met ? asMet(table, met) : nothing(table, fence);
  return update(table, key, [{ sql: `${FENCE_SQL} = ?`, value: next }], FENCED, compared);
}

/** Takes a row away and leaves a fence in its place, so that no write that was under way there is applied. */
export function removeFencedText(table: CqlTable, key: Key, met: MetRow, next: string): WriteText {
  const cleared = [...table.regular.map(({ sql }) => sql), MARKER_SQL].map((sql) => ({
    sql: `${sql} = ?`,
    value: null,
  }));
  return update(table, key, [...cleared, { sql: `${FENCE_SQL} = ?`, value: next }], FENCED, asMet(table, met));
}

const FENCE_SQL = quote(FENCE);

interface Assignment {
  readonly sql: string;
  /** Undefined is the marker's. */
  readonly value: CqlValue | undefined;
}

const MARK: Assignment = { sql: `${MARKER_SQL} = true`, value: undefined };

function set({ column, value }: { readonly column: CqlColumn; readonly value: CqlValue }): Assignment {
  return { sql: `${column.sql} = ?`, value };
}

/** The columns of a row, as the driver gave them. */
interface Compared {
  readonly compared: readonly { readonly sql: string; readonly value: CqlValue }[];
  readonly marker: CqlValue;
}

function nothing(table: CqlTable, fence: CqlValue = null): Compared {
  return {
    compared: [...table.regular.map(({ sql }) => ({ sql, value: null })), ...fenceIn(table, fence)],
    marker: null,
  };
}

function fenceIn({ uniques }: CqlTable, fence: CqlValue): Compared["compared"] {
  return uniques.length > 0 ? [{ sql: FENCE_SQL, value: fence }] : [];
}

function asMet(table: CqlTable, { stored }: MetRow): Compared {
  return {
    compared: [
      ...table.regular.map(({ sql, name }) => ({ sql, value: stored[name] ?? null })),
      ...fenceIn(table, stored[FENCE] ?? null),
    ],
    marker: stored[MARKER] ?? null,
  };
}

function update(
  table: CqlTable,
  key: Key,
  sets: readonly Assignment[],
  ttl: number | undefined,
  compared: Compared,
): WriteText {
  const condition = conditionOf(compared);
  const using = ttl === undefined ? "" : " USING TTL ?";
  return {
    text: `UPDATE ${table.sql}${using} SET ${sets.map(({ sql }) => sql).join(", ")} WHERE ${table.whereKey} IF ${condition.text}`,
    parameters: [
      ...(ttl === undefined ? [] : [ttl]),
      ...sets.flatMap(({ value }) => (value === undefined ? [] : [value])),
      ...encodeKey(table, key),
      ...condition.parameters,
    ],
  };
}

function conditionOf({ compared, marker }: Compared): WriteText {
  const all = [{ sql: MARKER_SQL, value: marker }, ...compared];
  return {
    text: all.map(({ sql }) => `${sql} = ?`).join(" AND "),
    parameters: all.map(({ value }) => value),
  };
}

function isSame({ field }: CqlColumn, before: EntityRecord[number], after: EntityRecord[number]): boolean {
  if (before === undefined || after === undefined) return before === after;
  return equalValues(field.type, before, after);
}

const SECOND = 1_000_000_000n;

/** Seconds that the database keeps a row beyond its time: a clock of ours may be behind, and reads decide by ours. */
const GRACE = 86_400n;

/** The database's latest time for a column is in 2038; a row that lives longer is not swept. */
const LATEST = 2_147_000_000n;

/** Seconds; 0 is for ever. */
function timeToLive({ entity }: CqlTable, now: bigint, record: EntityRecord): number {
  const { expiresAt } = entity.managed;
  const at = expiresAt === undefined ? undefined : record[expiresAt];
  if (typeof at !== "bigint") return 0;
  const until = at / SECOND + GRACE;
  if (until > LATEST) return 0;
  return Number(until - now / SECOND > 1n ? until - now / SECOND : 1n);
}
