/** The body of a request that comes in pieces, or has many messages. Most requests come in one piece, and have none of these. */

import type { FrameFault } from "../call/message-frames.ts";
import { Intake } from "./intake.ts";
import { RequestQueue } from "./request-queue.ts";

export interface RequestBodyOptions {
  /** Largest message. */
  readonly messageBytes: number;
  /** For a method that takes many messages: hears of the bytes of each that it has taken. */
  readonly taken?: (bytes: number) => void;
}

export class RequestBody {
  /** What a method of many messages reads from. */
  readonly queue: RequestQueue | undefined;
  readonly #intake: Intake;
  #message: Uint8Array | undefined;
  /** Bytes that are given back to the peer when the method has taken what waits. */
  #owed = 0;
  readonly #received = (message: Uint8Array, bytes: number): void => {
    if (this.queue) this.queue.push({ message, bytes });
    else this.#message = message;
  };

  constructor({ messageBytes, taken }: RequestBodyOptions) {
    this.queue = taken && new RequestQueue(taken);
    this.#intake = new Intake({ messageBytes, single: !taken });
  }

  /** Answers what is wrong with the bytes. */
  take(bytes: Buffer, start: number, end: number): FrameFault | undefined {
    return this.#intake.take(bytes, start, end, this.#received);
  }

  /** At the request's end; what is wrong with it, and for a method of one message otherwise that. */
  end(): FrameFault | Uint8Array | undefined {
    const fault = this.#intake.end();
    if (fault) return fault;
    this.queue?.end({ drops: false });
    return this.queue ? undefined : (this.#message ?? "message_count");
  }

  /** Nobody reads it any more. */
  drop(): void {
    this.queue?.end({ drops: true });
  }

  /** Of bytes that have come, how many the peer may send again now. */
  return(bytes: number): number {
    if (!this.queue?.isBehind) return bytes;
    this.#owed += bytes;
    return 0;
  }

  /** The same, when the method has taken a message. */
  returnOwed(): number {
    if (this.queue?.isBehind) return 0;
    const owed = this.#owed;
    this.#owed = 0;
    return owed;
  }
}
