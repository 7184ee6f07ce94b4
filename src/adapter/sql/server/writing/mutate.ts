/**
 * One mutation of one row. Where a single statement says all of it, guards included, that is what is sent. Otherwise the row is
 * read and locked in a transaction, `model/transition.ts` decides, and the row is written.
 */

import type { Decision, Mutation } from "../../../../model/mutation.ts";
import { transition } from "../../../../model/transition.ts";
import type { EntityRecord } from "../../../../model/value.ts";
import type { Decide, WriteOutcome } from "../../../adapter.ts";
import { equalSql } from "../../column.ts";
import type { Column } from "../../storage.ts";
import type { SqlValue } from "../../sql-value.ts";
import { bound, keyParameters } from "../../row.ts";
import type { TableIndex } from "../../table.ts";
import { UniqueTaken, type ServerFailures } from "../failure.ts";
import type { Statement } from "../connection/link.ts";
import { insertStatement } from "./insert.ts";
import { shortcutOf } from "./shortcut.ts";
import type { ServerTable } from "../tables/server-table.ts";
import type { Run } from "../transaction.ts";

/** An outcome, or undefined where the statement left the question open and changed nothing. */
export async function mutateAtOnce(
  run: Run,
  failures: ServerFailures,
  table: ServerTable,
  mutation: Mutation,
): Promise<WriteOutcome | undefined> {
  const shortcut = shortcutOf(table, mutation);
  if (!shortcut) return undefined;
  try {
    return shortcut.outcome(await run(shortcut.statement));
  } catch (error) {
    const code = failures.codeOf(error);
    // The transaction knows which expired row is in the way, and what is out of range.
    if (code !== undefined && (failures.isUnique(code) || failures.isRange(code))) return undefined;
    if (code !== undefined && failures.isNoColumn(code) && mutation.kind === "put") {
      table.learned.isSilent = true; // or a column is gone: then the transaction fails too
      return undefined;
    }
    throw error;
  }
}

export interface Looking {
  /** `transition`, where it is absent. */
  readonly decide?: Decide | undefined;
  /** Whether the outcome has its images. */
  readonly images?: boolean;
}

/** Inside a transaction, which must be undone where it rejects. Undefined where another row came in between, and all is to be done again. */
export async function mutateLocked(
  run: Run,
  failures: ServerFailures,
  table: ServerTable,
  mutation: Mutation,
  { decide, images = false }: Looking = {},
): Promise<WriteOutcome | undefined> {
  const [row] = (await run(table.lock(mutation.key))).rows;
  const current = row && table.all.decode(row);
  const decision = decide ? decide(current) : transition(mutation, current);
  const outcome = await carryOut(run, { failures, table, mutation, current }, decision);
  if (!images || outcome?.status !== "applied") return outcome;
  const after = decision.action === "remove" || decision.action === "reject" ? undefined : decision.record;
  return { ...outcome, images: { before: current, after } };
}

async function carryOut(run: Run, storing: Storing, decision: Decision): Promise<WriteOutcome | undefined> {
  const { table, mutation } = storing;
  switch (decision.action) {
    case "reject":
      return { status: "rejected", because: decision.because };
    case "keep":
      return appliedOf(decision);
    case "remove":
      await run(table.remove(mutation.key));
      return appliedOf(decision);
    case "store":
      return (await store(run, storing, decision.record)) ? appliedOf(decision) : undefined;
  }
}

interface Storing {
  readonly failures: ServerFailures;
  readonly table: ServerTable;
  readonly mutation: Mutation;
  readonly current: EntityRecord | undefined;
}

/** False where a row with this key has come since. */
async function store(run: Run, storing: Storing, record: EntityRecord): Promise<boolean> {
  const { failures, table, mutation, current } = storing;
  try {
    if (current) {
      for (const statement of replacingStatements(table, mutation, current, record)) await run(statement);
      return true;
    }
    for (const statement of freeing(table, mutation, record)) await run(statement);
    return (await run(insertStatement(table, record, table.dialect.insertUnlessKey(table.key)))).affected === 1;
  } catch (error) {
    const code = failures.codeOf(error);
    if (code === undefined || !failures.isUnique(code)) throw error;
    const indexes = table.indexes.map((index) => index.name);
    const name = failures.constraintOf(error, [failures.keyName ?? [], indexes].flat());
    const isOurs = table.key.every(({ comparing }) => (comparing?.equality(null) ?? "exact") === "exact");
    // Where the key takes other texts as equal, the row in the way may be another, which nobody will find by this key.
    if (!current && isOurs && name !== undefined && name === failures.keyName) return false;
    throw new UniqueTaken(table.entity, indexNamed(table, name), error);
  }
}

/** What makes a row into what it becomes, in order. */
export function replacingStatements(
  table: ServerTable,
  mutation: Mutation,
  before: EntityRecord,
  record: EntityRecord,
): readonly Statement[] {
  const statement = updateStatement(table, mutation, before, record);
  return [...freeing(table, mutation, record), ...(statement ? [statement] : [])];
}

function updateStatement(
  table: ServerTable,
  mutation: Mutation,
  before: EntityRecord,
  record: EntityRecord,
): Statement | undefined {
  const sets: string[] = [];
  const parameters: SqlValue[] = [];
  for (const [i, column] of table.columns.entries()) {
    if (record[i] === before[i]) continue; // the column may hold more than this process knows
    sets.push(`${column.sql} = ${table.dialect.parameter}`);
    parameters.push(bound(column, record[i]));
  }
  if (sets.length === 0) return undefined;
  parameters.push(...keyParameters(table, mutation.key));
  return { text: `UPDATE ${table.sql} SET ${sets.join(", ")} WHERE ${table.whereKey}`, parameters, repeated: true };
}

/** Removes what has expired and would be in the way of a unique value. */
function freeing(table: ServerTable, mutation: Mutation, record: EntityRecord): readonly Statement[] {
  const { expiresAt } = table.entity.managed;
  const expires = expiresAt === undefined ? undefined : table.columns[expiresAt];
  if (!expires) return [];
  const place = table.dialect.parameter;
  return table.indexes.flatMap((index) => {
    const values = uniqueValues(index, record);
    if (!values) return [];
    const parameters: SqlValue[] = [];
    const equal = index.columns
      .map(({ column }, i) => equalSql(table.dialect, column, values[i] ?? null, parameters))
      .join(" AND ");
    const live = index.partial ? ` AND ${index.partial.column.sql} IS NULL` : "";
    const text = `DELETE FROM ${table.sql} WHERE ${equal}${live} AND ${expires.sql} <= ${place} AND NOT (${table.whereKey})`;
    return [
      {
        text,
        parameters: [...parameters, expires.bind(mutation.now), ...keyParameters(table, mutation.key)],
        repeated: true,
      },
    ];
  });
}

/** Undefined where the record stays out of the index, or it is not unique. */
function uniqueValues(index: TableIndex, record: EntityRecord): readonly SqlValue[] | undefined {
  if (!index.unique) return undefined;
  if (index.partial && record[index.partial.column.field.ordinal] !== undefined) return undefined;
  const values = index.columns.map(({ column }) => bound(column, valueOf(record, column)));
  return values.includes(null) ? undefined : values;
}

function valueOf(record: EntityRecord, { field }: Column): EntityRecord[number] {
  return record[field.ordinal];
}

function indexNamed(table: ServerTable, name: string | undefined): string | undefined {
  return table.indexes.find((index) => index.name === name)?.model?.name;
}

export function appliedOf(decision: Exclude<Decision, { readonly action: "reject" }>): WriteOutcome {
  const { record } = decision;
  return {
    status: "applied",
    ...(record && { record }),
    created: decision.action === "store" && decision.created,
    found: record !== undefined,
  };
}
