/**
 * Mutations that one statement says completely. Its guards may be narrower than the truth, never wider: where it touches no row
 * the question is open, and is answered by looking.
 */

import type { Mutation } from "../../../model/mutation.ts";
import type { WriteOutcome } from "../../adapter.ts";
import { insertStatement } from "./insert.ts";
import type { Answer, Statement } from "./link.ts";
import type { ServerTable } from "./server-table.ts";

export interface Shortcut {
  readonly statement: Statement;
  /** Undefined where nothing was written. */
  outcome(answer: Answer): WriteOutcome | undefined;
}

export function shortcutOf(table: ServerTable, mutation: Mutation): Shortcut | undefined {
  if (mutation.kind !== "create") return undefined;
  const { record } = mutation;
  return {
    statement: insertStatement(table, record, table.dialect.insertUnlessAny),
    outcome: ({ affected }) => (affected === 1 ? { status: "applied", record, created: true, found: true } : undefined),
  };
}
