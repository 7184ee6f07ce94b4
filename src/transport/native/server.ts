/** What all connections of one listener share: limits, counts and timers. */

import { TransientSet } from "../../containers/transient-set.ts";
import type { AbortReason } from "../../model/call.ts";
import { createSlabPool, type SlabPool } from "../../http2/slabs.ts";
import { createExpiry, type Expiry } from "../call/expiry.ts";
import { Room } from "../call/room.ts";
import type { ListenOptions } from "../transport.ts";
import { Deadlines } from "./deadlines.ts";

/** What a stream leads to: a call, or what is not gRPC. */
export interface StreamOwner {
  /** Whether its request has not come whole, and should soon. */
  readonly isReading: boolean;
  data(bytes: Buffer, start: number, end: number, isEnd: boolean): void;
  /** The chunk of the socket in which it began is read, and its request has not come whole. */
  chunkEnded(): void;
  /** The request has come whole. */
  end(): void;
  /** What waited has left. */
  drained(): void;
  /** The stream is no more. */
  closed(): void;
  /** Whether it lasts as long as its client likes, so that a drain cannot wait for it. */
  readonly waits: boolean;
  abort(reason: AbortReason): void;
  /** Its request has not come whole in time. */
  readTooLong(): void;
  /** Whether its reader has taken enough since it was last asked, or since it began to wait. */
  hasMoved(): boolean;
  /** Its reader has not. */
  untakenTooLong(): void;
}

/** A connection, as far as the others are concerned. */
export interface Line {
  calls(): Iterable<StreamOwner>;
}

/** Bytes of unused buffers that are kept for the next answers. */
const keptSlabs = 1_048_576;

export class Server {
  readonly options: ListenOptions;
  readonly pool: SlabPool = createSlabPool(keptSlabs);
  readonly deadlines: Deadlines = new Deadlines();
  /** Requests that have not come whole. */
  readonly reading: Expiry<StreamOwner>;
  /** Answers and frames that their readers have not taken. */
  readonly untaken: Expiry<StreamOwner>;
  readonly lines: TransientSet<Line> = new TransientSet();
  isDraining = false;
  /** Calls that are open. */
  size = 0;
  readonly room: Room;
  #waiting: (() => void)[] = [];

  constructor(options: ListenOptions) {
    const { limits } = options;
    this.options = options;
    this.room = new Room(limits);
    this.reading = createExpiry(
      () => limits.readTimeout,
      (call) => call.readTooLong(),
    );
    this.untaken = createExpiry(
      () => limits.slowConsumer,
      (call) => call.untakenTooLong(),
      (call) => call.hasMoved(),
    );
  }

  /** That calls hold. */
  get bytes(): number {
    return this.room.held;
  }

  /** A call is over, and holds nothing any more. */
  closed(): void {
    this.size -= 1;
    if (this.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  empty(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  abortAll(reason: AbortReason): void {
    for (const line of this.lines.values()) for (const call of line.calls()) call.abort(reason);
  }

  abortWaiting(reason: AbortReason): void {
    for (const line of this.lines.values()) for (const call of line.calls()) if (call.waits) call.abort(reason);
  }
}
