/** The metrics that are read from what runs: stores, their queues and pools, the configuration. */

import type { Gauges } from "../adapter/adapter.ts";
import type { Distribution, Metric, Sample } from "../telemetry/exposition.ts";
import type { ReloadCounts } from "./reloading.ts";
import type { Store } from "./store.ts";

export function storeMetrics(stores: ReadonlyMap<string, Store>): readonly Metric[] {
  const busy = (): readonly (readonly [string, Gauges])[] =>
    Array.from(stores.values(), (store) => [store.name, gaugesOf(store)] as const);
  const each = (read: (gauges: Gauges) => number | undefined): readonly Sample[] =>
    busy().flatMap(([store, gauges]) => {
      const value = read(gauges);
      return value === undefined ? [] : [{ labels: { store }, value }];
    });
  return [
    {
      name: "pannier_store_up",
      help: "Whether the store answered when it was last asked.",
      type: "gauge",
      read: () => Array.from(stores.values(), (store) => ({ labels: { store: store.name }, value: Number(store.isServing()) })),
    },
    {
      name: "pannier_queue_depth",
      help: "Operations that wait for their turn at the store.",
      type: "gauge",
      read: () => each(({ waiting }) => waiting),
    },
    {
      name: "pannier_pool_connections",
      help: "Connections to the store, by what they do.",
      type: "gauge",
      read: () => busy().flatMap(([store, { pool }]) => pool === undefined ? [] : [
        { labels: { store, state: "in_use" }, value: pool.inUse },
        { labels: { store, state: "idle" }, value: pool.idle },
      ]),
    },
    {
      name: "pannier_pool_connections_max",
      help: "Most connections to the store.",
      type: "gauge",
      read: () => each(({ pool }) => pool?.most),
    },
    {
      name: "pannier_commit_group_size",
      help: "Writes that shared one commit.",
      type: "histogram",
      read: () => busy().flatMap(([store, { commitGroups }]): readonly Distribution[] =>
        commitGroups === undefined ? [] : [{ ...commitGroups, labels: { store } }]),
    },
  ]; // prettier-ignore
}

/** An entity as it is served here. */
export interface ContractSample {
  readonly entity: string;
  readonly store: string;
  /** Undefined while the store is not open, or where it remembers nothing. */
  readonly contract: () =>
    { readonly digest: string; readonly revision: number; readonly drift: readonly string[] } | undefined;
}

export function contractMetrics(entities: readonly ContractSample[]): readonly Metric[] {
  const each =
    (sample: (known: NonNullable<ReturnType<ContractSample["contract"]>>, labels: Sample["labels"]) => Sample) => () =>
      entities.flatMap(({ entity, store, contract }) => {
        const known = contract();
        return known ? [sample(known, { entity, store })] : [];
      });
  return [
    {
      name: "pannier_contract_info",
      help: "Always 1: the digest of an entity as it is served here; replicas of one version have the same.",
      type: "gauge",
      read: each(({ digest }, labels) => ({ labels: { ...labels, digest: digest.slice(0, 16) }, value: 1 })),
    },
    {
      name: "pannier_contract_revision",
      help: "Revision of an entity's contract in the store.",
      type: "gauge",
      read: each(({ revision }, labels) => ({ labels, value: revision })),
    },
    {
      name: "pannier_contract_drift",
      help: "Changes of the schema that keep an entity from being served.",
      type: "gauge",
      read: each(({ drift }, labels) => ({ labels, value: drift.length })),
    },
  ];
}

export function reloadMetrics(counts: ReloadCounts): readonly Metric[] {
  return [
    {
      name: "pannier_config_reloads_total",
      help: "Looks at the configuration while serving, by what they came to.",
      type: "counter",
      read: () =>
        (["applied", "unchanged", "refused"] as const).map((outcome) => ({
          labels: { outcome },
          value: counts[outcome],
        })),
    },
    {
      name: "pannier_config_current",
      help: "Whether what serves is what the configuration says; 0 after a change that was refused.",
      type: "gauge",
      read: () => [{ labels: {}, value: Number(counts.refusedAt === undefined) }],
    },
  ];
}

/** A store that is not open is not busy. */
function gaugesOf(store: Store): Gauges {
  try {
    return store.adapter().gauges?.() ?? {};
  } catch {
    return {};
  }
}
