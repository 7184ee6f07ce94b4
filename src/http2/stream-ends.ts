/** How the streams of a connection end: by both sides, by a reset, by a mistake of the peer (RFC 9113, 5.1 and 5.4.2). */

import type { ConnectionEvents } from "./connection-events.ts";
import type { Floods } from "./floods.ts";
import type { Role } from "./message-head.ts";
import { ERROR_CODE, FRAME_TYPE } from "./protocol.ts";
import type { Sender } from "./sender.ts";
import type { StreamTable } from "./stream-table.ts";
import type { Stream } from "./stream.ts";

export interface StreamEndsOptions<Owner> {
  readonly role: Role;
  readonly streams: StreamTable<Owner>;
  readonly sender: Sender<Owner>;
  readonly floods: Floods;
  readonly closed: ConnectionEvents<unknown, Owner>["closed"];
}

export class StreamEnds<Owner> {
  readonly #options: StreamEndsOptions<Owner>;

  constructor(options: StreamEndsOptions<Owner>) {
    this.#options = options;
  }

  /** We have said all. */
  localEnded(stream: Stream<Owner>): void {
    stream.isLocalOpen = false;
    if (!stream.isRemoteOpen) this.close(stream, undefined);
    else if (this.#options.role === "server") this.reset(stream, ERROR_CODE.none); // the rest of the request is not needed (8.1)
  }

  /** The peer has said all, and its user has heard it. */
  remoteEnded(stream: Stream<Owner>): void {
    if (!stream.isLocalOpen) this.close(stream, undefined);
  }

  /** Ends the stream for both sides; what waits is lost. */
  reset(stream: Stream<Owner>, code: number): void {
    if (stream.isClosed) return;
    this.#options.sender.words(FRAME_TYPE.reset, stream.id, code);
    this.#options.streams.wasReset(stream.id);
    this.close(stream, code);
  }

  /** The peer has made a mistake that ends one stream, be it open or not; many of them are a flood, too. */
  mistake(id: number, code: number): void {
    const { floods, streams, sender } = this.#options;
    floods.spendReset();
    const stream = streams.get(id);
    if (stream) return this.reset(stream, code);
    sender.words(FRAME_TYPE.reset, id, code);
    streams.wasReset(id);
  }

  /** `code` is of the reset that ends it; undefined where both sides have ended. */
  close(stream: Stream<Owner>, code: number | undefined): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    stream.isLocalOpen = false;
    stream.isRemoteOpen = false;
    this.#options.streams.delete(stream);
    this.#options.sender.forget(stream);
    this.#options.closed(stream, code);
  }
}
