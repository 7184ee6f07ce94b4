/** Refusals of what a store cannot do, before any I/O. */

import { CAPABILITIES, has, limitOf, type CapabilityName } from "../adapter/capabilities.ts";
import { Fault, type FaultDetail } from "../model/fault.ts";
import { keyText, type EntityKey } from "../model/key.ts";
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

/** What is done in one atomic step, by what a store publishes where it can do it anywhere, and where within one partition alone. */
const WITHIN_PARTITION = {
  atomic_batch: "partition_batch",
  execute: "partition_execute",
  request_id: "partition_request_id",
} as const;

type Unit = "atomic_batch" | "execute" | "request_id";

/** As which of the two the store publishes it. @throws Fault where it is neither */
export function requireUnit(store: Store, name: Unit, asked: string): CapabilityName {
  const { capabilities } = store.adapter;
  const narrow = WITHIN_PARTITION[name];
  if (!has(capabilities, narrow)) requireCapability(store, name, asked);
  return has(capabilities, name) ? name : narrow;
}

/** Refuses a unit that is wider than the store's atomic step reaches. */
export function requireReach(store: Store, name: Unit, keys: readonly EntityKey[], asked: string): void {
  const published = requireUnit(store, name, asked);
  if (published === name) return;
  const [first, ...others] = keys;
  const index = others.findIndex((other) => first !== undefined && !isOnePartition(first, other)) + 1;
  if (index > 0) throw missing(store, published, `${asked} and touches several partitions`, { index });
  if (name === "request_id" && first?.entity.key.every(({ partition }) => partition) === true)
    throw missing(
      store,
      published,
      `${asked}, and the key of ${first.entity.name} has no fields behind its partition`,
      {
        field: "request_id",
      },
    );
}

function isOnePartition(one: EntityKey, other: EntityKey): boolean {
  if (one.entity !== other.entity) return false;
  const partition = ({ entity, key }: EntityKey): string =>
    keyText(key.filter((_, i) => entity.key[i]?.partition === true));
  return partition(one) === partition(other);
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
  const most = limitOf(store.adapter.capabilities, requireUnit(store, name, what));
  if (most === Infinity) return;
  const cost = others + (store.adapter.unitCost?.(mutations) ?? mutations.length);
  if (cost > most)
    throw missing(store, name, `${what} takes ${cost} of the store's atomic step, and ${most} is the most`, {
      ...(name === "atomic_batch" && { field: "writes" }),
    });
}
