/** One atomic step: mutations applied one after the other, each seeing those before it, and all undone on demand. */

import type { Mutation } from "../../model/mutation.ts";
import type { EntityRecord } from "../../model/value.ts";
import { transition } from "../../model/transition.ts";
import type { Decide, ImageOptions, WriteOutcome } from "../adapter.ts";
import { applyMutation } from "../embedded/apply-mutation.ts";
import { withDerived } from "../writing/derived-rows.ts";
import { tableOf, type Core } from "./core.ts";
import { truncated } from "./precision.ts";
import type { Profile } from "./profile.ts";
import type { Table } from "./table.ts";

/** Synchronous from first to last, which is what makes it atomic and isolated. */
export interface AtomicStep {
  /** With the rows that `imaging` asks for; where that does not answer "applied", the step has to be undone. */
  apply(mutation: Mutation, decide: Decide, imaging?: ImageOptions): WriteOutcome;
  undo(): void;
}

export function createAtomicStep(core: Core): AtomicStep {
  const { profile } = core;
  const done: {
    readonly table: Table;
    readonly before: EntityRecord | undefined;
    readonly after: EntityRecord | undefined;
  }[] = [];
  const applyOne = (mutation: Mutation, decide: Decide, images: boolean): WriteOutcome => {
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
    const asStored = (record: EntityRecord): EntityRecord => truncated(mutation.entity, record, profile.precision);
    return trimmed(applyMutation(rows, mutation, decide, { asStored, images }), profile.returns, current);
  };
  return {
    apply: (mutation, decide, imaging) => {
      const outcome = applyOne(mutation, decide, imaging !== undefined);
      if (!imaging) return outcome;
      return withDerived(outcome, mutation, { imaging, derivations: core.derivations }, (derived) =>
        applyOne(derived, (current) => transition(derived, current), false),
      );
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
