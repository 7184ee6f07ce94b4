/**
 * Mutations that one statement says completely. Its guards may be narrower than the truth, never wider: where it touches no row
 * the question is open, and is answered by looking.
 */

import type { Mutation } from "../../../../model/mutation.ts";
import { recordBytes } from "../../../../model/size.ts";
import { transition } from "../../../../model/transition.ts";
import type { EntityRecord } from "../../../../model/value.ts";
import type { WriteOutcome } from "../../../adapter.ts";
import { encodeRow } from "../../row.ts";
import { ownName } from "../../quote.ts";
import type { SqlValue } from "../../sql-value.ts";
import type { Column } from "../../storage.ts";
import { insertStatement } from "./insert.ts";
import type { Answer, Statement } from "../connection/link.ts";
import { FIELD_BYTES, shapeOf, type Changing } from "./shape.ts";
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
    case "delete":
      return changing(table, mutation);
    case "put":
      return putting(table, mutation);
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

/** The row as the statement left it. */
function changing(table: ServerTable, mutation: Changing): Shortcut | undefined {
  const shape = shapeOf(table, mutation);
  return (
    shape && {
      statement: { text: shape.one, parameters: shape.valuesOf(mutation), repeated: true },
      outcome: ({ rows: [row] }) => row && changedTo(table, row),
    }
  );
}

/** @param row of what a shape's statements return */
export function changedTo(table: ServerTable, row: readonly SqlValue[]): WriteOutcome {
  return { status: "applied", record: table.all.decode(row), created: false, found: true };
}

function putting(table: ServerTable, mutation: Of<"put">): Shortcut | undefined {
  const record = replacementOf(table, mutation);
  if (!record) return undefined;
  const text = new StatementText(table.dialect.parameter);
  const places = encodeRow(table, record).map((value) => text.take(value));
  text.add(`INSERT INTO ${replacedIn(table)} (${table.all.columns}) VALUES (${places.join(", ")}) `);
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

/** The table of an INSERT before `addReplacing`; by a name of its own, because EXCLUDED is what the server calls the new rows. */
export function replacedIn(table: ServerTable): string {
  return `${table.sql} AS ${thereOf(table)}`;
}

function thereOf({ dialect }: ServerTable): string {
  return ownName(dialect, "there");
}

/** The clause behind an INSERT into `replacedIn` whose rows replace live ones. @param now the latest, where it is several rows */
export function addReplacing(table: ServerTable, text: StatementText, now: bigint): void {
  const { dialect } = table;
  const { deletedAt, expiresAt, version } = table.entity.managed;
  const counted = version === undefined ? undefined : table.columns[version];
  const there = thereOf(table);
  const sets = replacedColumns(table).map((column) =>
    column === counted
      ? `${column.sql} = coalesce(${there}.${column.sql}, 0) + 1`
      : `${column.sql} = ${dialect.inserted(column)}`,
  );
  text.add(`${dialect.updateOnKey(table.key)} ${sets.join(", ")} WHERE TRUE`);
  const deleted = deletedAt === undefined ? undefined : table.columns[deletedAt];
  const expires = expiresAt === undefined ? undefined : table.columns[expiresAt];
  if (deleted) text.add(` AND ${there}.${deleted.sql} IS NULL`);
  if (expires) {
    const at = `${there}.${expires.sql}`;
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
