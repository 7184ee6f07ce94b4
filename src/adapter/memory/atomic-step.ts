/** One atomic step: mutations applied one after the other, each seeing those before it, and all undone on demand. */

import type { Decision, Mutation } from "../../model/mutation.ts";
import type { Record } from "../../model/value.ts";
import { isExpired } from "../../model/visibility.ts";
import type { Decide, WriteOutcome } from "../adapter.ts";
import { tableOf, type Core } from "./core.ts";
import { truncated } from "./precision.ts";
import type { Profile } from "./profile.ts";
import type { Table } from "./table.ts";
import { UniqueViolation } from "./unique-violation.ts";

/** Synchronous from first to last, which is what makes it atomic and isolated. */
export interface AtomicStep {
  apply(mutation: Mutation, decide: Decide): WriteOutcome;
  undo(): void;
}

export function createAtomicStep(core: Core): AtomicStep {
  const { profile } = core;
  const done: { readonly table: Table; readonly before: Record | undefined; readonly after: Record | undefined }[] = [];
  const replace = (table: Table, before: Record | undefined, after: Record | undefined): void => {
    table.replace(before, after);
    done.push({ table, before, after });
  };
  return {
    apply: (mutation, decide) => {
      const table = tableOf(core, mutation.entity);
      const current = table.get(mutation.key);
      const decision = decide(current);
      if (decision.action === "store") {
        const record = truncated(mutation.entity, decision.record, profile.precision);
        const error = makeRoom(table, record, mutation.now, (row) => replace(table, row, undefined));
        if (error) return { status: "failed", error };
        replace(table, current, record);
        return outcomeOf({ ...decision, record }, profile, current);
      }
      if (decision.action === "remove") replace(table, current, undefined);
      return outcomeOf(decision, profile, current);
    },
    undo: () => {
      for (const { table, before, after } of done.toReversed()) table.replace(after, before);
      done.length = 0;
    },
  };
}

/** Expired rows give way to a row that needs their unique values; any other keeps them. */
function makeRoom(table: Table, row: Record, now: bigint, remove: (row: Record) => void): UniqueViolation | undefined {
  const others = table.inTheWay(row);
  const standing = others.find((other) => !isExpired(table.entity, other.row, now));
  if (standing) return new UniqueViolation(table.entity, standing.index);
  for (const other of new Set(others.map((found) => found.row))) remove(other);
  return undefined;
}

function outcomeOf(decision: Decision, { returns }: Profile, current: Record | undefined): WriteOutcome {
  if (decision.action === "reject") {
    if (returns === "all") return { status: "rejected", because: decision.because };
    return returns === "rejected" ? { status: "rejected", current: { record: current } } : { status: "rejected" };
  }
  const { record } = decision;
  return {
    status: "applied",
    ...(returns === "all" && record && { record }),
    created: decision.action === "store" && decision.created,
    found: record !== undefined,
  };
}
