/** Everything one run found, and what it says about the points of reference. */

import type { StageName } from "./options.ts";
import type { Cell, StageResult } from "./measure-stage.ts";
import type { StartUp } from "./start-up.ts";
import type { OperationName } from "./stage.ts";

export interface Report {
  readonly node: string;
  readonly processor: string;
  readonly orders: number;
  /** Bytes of an order on the wire, on average. */
  readonly orderBytes: number;
  readonly cells: readonly Cell[];
  readonly memory: { readonly [name in StageName]?: StageResult["memory"] };
  readonly startUp: StartUp;
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

/** What each stage stands on; the transports both stand on the service, and raw calls are made one at a time. */
const BELOW: { readonly [name in StageName]?: StageName } = {
  grouped: "raw",
  adapter: "raw",
  repository: "adapter",
  service: "repository",
  grpc: "service",
  unix: "service",
};

export function cellOf(report: Report, stage: StageName, operation: OperationName, flights: number): Cell | undefined {
  const inFlight = stage === "raw" ? 1 : flights;
  return report.cells.find((cell) => cell.stage === stage && cell.operation === operation && cell.flights === inFlight);
}

/** How many times the CPU of the stage below a call costs. */
export function ratioOf(report: Report, cell: Cell): number | undefined {
  const below = BELOW[cell.stage];
  const neighbour = below && cellOf(report, below, cell.operation, cell.flights);
  return neighbour && cell.server / neighbour.server;
}

export function references(report: Report): readonly Reference[] {
  const cpu = (stage: StageName, operation: OperationName, flights: number): number | undefined =>
    cellOf(report, stage, operation, flights)?.server;
  const rate = (stage: StageName, flights: number): number | undefined =>
    cellOf(report, stage, "Create", flights)?.perSecond;
  const get = cpu("grpc", "Get", 64);
  return [
    {
      text: "repository and service on top of a raw point read",
      unit: "µs",
      found: less(cpu("service", "Get", 1), cpu("raw", "Get", 1)),
      bound: 25,
      kind: "most",
    },
    { text: "a Get over gRPC, 64 in flight, CPU of the server", unit: "µs", found: get, bound: 110, kind: "most" },
    {
      text: "the same over the floor of grpc-js",
      unit: "×",
      found: over(get, cpu("floor", "Get", 64)),
      bound: 3,
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
    { text: "memory idle", unit: "MiB", found: report.memory.grpc?.idle.resident, bound: 110, kind: "most" },
    { text: "ready, from spawn to serving", unit: "ms", found: report.startUp.warm, bound: 400, kind: "most" },
  ];
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
