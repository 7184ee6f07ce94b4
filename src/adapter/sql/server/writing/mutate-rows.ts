/**
 * Several Creates, plain Puts, or Updates or Deletes of one shape, of one table in one statement: all that it says of a row is true, and a row
 * of which it says nothing is left open and as it was. What no statement says of several rows is decided in one transaction (`decide-rows.ts`).
 */

import type { Call } from "../../../../model/call.ts";
import { keyText } from "../../../../model/key.ts";
import { Fault } from "../../../../model/fault.ts";
import type { Mutation } from "../../../../model/mutation.ts";
import type { EntityRecord } from "../../../../model/value.ts";
import type { WriteOutcome } from "../../../adapter.ts";
import { OutcomeUnknown } from "../../../runtime/link-failure.ts";
import { encodeRow, rowBytes } from "../../row.ts";
import type { SqlValue } from "../../sql-value.ts";
import { present, type Column } from "../../storage.ts";
import type { Answer, Statement } from "../connection/link.ts";
import type { ServerFailures } from "../failure.ts";
import { StatementText } from "../statement-text.ts";
import type { ServerTable } from "../tables/server-table.ts";
import { writingAlone } from "../transaction.ts";
import { decideRows, unlessUnfit, type SharedWriting } from "./decide-rows.ts";
import { shapeOf, type Changing } from "./shape.ts";
import { addReplacing, changedTo, replacedBy, replacedIn, replacementOf } from "./shortcut.ts";

/** A mutation that can be one row of several. */
export type SharedRow = InsertedRow | ChangedRow | DecidedRow;

interface InsertedRow {
  readonly kind: "create" | "put";
  readonly mutation: Mutation;
  /** Of the mutation's key. */
  readonly key: string;
  readonly record: EntityRecord;
}

interface ChangedRow {
  /** Those of one shape are alike. */
  readonly kind: `change ${string}`;
  readonly mutation: Changing;
  readonly key: string;
}

/** A change of a row that is there, which is looked at. */
interface DecidedRow {
  readonly kind: "decide";
  readonly mutation: Mutation;
  readonly key: string;
}

/** Undefined where the mutation is written by itself. */
export function sharedRow(table: ServerTable, mutation: Mutation): SharedRow | undefined {
  const { dialect } = table;
  const key = keyText(mutation.key);
  if (mutation.kind === "create") return { kind: "create", mutation, key, record: mutation.record };
  if (mutation.kind === "put") {
    const record = dialect.writesReturn ? replacementOf(table, mutation) : undefined;
    return record && { kind: "put", mutation, key, record };
  }
  const shape = mutation.kind !== "undelete" && dialect.sharesChanges ? shapeOf(table, mutation) : undefined;
  if (shape?.types && mutation.kind !== "undelete") return { kind: `change ${shape.name}`, mutation, key };
  return dialect.lockFreeRows === undefined ? undefined : { kind: "decide", mutation, key };
}

/** Bytes that one statement brings; the rows behind are left open. */
const MOST_BYTES = 1_048_576;

type Open = WriteOutcome | undefined;

interface SharedStatement {
  readonly statement: Statement;
  readonly outcomes: (answer: Answer) => readonly Open[];
}

/**
 * Outcomes by position. Rejects where it is not known what became of the rows, or none was sent; where that is so of some, it is their
 * outcome. Rows of one key, which are changes, are decided in their order.
 *
 * @param rows of one kind
 */
export async function mutateRows(
  writing: SharedWriting,
  table: ServerTable,
  rows: readonly SharedRow[],
  call: Call,
): Promise<readonly Open[]> {
  const counts = new Map<string, number>();
  for (const { key } of rows) counts.set(key, (counts.get(key) ?? 0) + 1);
  const isDecided = ({ kind, key }: SharedRow): boolean => kind === "decide" || counts.get(key) !== 1;
  const [decided, others] = [rows.filter(isDecided), rows.filter((row) => !isDecided(row))];
  if (decided.length === 0) return mutateAtOnce(writing, table, rows);
  if (others.length === 0) return mutateInTurn(writing, table, rows, call);
  const [atOnce, inTurn] = [
    await orFailed(others, mutateAtOnce(writing, table, others)),
    await orFailed(decided, mutateInTurn(writing, table, decided, call)),
  ].map((outcomes) => outcomes.values());
  return rows.map((row) => (isDecided(row) ? inTurn : atOnce)?.next().value ?? undefined);
}

async function orFailed(rows: readonly SharedRow[], outcomes: Promise<readonly Open[]>): Promise<readonly Open[]> {
  try {
    return await outcomes;
  } catch (error) {
    return rows.map(() => ({ status: "failed", error }));
  }
}

async function mutateAtOnce(
  { link, failures }: SharedWriting,
  table: ServerTable,
  rows: readonly SharedRow[],
): Promise<readonly Open[]> {
  const shared = unlessUnfit(() => sharedStatement(table, rows));
  const run = writingAlone(link, failures);
  return orOpen(failures, rows, async () =>
    shared ? shared.outcomes(await run(shared.statement)) : rows.map(() => undefined),
  );
}

function mutateInTurn(
  writing: SharedWriting,
  table: ServerTable,
  rows: readonly SharedRow[],
  call: Call,
): Promise<readonly Open[]> {
  const { lockFreeRows } = table.dialect;
  return orOpen(writing.failures, rows, async () =>
    lockFreeRows === undefined
      ? rows.map(() => undefined)
      : decideRows(writing, { table, skipping: lockFreeRows }, rows, call),
  );
}

/** All rows are open where the server refused the whole, or it was too large to be sent. */
async function orOpen(
  failures: ServerFailures,
  rows: readonly SharedRow[],
  perform: () => Promise<readonly Open[]>,
): Promise<readonly Open[]> {
  try {
    return await perform();
  } catch (error) {
    const isTooLarge = error instanceof Fault && error.reason === "ROW_TOO_LARGE";
    if (failures.codeOf(error) === undefined && !isTooLarge) throw error;
    return rows.map(() => undefined);
  }
}

function sharedStatement(table: ServerTable, rows: readonly SharedRow[]): SharedStatement | undefined {
  const inserted: InsertedRow[] = [];
  const changed: ChangedRow[] = [];
  for (const row of rows) {
    if ("record" in row) inserted.push(row);
    else if (row.kind !== "decide") changed.push(row);
  }
  if (changed.length > 0) return changing(table, changed);
  return inserted[0]?.kind === "put" ? replacing(table, inserted) : creating(table, inserted);
}

/** The values of the rows that fit into a statement; at least those of the first. */
function fitting<Row>(rows: readonly Row[], valuesOf: (row: Row) => SqlValue[]): readonly SqlValue[][] {
  const brought: SqlValue[][] = [];
  let total = 0;
  for (const row of rows) {
    const values = valuesOf(row);
    total += rowBytes(values);
    if (brought.length > 0 && total > MOST_BYTES) break;
    brought.push(values);
  }
  return brought;
}

interface Inserting {
  readonly text: StatementText;
  readonly count: number;
  readonly repeated: boolean;
}

function inserting(table: ServerTable, rows: readonly InsertedRow[], into = table.sql): Inserting {
  const brought = fitting(rows, ({ record }) => encodeRow(table, record));
  const many = table.dialect.rows(table.columns, brought);
  const text = new StatementText(table.dialect.parameter);
  text.add(`INSERT INTO ${into} (${table.all.columns}) ${many.text} `);
  text.parameters.push(...many.parameters);
  return { text, count: brought.length, repeated: many.repeated };
}

function creating(table: ServerTable, rows: readonly InsertedRow[]): SharedStatement {
  const { text, count, repeated } = inserting(table, rows);
  const { dialect, key } = table;
  if (dialect.writesReturn) text.add(`${dialect.insertUnlessAny} RETURNING ${key.map(({ sql }) => sql).join(", ")}`);
  return {
    statement: { ...text.statement(), repeated, shared: true },
    outcomes: (answer) =>
      answer.affected >= count
        ? rows.map((row, i) => (i < count ? created(row) : undefined))
        : answered(rows, rows.slice(0, count), { answer, place: (_, i) => i, table, outcomeOf: created }),
  };
}

function created({ record }: InsertedRow): WriteOutcome {
  return { status: "applied", record, created: true, found: true };
}

function replacing(table: ServerTable, rows: readonly InsertedRow[]): SharedStatement {
  const ordered = inOrder(rows);
  const { text, count, repeated } = inserting(table, ordered, replacedIn(table));
  const sent = ordered.slice(0, count);
  addReplacing(table, text, latest(sent));
  return {
    statement: { ...text.statement(), repeated, shared: true },
    outcomes: (answer) =>
      answered(rows, sent, { answer, place: ordinalOf, table, outcomeOf: (_, values) => replacedBy(table, values) }),
  };
}

function latest(rows: readonly SharedRow[]): bigint {
  return rows.reduce((most, { mutation: { now } }) => (now > most ? now : most), 0n);
}

function changing(table: ServerTable, rows: readonly ChangedRow[]): SharedStatement | undefined {
  const [first] = rows;
  const shape = first && shapeOf(table, first.mutation);
  if (!shape?.types) return undefined;
  const ordered = inOrder(rows);
  const brought = fitting(ordered, ({ mutation }) => shape.valuesOf(mutation));
  const sent = ordered.slice(0, brought.length);
  const { text, parameters, repeated } = table.dialect.rows(shape.types, brought);
  return {
    statement: { text: shape.many(text), parameters, repeated, shared: true },
    outcomes: (answer) =>
      answered(rows, sent, { answer, place: ordinalOf, table, outcomeOf: (_, values) => changedTo(table, values) }),
  };
}

/** Rows that are there are locked one after the other: statements that meet in several must not wait for each other. */
function inOrder<Row extends SharedRow>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function ordinalOf({ field }: Column): number {
  return field.ordinal;
}

interface Answered<Row> {
  readonly answer: Answer;
  readonly table: ServerTable;
  /** Where an answered row has a column of the key, the i-th. */
  readonly place: (column: Column, i: number) => number;
  readonly outcomeOf: (row: Row, values: readonly SqlValue[]) => WriteOutcome;
}

/**
 * The answered rows by their keys: they come in no order, and those of which the statement says nothing do not come. One that cannot be read
 * was written nevertheless, and fails its own caller alone. Where a key is none that was sent, because a trigger of others changed it, one of
 * the rows that did not come was written, and nobody knows which.
 */
function answered<Row extends SharedRow>(
  rows: readonly Row[],
  sent: readonly Row[],
  { answer, table, place, outcomeOf }: Answered<Row>,
): readonly Open[] {
  const waiting = new Map(sent.map((row) => [row.key, row]));
  const done = new Map<string, WriteOutcome>();
  let isStrange = false;
  for (const values of answer.rows) {
    const key = unlessUnfit(() =>
      keyText(table.key.map((column, i) => column.read(present(values[place(column, i)] ?? null)))),
    );
    const row = key === undefined ? undefined : waiting.get(key);
    if (row)
      done.set(
        row.key,
        orItsFailure(() => outcomeOf(row, values)),
      );
    else isStrange = true;
  }
  const unknown: Open = isStrange ? { status: "failed", error: new OutcomeUnknown() } : undefined;
  return rows.map(({ key }) => done.get(key) ?? (waiting.has(key) ? unknown : undefined));
}

function orItsFailure(outcome: () => WriteOutcome): WriteOutcome {
  try {
    return outcome();
  } catch (error) {
    return { status: "failed", error };
  }
}
