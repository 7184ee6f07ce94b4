/** A layer: one concern around every operation, whichever way it comes. */

import type { Call } from "../model/call.ts";
import type { AnswerOf, Method, Operation, ScanFrame, ScanOperation } from "../repository/operation.ts";

export type Perform = <Of extends Method>(operation: Operation<Of>, call: Call) => Promise<AnswerOf<Of>>;
export type ReadStream = (operation: ScanOperation, call: Call) => AsyncIterable<ScanFrame>;

export interface Layer {
  /**
   * For what concerns a call as a whole: no part of a batch or of an Execute comes here. Without it each part comes by itself as well,
   * with `within`, inside the whole it is a part of.
   */
  readonly parts?: "unseen";
  /**
   * Passes the operation on to `next`, at most once, and answers what that answers; or throws a Fault, and it is not done. What is
   * thrown after `next` has answered says of something done that it failed.
   *
   * The parts of a whole go to the store together, once each is passed on or refused. So a part is never answered here without `next`, and
   * never waits for the answer of another. Its answer comes when the whole is over; where that is atomic and another part
   * failed, it is BATCH_ITEM_SKIPPED.
   */
  perform<Of extends Method>(operation: Operation<Of>, call: Call, next: Perform): Promise<AnswerOf<Of>>;
  /** The same for the one operation that is answered by a stream. */
  scan(operation: ScanOperation, call: Call, next: ReadStream): AsyncIterable<ScanFrame>;
}

/** `layers`, the outermost first, around `last`. Put together once, so that a call makes nothing. */
export function performThrough(layers: readonly Layer[], last: Perform): Perform {
  return layers.reduceRight<Perform>((next, layer) => (operation, call) => layer.perform(operation, call, next), last);
}

export function scanThrough(layers: readonly Layer[], last: ReadStream): ReadStream {
  return layers.reduceRight<ReadStream>((next, layer) => (operation, call) => layer.scan(operation, call, next), last);
}

/** Those that see each part of a whole. */
export function seeingParts(layers: readonly Layer[]): readonly Layer[] {
  return layers.filter(({ parts }) => parts !== "unseen");
}
