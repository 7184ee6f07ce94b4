/**
 * Several mutations of rows that are there, in one transaction: the rows are read and locked by one statement, `model/transition.ts` decides
 * each mutation in turn, and what they make of the rows is sent together.
 */

import type { Call } from "../../../../model/call.ts";
import { keyOf, keyText } from "../../../../model/key.ts";
import type { Decision, Mutation } from "../../../../model/mutation.ts";
import { transition } from "../../../../model/transition.ts";
import type { EntityRecord } from "../../../../model/value.ts";
import type { WriteOutcome } from "../../../adapter.ts";
import type { Link, Statement } from "../connection/link.ts";
import type { ServerFailures } from "../failure.ts";
import type { ServerTable } from "../tables/server-table.ts";
import { inTransaction, type Run } from "../transaction.ts";
import { appliedOf, replacingStatements } from "./mutate.ts";

export interface SharedWriting {
  readonly link: Link;
  readonly failures: ServerFailures;
}

export interface KeyedMutation {
  readonly mutation: Mutation;
  /** Of the mutation's key. */
  readonly key: string;
}

/**
 * Outcomes by position; undefined is left open, and nothing was done: no row is there, another transaction holds it, or it cannot be read.
 * Whatever follows one that is left open on the same row is, too. Rejects with what the server refused, and nothing was done.
 *
 * @param skipping what locks the rows that nobody holds
 */
export function decideRows(
  { link, failures }: SharedWriting,
  { table, skipping }: { readonly table: ServerTable; readonly skipping: string },
  rows: readonly KeyedMutation[],
  call: Call,
): Promise<readonly (WriteOutcome | undefined)[]> {
  return inTransaction(link, { ...table.dialect.shared, failures }, call, async (run) => {
    const held = await lock(run, table, skipping, rows);
    const statements: Statement[] = [];
    const result = rows.map(({ mutation, key }) => {
      const current = held.get(key);
      const decided = current && unlessUnfit(() => decide(table, mutation, current));
      if (!decided) {
        held.delete(key);
        return undefined;
      }
      const { decision } = decided;
      if (decision.action === "reject") return { status: "rejected", because: decision.because } as const;
      statements.push(...decided.statements);
      if (decision.action === "store") held.set(key, decision.record);
      else if (decision.action === "remove") held.delete(key);
      return appliedOf(decision);
    });
    await Promise.all(statements.map((statement) => run({ ...statement, shared: true })));
    return { commit: statements.length > 0, result };
  });
}

/** By the text of the key. */
async function lock(
  run: Run,
  table: ServerTable,
  skipping: string,
  rows: readonly KeyedMutation[],
): Promise<Map<string, EntityRecord>> {
  const keys = new Map(rows.map(({ mutation, key }) => [key, mutation.key]));
  const points = unlessUnfit(() => table.points([...keys.values()], undefined));
  if (!points) return new Map();
  const { statement, projection } = points;
  const answer = await run({ ...statement, text: `${statement.text} ${skipping}` });
  const held = new Map<string, EntityRecord>();
  for (const values of answer.rows) {
    const record = unlessUnfit(() => projection.decode(values));
    if (record) held.set(keyText(keyOf(table.entity, record)), record);
  }
  return held;
}

interface Decided {
  readonly decision: Decision;
  /** What makes it so. */
  readonly statements: readonly Statement[];
}

/** Undefined where the row is to be made, which needs more than a change. */
function decide(table: ServerTable, mutation: Mutation, current: EntityRecord): Decided | undefined {
  const decision = transition(mutation, current);
  switch (decision.action) {
    case "reject":
    case "keep":
      return { decision, statements: [] };
    case "remove":
      return { decision, statements: [table.remove(mutation.key)] };
    case "store":
      if (decision.created) return undefined;
      return { decision, statements: replacingStatements(table, mutation, current, decision.record) };
  }
}

/** Undefined where a stored value is damaged, or one that is given has no place in its column: whoever is left open is told why. */
export function unlessUnfit<Result>(make: () => Result): Result | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
