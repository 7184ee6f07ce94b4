/** Everything one run found, and what it says about the points of reference. */

import type { StageName, Transport } from "./options.ts";
import type { Cell, StageResult } from "./measure-stage.ts";
import type { StartUp } from "./start-up.ts";
import type { OperationName } from "./stage.ts";

export interface Report {
  readonly node: string;
  readonly processor: string;
  readonly orders: number;
  /** Bytes of an order on the wire, on average. */
  readonly orderBytes: number;
  /** Beside those of the example. */
  readonly entities: number;
  readonly cells: readonly Cell[];
  readonly processes: readonly Omit<StageResult, "cells">[];
  readonly startUp: StartUp;
  /** The same with the example's entities alone, where there are others. */
  readonly bare: StartUp | undefined;
}

/** A figure to beat, to explain, or, without a bound, to compare with. */
export interface Reference {
  readonly text: string;
  readonly unit: string;
  readonly found: number | undefined;
  /** `least` of some, `most` of others. */
  readonly bound?: number;
  readonly kind?: "most" | "least";
}

/** What each stage stands on; those with a transport stand on the service, and raw calls are made one at a time. */
const BELOW: { readonly [name in StageName]?: StageName } = {
  grouped: "raw",
  adapter: "raw",
  repository: "adapter",
  service: "repository",
  grpc: "service",
  unix: "service",
};

/** Of the first transport that was asked for, where another is not named. */
export function cellOf(report: Report, { stage, transport, operation, flights }: Place): Cell | undefined {
  const inFlight = stage === "raw" ? 1 : flights;
  return report.cells.find(
    (cell) =>
      cell.stage === stage &&
      cell.operation === operation &&
      cell.flights === inFlight &&
      (transport === undefined || cell.transport === transport),
  );
}

export interface Place {
  readonly stage: StageName;
  readonly transport?: Transport | undefined;
  readonly operation: OperationName;
  readonly flights: number;
}

/** A stage as tables name it, for example `grpc native`. */
export function nameOf({ stage, transport }: Pick<Cell, "stage" | "transport">): string {
  return transport === undefined ? stage : `${stage} ${transport}`;
}

/** How many times the CPU of the stage below a call costs. */
export function ratioOf(report: Report, cell: Cell): number | undefined {
  const below = BELOW[cell.stage];
  const neighbour = below && cellOf(report, { stage: below, operation: cell.operation, flights: cell.flights });
  return neighbour && cell.server / neighbour.server;
}

export function references(report: Report): readonly Reference[] {
  const get = (stage: StageName, flights: number): Cell | undefined =>
    cellOf(report, { stage, operation: "Get", flights });
  const rate = (stage: StageName, flights: number): number | undefined =>
    cellOf(report, { stage, operation: "Create", flights })?.perSecond;
  return [
    {
      text: "repository and service on top of a raw point read",
      unit: "µs",
      found: less(get("service", 1)?.server, get("raw", 1)?.server),
      bound: 25,
      kind: "most",
    },
    {
      text: "durable Creates of the repository, 64 in flight, over one commit each",
      unit: "×",
      found: over(rate("repository", 64), rate("raw", 1)),
      bound: 8,
      kind: "least",
    },
    {
      text: "the same, of raw rows of which 64 share a commit",
      unit: "%",
      found: percent(rate("repository", 64), rate("grouped", 64)),
    },
    ...transportReferences(report),
    ...startReferences(report),
  ];
}

function startReferences({ startUp, bare, entities }: Report): readonly Reference[] {
  if (!bare) return [{ text: "ready, from spawn to serving", unit: "ms", found: startUp.warm, bound: 400, kind: "most" }];
  const each = ((startUp.idle - bare.idle) * 1_024) / entities;
  return [
    { text: `ready with ${entities} entities, from spawn to serving`, unit: "ms", found: startUp.warm, bound: 2_000, kind: "most" },
    { text: "memory idle of each of them", unit: "KiB", found: each, bound: 50, kind: "most" },
  ];
} // prettier-ignore

/** Of our own transport, beside the reference and the floors of the same run. */
function transportReferences(report: Report): readonly Reference[] {
  const get = (stage: StageName, transport: Transport | undefined, flights: number): Cell | undefined =>
    cellOf(report, { stage, transport, operation: "Get", flights });
  const own = get("grpc", "native", 64);
  const reference = get("grpc", "grpc-js", 64);
  const alone = percent(get("grpc", "native", 1)?.server, get("grpc", "grpc-js", 1)?.server);
  const memory = report.processes.find(({ stage, transport }) => stage === "grpc" && transport === "native")?.memory;
  const echo = get("echo", "native", 64)?.server;
  return [
    { text: "a Get over native, 64 in flight, CPU of the server", unit: "µs", found: own?.server, bound: 25, kind: "most" },
    { text: "the same over grpc-js's", unit: "%", found: percent(own?.server, reference?.server), bound: 25, kind: "most" },
    { text: "a Get over native, 1 in flight, over grpc-js's", unit: "%", found: alone, bound: 60, kind: "most" },
    { text: "p99 of a Get over native, 64 in flight, over grpc-js's", unit: "%", found: percent(own?.p99, reference?.p99), bound: 33.4, kind: "most" },
    { text: "a Get over native, 64 in flight, over native's bare echo", unit: "×", found: over(own?.server, echo) },
    { text: "native's bare echo, 64 in flight, over nghttpd", unit: "×", found: over(echo, get("nghttpd", undefined, 64)?.server) },
    { text: "memory idle", unit: "MiB", found: memory?.idle.resident, bound: 105, kind: "most" },
    { text: "memory loaded", unit: "MiB", found: memory?.loaded.resident, bound: 140, kind: "most" },
  ]; // prettier-ignore
}

function less(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one - other;
}

function percent(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : (100 * one) / other;
}

function over(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}
