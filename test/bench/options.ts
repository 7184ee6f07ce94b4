/** What a run of the benchmark measures: its flags. */

import { parseArgs } from "node:util";
import { OPERATIONS, type OperationName } from "./stage.ts";

/** From the ground up; each stands on the one before, but for the floors (nghttpd, floor, echo), which have no store. */
// prettier-ignore
export const STAGES = ["raw", "grouped", "adapter", "repository", "service", "nghttpd", "floor", "echo", "grpc", "unix"] as const;
/**
 * A server's driver alone, in this process: with a pool of ten connections, pipelined on one, and with one statement for the Gets of
 * a turn, and for Creates that are ready together, which is the driver's part of a sidecar's. `servers.ts` measures them.
 */
export const DRIVERS = ["pool", "pipelined", "gathered"] as const;
export type StageName = (typeof STAGES)[number] | (typeof DRIVERS)[number];

export const TRANSPORTS = ["native", "grpc-js"] as const;
export type Transport = (typeof TRANSPORTS)[number];

export function isTransport(name: string): name is Transport {
  return TRANSPORTS.some((known) => known === name);
}

/** Stages that are measured once on each transport. */
export const SERVED: ReadonlySet<StageName> = new Set(["echo", "grpc", "unix"]);

/** Calls in flight at once. */
export const FLIGHTS = [1, 8, 64] as const;

export interface BenchOptions {
  readonly stages: readonly (typeof STAGES)[number][];
  readonly transports: readonly [Transport, ...Transport[]];
  readonly operations: readonly OperationName[];
  readonly orders: number;
  /** Entities that the sidecar serves beside those of the example. */
  readonly entities: number;
  /** Milliseconds of each measurement, and of what is thrown away before it. */
  readonly measured: number;
  readonly warm: number;
  /** Starts of the sidecar that are timed. */
  readonly starts: number;
  /** The result as JSON instead of tables. */
  readonly json: boolean;
  /** Directory for .cpuprofile files, one for each stage and server. */
  readonly profile: string | undefined;
  /** Directory for what survives young collections, of each stage and server (`survivors.ts`). */
  readonly survivors: string | undefined;
}

export const USAGE: string = [
  "npm run bench -- [--quick] [--stages=adapter,grpc] [--transport=native,grpc-js] [--operations=Get,Create]",
  "                 [--orders=100000] [--entities=1000] [--ms=1500] [--json] [--profile=directory]",
  "                 [--survivors=directory]",
  `stages: ${STAGES.join(", ")}`,
].join("\n");

/** @throws TypeError for a flag or a name that is not known */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      stages: { type: "string", default: STAGES.join() },
      transport: { type: "string", default: "native" },
      operations: { type: "string", default: OPERATIONS.join() },
      orders: { type: "string" },
      entities: { type: "string" },
      ms: { type: "string" },
      json: { type: "boolean", default: false },
      profile: { type: "string" },
      survivors: { type: "string" },
    },
  });
  const measured = positive("ms", values.ms ?? (values.quick ? "200" : "1500"));
  return {
    stages: someOf(STAGES, values.stages),
    transports: someOf(TRANSPORTS, values.transport),
    operations: someOf(OPERATIONS, values.operations),
    orders: positive("orders", values.orders ?? (values.quick ? "10000" : "100000")),
    entities: values.entities === undefined ? 0 : positive("entities", values.entities),
    measured,
    warm: measured / 3,
    starts: values.quick ? 1 : 5,
    json: values.json,
    profile: values.profile,
    survivors: values.survivors,
  };
}

function someOf<Name extends string>(names: readonly [Name, ...Name[]], text: string): readonly [Name, ...Name[]] {
  const asked = new Set(text.split(","));
  const [first, ...more] = names.filter((name) => asked.delete(name));
  if (first === undefined || asked.size > 0)
    throw new TypeError(`there is no ${[...asked].join(" and no ")}, only ${names.join(", ")}`);
  return [first, ...more];
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${flag} wants a whole number, not "${text}"`);
  return value;
}
