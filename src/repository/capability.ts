/** Refusals of what a store cannot do, before any I/O. */

import { CAPABILITIES, has, limitOf, type CapabilityName } from "../adapter/capabilities.ts";
import { Fault, type FaultDetail } from "../model/fault.ts";
import type { Mutation } from "../model/mutation.ts";
import type { Consistency, Isolation } from "../model/query.ts";
import type { Scope } from "./scope.ts";

type Store = Pick<Scope, "adapter" | "store">;

export function missing(store: Store, name: CapabilityName, asked: string, detail: FaultDetail = {}): Fault {
  const message = `${asked}, which store "${store.store}" cannot do (${name}: ${CAPABILITIES[name]})`;
  return new Fault("CAPABILITY_MISSING", message, { ...detail, store: store.store, metadata: { capability: name } });
}

export function requireCapability(store: Store, name: CapabilityName, asked: string): void {
  if (!has(store.adapter.capabilities, name)) throw missing(store, name, asked);
}

/** ANY is for writes only. */
export function requireConsistency(store: Store, level: Consistency | undefined, access: "read" | "write"): void {
  if (level === undefined) return;
  if (level === "any" && access === "read")
    throw missing(store, "consistency", `a read asked for consistency ${level}`, { field: "consistency" });
  const published = store.adapter.capabilities.consistency;
  if (published?.supported === true && published.values.includes(level)) return;
  throw missing(store, "consistency", `the request asked for consistency ${level}`, { field: "consistency" });
}

export function requireIsolation(store: Store, level: Isolation | undefined): void {
  if (level === undefined) return;
  const published = store.adapter.capabilities.isolation;
  if (published?.supported === true && published.values.includes(level)) return;
  throw missing(store, "isolation", `the request asked for isolation ${level}`, { field: "isolation" });
}

/** What a mutation needs beyond the table of row states. */
export function needsOf(mutation: Mutation): readonly CapabilityName[] {
  const needs: CapabilityName[] = [];
  if (mutation.kind !== "create" && mutation.precondition) needs.push("conditional_write");
  if (mutation.kind !== "update") return needs;
  if (mutation.changes.some((change) => change.kind === "increment")) needs.push("increment");
  if (mutation.changes.some((change) => change.kind === "append" || change.kind === "remove"))
    needs.push("collections");
  return needs;
}

/** Refuses a mutation that the store's own `write` cannot carry. */
export function requireNeeds(store: Store, mutation: Mutation): void {
  for (const name of needsOf(mutation)) requireCapability(store, name, `a ${mutation.kind} uses ${name}`);
}

/** Refuses a unit that the store's atomic step has no room for. */
export function requireRoom(
  store: Store,
  name: "atomic_batch" | "execute",
  {
    mutations,
    others,
    what,
  }: { readonly mutations: readonly Mutation[]; readonly others: number; readonly what: string },
): void {
  const most = limitOf(store.adapter.capabilities, name);
  if (most === Infinity) return;
  const cost = others + (store.adapter.unitCost?.(mutations) ?? mutations.length);
  if (cost > most)
    throw missing(store, name, `${what} takes ${cost} of the store's atomic step, and ${most} is the most`, {
      ...(name === "atomic_batch" && { field: "writes" }),
    });
}
