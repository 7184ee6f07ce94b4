/** Consistency levels by the names that callers use, as the driver numbers them. A level is never lowered. */

import { Fault } from "../../model/fault.ts";
import type { Consistency } from "../../model/query.ts";

/** https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, [consistency] */
const LEVELS = {
  any: 0x00,
  one: 0x01,
  two: 0x02,
  three: 0x03,
  quorum: 0x04,
  all: 0x05,
  local_quorum: 0x06,
  each_quorum: 0x07,
  serial: 0x08,
  local_serial: 0x09,
  local_one: 0x0a,
} as const;

export type Level = keyof typeof LEVELS;

export const READ_LEVELS: readonly Level[] = [
  "one",
  "two",
  "three",
  "quorum",
  "all",
  "local_quorum",
  "local_one",
  "serial",
  "local_serial",
];
export const WRITE_LEVELS: readonly Level[] = [
  "any",
  "one",
  "two",
  "three",
  "quorum",
  "all",
  "local_quorum",
  "each_quorum",
  "local_one",
];

/** What callers may name. */
export const CONSISTENCIES: readonly Consistency[] = [
  "strong",
  "eventual",
  "one",
  "two",
  "three",
  "quorum",
  "all",
  "local_one",
  "local_quorum",
  "each_quorum",
  "serial",
  "local_serial",
  "any",
];

/** What a store does where a call says nothing. */
export interface Levels {
  readonly read: Level;
  /** How many replicas have a write when it is answered. */
  readonly write: Level;
  /** Among whom writes of a row have one order. */
  readonly serial: "serial" | "local_serial";
}

export function codeOf(level: Level): number {
  return LEVELS[level];
}

/** @throws Fault where it is a level of writes alone */
export function readLevel(asked: Consistency | undefined, levels: Levels): number {
  if (asked === undefined) return LEVELS[levels.read];
  if (asked === "strong") return LEVELS[levels.serial];
  if (asked === "eventual") return LEVELS.local_one;
  if (asked === "any" || asked === "each_quorum")
    throw new Fault("CAPABILITY_MISSING", `${asked.toUpperCase()} is a consistency of writes; reads have others`, {
      metadata: { capability: "consistency" },
    });
  return LEVELS[asked];
}

export interface WriteLevels {
  readonly commit: number;
  readonly serial: number;
}

/** A lightweight transaction decides among a majority whatever it is told; what is told is who has it when it is answered. */
export function writeLevels(asked: Consistency | undefined, levels: Levels): WriteLevels {
  const serial = LEVELS[levels.serial];
  if (asked === undefined || asked === "strong") return { commit: LEVELS[levels.write], serial };
  if (asked === "eventual") return { commit: LEVELS.local_one, serial };
  if (asked === "serial") return { commit: LEVELS.quorum, serial: LEVELS.serial };
  if (asked === "local_serial") return { commit: LEVELS.local_quorum, serial: LEVELS.local_serial };
  return { commit: LEVELS[asked], serial };
}
