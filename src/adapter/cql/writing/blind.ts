/**
 * Writes that look at nothing (`blind_writes`): a Put, or a Delete of what may be missing, of an entity whose rows say nothing of what they
 * were. Plain statements with a timestamp of this process, so that the later clock wins, not the later write.
 */

import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import { keyText } from "../../../model/key.ts";
import type { Mutation } from "../../../model/mutation.ts";
import { recordBytes } from "../../../model/size.ts";
import { transition } from "../../../model/transition.ts";
import type { WriteOutcome } from "../../adapter.ts";
import { notBlind, type BlindClock, type BlindSettings } from "./blindness.ts";
import { refuseTooLong } from "./bounds.ts";
import { writeLevels, type WriteLevels } from "../cluster/consistency.ts";
import { isBatchTooLarge, unlessSure } from "../failure.ts";
import { blindPutText, blindRemoveText, type WriteText } from "./mutate.ts";
import { asStored } from "../tables/row.ts";
import type { Writer } from "./writer.ts";
import type { Consistency } from "../../../model/query.ts";

export interface BlindWrite {
  readonly text: WriteText;
  readonly outcome: WriteOutcome;
  readonly bytes: number;
  readonly place: string;
}

/** @throws Fault where the mutation asks for what only who knows the row can tell */
export function blindWrite(writer: Writer, clock: BlindClock, mutation: Mutation, images: boolean): BlindWrite {
  const { entity, key } = mutation;
  const table = writer.tableFor(entity);
  const isGuarded = mutation.kind !== "create" && hasGuard(mutation.precondition);
  const isBlind = mutation.kind === "put" || (mutation.kind === "delete" && mutation.allowMissing);
  if (!isBlind || isGuarded || images) throw notBlind(entity, mutation.kind);
  const place = `${entity.name} ${keyText(key.slice(0, table.partition.length))}`;
  const timestamp = clock.next();
  const decision = transition(mutation, undefined);
  if (mutation.kind === "delete") {
    refuseTooLong(table, writer.dialect, key);
    const text = blindRemoveText(table, key, timestamp);
    return { text, outcome: { status: "applied", created: false, found: true }, bytes: 0, place };
  }
  if (decision.action !== "store") return { text: NOTHING, outcome: rejected(decision), bytes: 0, place };
  const record = asStored(table, decision.record);
  refuseTooLong(table, writer.dialect, key, record);
  return {
    text: blindPutText(table, mutation, record, timestamp),
    outcome: { status: "applied", record, created: false, found: true },
    bytes: recordBytes(entity.message, record),
    place,
  };
}

const NOTHING: WriteText = { text: "", parameters: [] };

function rejected(decision: ReturnType<typeof transition>): WriteOutcome {
  if (decision.action === "reject") return { status: "rejected", because: decision.because };
  throw new TypeError("a Put is stored or rejected");
}

function hasGuard(precondition: { readonly version?: bigint; readonly condition?: object } | undefined): boolean {
  return precondition?.version !== undefined || precondition?.condition !== undefined;
}

/** No transaction decides them, so what is asked is who has them when they are answered. */
function levelsOf(writer: Writer, consistency: Consistency | undefined): WriteLevels {
  if (consistency === "serial" || consistency === "local_serial")
    throw new Fault("CAPABILITY_MISSING", "a write without a transaction has no serial consistency; ask for another", {
      field: "consistency",
      metadata: { capability: "consistency" },
    });
  return writeLevels(consistency, writer.levels);
}

/** Each by itself. */
export async function sendBlind(
  writer: Writer,
  { text, outcome }: BlindWrite,
  consistency: Consistency | undefined,
  call: Call,
): Promise<WriteOutcome> {
  const { commit } = levelsOf(writer, consistency);
  if (outcome.status !== "applied") return outcome;
  try {
    await writer.session.run({ ...text, consistency: commit, isRead: false }, call);
    return outcome;
  } catch (error) {
    throw unlessSure(error, "blind");
  }
}

/** All of them, in the end: of several partitions the database writes down first what it is to do. */
export async function sendBlindTogether(
  writer: Writer,
  writes: readonly BlindWrite[],
  { acrossPartitions, mostBytes }: BlindSettings,
  consistency: Consistency | undefined,
  call: Call,
): Promise<readonly WriteOutcome[]> {
  const { commit } = levelsOf(writer, consistency);
  const isOnePartition = new Set(writes.map(({ place }) => place)).size === 1;
  if (!isOnePartition && !acrossPartitions)
    throw new Fault("CAPABILITY_MISSING", "this store writes rows of one partition together, and no others", {
      metadata: { capability: "partition_batch" },
    });
  const bytes = writes.reduce((sum, write) => sum + write.bytes, 0);
  if (!isOnePartition && bytes > mostBytes) throw tooLarge(`about ${bytes} bytes, and ${mostBytes} are the most`);
  const failed = writes.findIndex(({ outcome }) => outcome.status !== "applied");
  if (failed >= 0) return writes.map(({ outcome }, i) => (i === failed ? outcome : { status: "skipped" }));
  try {
    await writer.session.runTogether({ statements: writes.map(({ text }) => text), consistency: commit }, call);
    return writes.map(({ outcome }) => outcome);
  } catch (error) {
    if (isBatchTooLarge(error)) throw tooLarge("more bytes than the database takes");
    throw unlessSure(error, "blind");
  }
}

function tooLarge(what: string): Fault {
  const message = `the batch has ${what} over several partitions; send fewer writes`;
  return new Fault("BATCH_TOO_LARGE", message, { field: "writes" });
}
