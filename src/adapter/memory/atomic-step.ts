/** One atomic step: mutations applied one after the other, each seeing those before it, and all undone on demand. */

import type { Mutation } from "../../model/mutation.ts";
import type { EntityRecord } from "../../model/value.ts";
import type { Decide, WriteOutcome } from "../adapter.ts";
import { applyMutation } from "../embedded/apply-mutation.ts";
import { tableOf, type Core } from "./core.ts";
import { truncated } from "./precision.ts";
import type { Profile } from "./profile.ts";
import type { Table } from "./table.ts";

/** Synchronous from first to last, which is what makes it atomic and isolated. */
export interface AtomicStep {
  apply(mutation: Mutation, decide: Decide): WriteOutcome;
  undo(): void;
}

export function createAtomicStep(core: Core): AtomicStep {
  const { profile } = core;
  const done: {
    readonly table: Table;
    readonly before: EntityRecord | undefined;
    readonly after: EntityRecord | undefined;
  }[] = [];
  return {
    apply: (mutation, decide) => {
      const table = tableOf(core, mutation.entity);
      const rows = {
        get: (key: Mutation["key"]) => table.get(key),
        inTheWay: (row: EntityRecord) => table.inTheWay(row),
        replace: (before: EntityRecord | undefined, after: EntityRecord | undefined) => {
          table.replace(before, after);
          done.push({ table, before, after });
        },
      };
      const current = table.get(mutation.key);
      const outcome = applyMutation(rows, mutation, decide, (record) =>
        truncated(mutation.entity, record, profile.precision),
      );
      return trimmed(outcome, profile.returns, current);
    },
    undo: () => {
      for (const { table, before, after } of done.toReversed()) table.replace(after, before);
      done.length = 0;
    },
  };
}

/** The outcome as far as the profile returns it. */
function trimmed(outcome: WriteOutcome, returns: Profile["returns"], current: EntityRecord | undefined): WriteOutcome {
  if (returns === "all") return outcome;
  if (outcome.status === "rejected")
    return returns === "rejected" ? { status: "rejected", current: { record: current } } : { status: "rejected" };
  if (outcome.status !== "applied") return outcome;
  return { status: "applied", created: outcome.created, found: outcome.found };
}
