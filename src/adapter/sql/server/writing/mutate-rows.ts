/**
 * Several Creates, or several plain Puts, of one table in one statement: all that it says of a row is true, and a row of which it
 * says nothing is left open and as it was.
 */

import { keyOf, keyText } from "../../../../model/key.ts";
import type { Mutation } from "../../../../model/mutation.ts";
import type { EntityRecord } from "../../../../model/value.ts";
import type { WriteOutcome } from "../../../adapter.ts";
import { encodeRow, rowBytes } from "../../row.ts";
import type { SqlValue } from "../../sql-value.ts";
import { present } from "../../storage.ts";
import type { ServerFailures } from "../failure.ts";
import { addReplacing, replacedBy, replacementOf } from "./shortcut.ts";
import type { ServerTable } from "../tables/server-table.ts";
import { StatementText } from "../statement-text.ts";
import type { Run } from "../transaction.ts";

/** A mutation that can be one row of several. */
export interface SharedRow {
  readonly kind: "create" | "put";
  readonly mutation: Mutation;
  readonly record: EntityRecord;
}

/** Undefined where the mutation is a statement by itself. */
export function sharedRow(table: ServerTable, mutation: Mutation): SharedRow | undefined {
  if (mutation.kind === "create") return { kind: "create", mutation, record: mutation.record };
  if (mutation.kind !== "put" || !table.dialect.writesReturn) return undefined;
  const record = replacementOf(table, mutation);
  return record && { kind: "put", mutation, record };
}

/** Bytes that one statement brings; the rows behind are left open. */
const MOST_BYTES = 1_048_576;

type Open = WriteOutcome | undefined;

/** @param rows of one kind, no key twice. Rejects where it is not known what became of them, or none was sent. */
export async function mutateRows(
  run: Run,
  failures: ServerFailures,
  table: ServerTable,
  rows: readonly SharedRow[],
): Promise<readonly Open[]> {
  const kind = rows[0]?.kind;
  const brought = upTo(MOST_BYTES, table, rows);
  const given = rows.slice(0, brought.length);
  const { dialect } = table;
  const many = dialect.rows(table.columns, brought);
  const text = new StatementText(dialect.parameter);
  text.add(`INSERT INTO ${table.sql} (${table.all.columns}) ${many.text} `);
  text.parameters.push(...many.parameters);
  if (kind === "put") addReplacing(table, text, latest(given));
  else if (dialect.writesReturn)
    text.add(`${dialect.insertUnlessAny} RETURNING ${table.key.map(({ sql }) => sql).join(", ")}`);
  try {
    const answer = await run({ ...text.statement(), repeated: many.repeated });
    if (kind === "put") return replaced(table, rows, answer.rows);
    if (answer.affected < given.length) return inserted(table, rows, answer.rows);
    return rows.map((row, i) => (i < given.length ? created(row) : undefined));
  } catch (error) {
    if (failures.codeOf(error) === undefined) throw error;
    return rows.map(() => undefined); // the server refused the whole
  }
}

/** Values of the rows that fit; at least the first. */
function upTo(bytes: number, table: ServerTable, rows: readonly SharedRow[]): readonly (readonly SqlValue[])[] {
  const brought: SqlValue[][] = [];
  let total = 0;
  for (const { record } of rows) {
    const row = encodeRow(table, record);
    total += rowBytes(row);
    if (brought.length > 0 && total > bytes) break;
    brought.push(row);
  }
  return brought;
}

function latest(rows: readonly SharedRow[]): bigint {
  return rows.reduce((most, { mutation: { now } }) => (now > most ? now : most), 0n);
}

function created({ record }: SharedRow): WriteOutcome {
  return { status: "applied", record, created: true, found: true };
}

/** @param keys of the rows that are there now */
function inserted(
  table: ServerTable,
  rows: readonly SharedRow[],
  keys: readonly (readonly SqlValue[])[],
): readonly Open[] {
  const done = new Set(
    keys.map((values) => keyText(table.key.map((column, i) => column.read(present(values[i] ?? null))))),
  );
  return rows.map((row) => (done.has(keyText(row.mutation.key)) ? created(row) : undefined));
}

function replaced(
  table: ServerTable,
  rows: readonly SharedRow[],
  answers: readonly (readonly SqlValue[])[],
): readonly Open[] {
  const done = new Map<string, WriteOutcome>();
  for (const answer of answers) {
    const outcome = replacedBy(table, answer);
    if (outcome.status === "applied" && outcome.record) done.set(keyText(keyOf(table.entity, outcome.record)), outcome);
  }
  return rows.map(({ mutation }) => done.get(keyText(mutation.key)));
}
