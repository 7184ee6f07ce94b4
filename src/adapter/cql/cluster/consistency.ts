/** Consistency levels by the names that callers use, as the driver numbers them. A level is never lowered. */

import { Fault } from "../../../model/fault.ts";
import type { Consistency } from "../../../model/query.ts";

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
  "each_quorum",
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

/** What a store does where a call says nothing. */
export interface Levels {
  readonly read: Level;
  /** How many replicas have a write when it is answered. */
  readonly write: Level;
  /** Among whom writes of a row have one order. */
  readonly serial: "serial" | "local_serial";
  /** Of the keyspace; undefined while nobody has looked. */
  readonly replication?: Replication | undefined;
  /** Whether EACH_QUORUM is a level of reads too; it is where this is left out. */
  readonly readsEachQuorum?: boolean;
}

/** How many replicas a row of a keyspace has, and whether data centres have them each for itself. */
export interface Replication {
  readonly replicas: number;
  readonly isByCentre: boolean;
}

/** Replicas that a level asks for, where it says a number. */
const NUMBERS: { readonly [Name in Level]?: number } = { two: 2, three: 3 };

/** The database would say that too few are alive, and no waiting would mend it. */
function requireReplicas(level: Level, { replication }: Levels): number {
  const needed = NUMBERS[level] ?? 1;
  if (replication && needed > replication.replicas)
    throw lacking(
      `${level.toUpperCase()} asks for ${needed} replicas, and a row of this keyspace has ${replication.replicas}`,
    );
  if (replication && level === "each_quorum" && !replication.isByCentre)
    throw lacking(
      "EACH_QUORUM needs a keyspace whose replicas are said for each data centre (NetworkTopologyStrategy)",
    );
  return LEVELS[level];
}

function lacking(message: string): Fault {
  return new Fault("CAPABILITY_MISSING", message, { field: "consistency", metadata: { capability: "consistency" } });
}

export function codeOf(level: Level): number {
  return LEVELS[level];
}

/** @throws Fault where it is a level of writes alone, or the keyspace has too few replicas for it */
export function readLevel(asked: Consistency | undefined, levels: Levels): number {
  if (asked === "any") throw lacking("ANY is a consistency of writes; reads have others");
  const level = levelOf(asked, levels.read, levels);
  if (level === "each_quorum" && levels.readsEachQuorum === false)
    throw lacking("EACH_QUORUM is a consistency of writes in this database; reads have others");
  return requireReplicas(level, levels);
}

function levelOf(asked: Exclude<Consistency, "any"> | undefined, byDefault: Level, { serial }: Levels): Level {
  if (asked === "strong") return serial;
  return asked === "eventual" ? "local_one" : (asked ?? byDefault);
}

export interface WriteLevels {
  readonly commit: number;
  readonly serial: number;
}

/** A lightweight transaction decides among a majority whatever it is told; what is told is who has it when it is answered. */
export function writeLevels(asked: Consistency | undefined, levels: Levels): WriteLevels {
  const serial = LEVELS[levels.serial];
  if (asked === undefined || asked === "strong") return { commit: requireReplicas(levels.write, levels), serial };
  if (asked === "eventual") return { commit: LEVELS.local_one, serial };
  if (asked === "serial") return { commit: LEVELS.quorum, serial: LEVELS.serial };
  if (asked === "local_serial") return { commit: LEVELS.local_quorum, serial: LEVELS.local_serial };
  return { commit: requireReplicas(asked, levels), serial };
}
