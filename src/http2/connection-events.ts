/** What the user of a connection hears of, and what it decides. */

import type { ReadHead } from "./head-reader.ts";
import type { FieldLimits } from "./hpack-decoder.ts";
import type { MessageHead, Role } from "./message-head.ts";
import type { OwnSettings } from "./settings.ts";
import type { SlabPool } from "./slabs.ts";
import type { Stream } from "./stream.ts";

/** What becomes of streams. Called from within `receive` and the sending methods; it may send, and reset, at once. */
export interface ConnectionEvents<Note, Owner> {
  /** A message begins: on a new stream for a server, on one of its own for a client. */
  head(stream: Stream<Owner>, head: ReadHead<Note | undefined>, isEnd: boolean): void;
  /** `bytes` from `start` to `end` are not written to afterwards. They count until `use` gives them back. */
  data(stream: Stream<Owner>, bytes: Buffer, start: number, end: number, isEnd: boolean): void;
  /** The message has ended, with further fields. */
  trailers(stream: Stream<Owner>, head: MessageHead): void;
  /** All that waited on the stream has left for the output. */
  drained(stream: Stream<Owner>): void;
  /** Once for each stream that began. `code` is of the reset that ended it, whoever sent that; undefined where both sides ended. */
  closed(stream: Stream<Owner>, code: number | undefined): void;
  /** The peer takes no more streams: those behind `last` were not looked at. */
  goaway(last: number, code: number): void;
  /** The answer to `ping`. */
  pong(): void;
}

export interface ConnectionOptions<Note, Owner> {
  readonly role: Role;
  readonly settings: OwnSettings;
  /** Bytes the peer may send on the whole connection unasked. */
  readonly window: number;
  readonly headLimits: FieldLimits;
  readonly note: (head: MessageHead) => Note;
  readonly events: ConnectionEvents<Note, Owner>;
  readonly pool: SlabPool;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
}
