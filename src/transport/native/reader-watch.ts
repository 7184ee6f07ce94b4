/** How much the reader of an answer takes, while something waits for it; see `../README.md`, slow readers. */

import { LEAST_TAKEN } from "../call/expiry.ts";
import type { Stream } from "../../http2/stream.ts";
import type { Server, StreamOwner } from "./server.ts";

export interface WatchedReader {
  readonly server: Server;
  readonly stream: Stream<StreamOwner>;
  readonly line: { readonly http2: { readonly contentSent: number } };
  readonly owner: StreamOwner;
}

export class ReaderWatch {
  readonly #reader: WatchedReader;
  /** When it was last looked at: what waited, and what had been sent on the connection. */
  #queuedThen = 0;
  #sentThen = 0;

  constructor(reader: WatchedReader) {
    this.#reader = reader;
    this.#look();
    reader.server.untaken.add(reader.owner);
  }

  #look(): void {
    this.#queuedThen = this.#reader.stream.queued;
    this.#sentThen = this.#reader.line.http2.contentSent;
  }

  /** As `StreamOwner.hasMoved`. */
  hasMoved(): boolean {
    const { stream, line } = this.#reader;
    const own = this.#queuedThen - stream.queued;
    const all = line.http2.contentSent - this.#sentThen;
    const waitsForOthers = stream.sendWindow > 0; // and what they take brings its turn nearer
    const isEnough = own > 0 && own >= Math.min(LEAST_TAKEN, this.#queuedThen);
    this.#look();
    return isEnough || (waitsForOthers && all >= LEAST_TAKEN);
  }

  stop(): void {
    this.#reader.server.untaken.delete(this.#reader.owner);
  }
}
