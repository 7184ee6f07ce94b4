/** What a run of the benchmark measures: its flags. */

import { parseArgs } from "node:util";
import { OPERATIONS, type OperationName } from "./stage.ts";

/** From the ground up; each stands on the one before, but for the floor, which has no store. */
export const STAGES = ["raw", "grouped", "adapter", "repository", "service", "floor", "grpc", "unix"] as const;
export type StageName = (typeof STAGES)[number];

/** Calls in flight at once. */
export const FLIGHTS = [1, 8, 64] as const;

export interface BenchOptions {
  readonly stages: readonly StageName[];
  readonly operations: readonly OperationName[];
  readonly orders: number;
  /** Milliseconds of each measurement, and of what is thrown away before it. */
  readonly measured: number;
  readonly warm: number;
  /** Starts of the sidecar that are timed. */
  readonly starts: number;
  /** The result as JSON instead of tables. */
  readonly json: boolean;
  /** Directory for .cpuprofile files, one for each stage and server. */
  readonly profile: string | undefined;
}

export const USAGE: string = [
  "npm run bench -- [--quick] [--stages=adapter,grpc] [--operations=Get,Create] [--orders=100000] [--ms=1500] [--json] [--profile=directory]",
  `stages: ${STAGES.join(", ")}`,
].join("\n");

/** @throws TypeError for a flag or a name that is not known */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      stages: { type: "string", default: STAGES.join() },
      operations: { type: "string", default: OPERATIONS.join() },
      orders: { type: "string" },
      ms: { type: "string" },
      json: { type: "boolean", default: false },
      profile: { type: "string" },
    },
  });
  const measured = positive("ms", values.ms ?? (values.quick ? "200" : "1500"));
  return {
    stages: someOf(STAGES, values.stages),
    operations: someOf(OPERATIONS, values.operations),
    orders: positive("orders", values.orders ?? (values.quick ? "10000" : "100000")),
    measured,
    warm: measured / 3,
    starts: values.quick ? 1 : 5,
    json: values.json,
    profile: values.profile,
  };
}

function someOf<Name extends string>(names: readonly Name[], text: string): readonly Name[] {
  const asked = new Set(text.split(","));
  const found = names.filter((name) => asked.delete(name));
  if (asked.size > 0) throw new TypeError(`there is no ${[...asked].join(" and no ")}, only ${names.join(", ")}`);
  return found;
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${flag} wants a whole number, not "${text}"`);
  return value;
}
