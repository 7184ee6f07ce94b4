/** What the weak profile does not take; the reference takes all that fits into a step. */

import { has, limitOf, type CapabilityName } from "../capabilities.ts";
import { Fault } from "../../model/fault.ts";
import type { Mutation } from "../../model/mutation.ts";
import type { Core } from "./core.ts";

/** Throws CAPABILITY_MISSING before anything is written. */
export function refuseBeyond({ profile, store }: Core, mutations: readonly Mutation[], atomic: boolean): void {
  const { capabilities, expressive } = profile;
  if (atomic && mutations.length > limitOf(capabilities, "atomic_batch")) throw missing("atomic_batch", store);
  if (expressive) return;
  for (const mutation of mutations) {
    const lacking = needsOf(mutation).find((name) => !has(capabilities, name));
    if (lacking) throw missing(lacking, store);
  }
}

function needsOf(mutation: Mutation): readonly CapabilityName[] {
  const guarded = "precondition" in mutation && mutation.precondition !== undefined;
  const needs: CapabilityName[] = guarded ? ["conditional_write"] : [];
  if (mutation.kind !== "update") return needs;
  for (const change of mutation.changes) {
    if (change.kind === "increment") needs.push("increment");
    else if (change.kind !== "set") needs.push("collections");
  }
  return needs;
}

function missing(capability: CapabilityName, store: string): Fault {
  return new Fault("CAPABILITY_MISSING", `the store ${store} lacks ${capability} for this write`, {
    store,
    metadata: { capability },
  });
}
