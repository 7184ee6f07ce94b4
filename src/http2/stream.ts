/** One stream of a connection: its state (RFC 9113, 5.1), its windows, and what waits to be sent on it. */

import type { FieldList, Pair } from "./hpack-encoder.ts";

/** How a stream ended. */
export interface Trailers {
  readonly fields: FieldList;
  readonly more: readonly Pair[];
}

export class Stream<Owner> {
  readonly id: number;
  /** Whoever handles it may keep what belongs to it here. */
  owner: Owner | undefined;
  /** Bytes that we may send on it; below 0 where SETTINGS have shrunk it. */
  sendWindow: number;
  /** Bytes that the peer may send on it. */
  receiveWindow: number;
  /** Bytes of it that were used and are not given back yet. */
  unreturned = 0;
  /** Bytes that `content-length` promised and that have not come; −1 where it promised nothing. */
  contentLeft = -1;
  /** Whether its message has begun, so that another block is trailers. */
  hasHead = false;
  /** Whether the peer may send. */
  isRemoteOpen = true;
  /** Whether we may send; what waits counts as not sent. */
  isLocalOpen = true;
  /** Neither may: it is not in the connection's table any more. */
  isClosed = false;
  /** What waits, in order. */
  queue: Uint8Array[] = noQueue;
  /** Bytes of the first in the queue that have left. */
  queueAt = 0;
  /** Of all in the queue that have not left. */
  queued = 0;
  /** Whether the end follows the queue, and with what. */
  ending: Trailers | "plain" | undefined;

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}

/** Shared by all streams that never wait; replaced before it is written to. */
const noQueue: Uint8Array[] = [];
