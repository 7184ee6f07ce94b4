/**
 * One connection of HTTP/2 as a state machine: bytes in, events and bytes out. It knows no socket, no timer and no gRPC, and
 * serves either side. What is wrong ends the stream or the connection, as RFC 9113 says; section numbers are of that.
 */

import type { ConnectionOptions } from "./connection-events.ts";
import { createParts, type ConnectionParts } from "./connection-parts.ts";
import { FrameReader } from "./frame-reader.ts";
import type { FieldList, Pair } from "./hpack-encoder.ts";
import { ConnectionError, DEFAULT_WINDOW, ERROR_CODE, FRAME_TYPE, LARGEST, PREFACE } from "./protocol.ts";
import { Receiver } from "./receiver.ts";
import { settingsPayload } from "./settings.ts";
import type { Output } from "./slabs.ts";
import type { Stream } from "./stream.ts";

export class Connection<Note, Owner> {
  readonly #parts: ConnectionParts<Note, Owner>;
  readonly #receiver: Receiver<Note, Owner>;
  readonly #reader: FrameReader;

  constructor(options: ConnectionOptions<Note, Owner>) {
    this.#parts = createParts(options);
    this.#receiver = new Receiver(this.#parts);
    this.#reader = new FrameReader(this.#receiver, options.role === "server");
    this.#greet();
  }

  #greet(): void {
    const { options, sender } = this.#parts;
    const { role, settings, window } = options;
    const { output } = sender;
    if (role === "client") {
      output.room(PREFACE.length).set(PREFACE, output.at);
      output.at += PREFACE.length;
    }
    sender.frame(FRAME_TYPE.settings, 0, 0, settingsPayload(settings, role));
    if (window > DEFAULT_WINDOW) sender.words(FRAME_TYPE.windowUpdate, 0, window - DEFAULT_WINDOW);
  }

  /** What is to be sent. */
  get output(): Output {
    return this.#parts.sender.output;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#parts.streams.size;
  }

  /** Whether the peer's SETTINGS have come: it speaks HTTP/2. */
  get isSettled(): boolean {
    return this.#receiver.isSettled;
  }

  /** Whether nothing is read any more: GOAWAY is in the output, and the connection is to be closed behind it. */
  get isOver(): boolean {
    return this.#receiver.isOver;
  }

  /** Whether no more streams are taken, because `finish` said so. */
  get isFinishing(): boolean {
    return this.#parts.streams.isFinishing;
  }

  /** Bytes of HEADERS and DATA that have been written, ever. */
  get contentSent(): number {
    return this.#parts.sender.contentSent;
  }

  /** Whether DATA waits that the peer would take. */
  get isReady(): boolean {
    return this.#parts.sender.isReady;
  }

  streams(): Iterable<Stream<Owner>> {
    return this.#parts.streams.values();
  }

  /** Bytes as they come from the peer, in whatever pieces; they must not be written to afterwards. */
  receive(chunk: Buffer): void {
    if (this.isOver) return;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.fail(error.code, error.message);
    }
  }

  /** Ends the connection with GOAWAY; its streams end with `close`. */
  fail(code: number, debug: string): void {
    if (this.isOver) return;
    this.#receiver.isOver = true;
    this.#goaway(this.#parts.streams.lastLookedAt, code, debug);
  }

  /** Closes all streams: the peer is not there any more. */
  close(): void {
    this.#receiver.isOver = true;
    for (const stream of this.#parts.streams.values()) this.#parts.ends.close(stream, ERROR_CODE.cancel);
  }

  /** Tells the peer to open no more streams; those that come all the same are still taken. */
  announceEnd(): void {
    if (!this.isOver && !this.isFinishing) this.#goaway(LARGEST, ERROR_CODE.none, "");
  }

  /** Takes no more streams; those that are open go on. */
  finish(): void {
    if (!this.isOver && !this.isFinishing) this.#goaway(this.#parts.streams.finish(), ERROR_CODE.none, "");
  }

  ping(): void {
    if (!this.isOver) this.#parts.sender.frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(8));
  }

  /** The socket takes bytes again, or does not. */
  setWritable(isWritable: boolean): void {
    this.#parts.sender.setOpen(isWritable);
    if (isWritable) this.#parts.sender.resume();
  }

  /** Writes DATA that waits for room in front of the socket. */
  resume(): void {
    this.#parts.sender.resume();
  }

  /** For a client: a new stream with its head. Undefined when the peer or the connection lets none be opened. */
  open(fields: FieldList, more: readonly Pair[], isEnd: boolean): Stream<Owner> | undefined {
    const stream = this.isOver ? undefined : this.#parts.streams.open();
    if (!stream) return undefined;
    this.headers(stream, fields, more);
    if (isEnd) this.end(stream);
    return stream;
  }

  /** The head of a message. */
  headers(stream: Stream<Owner>, fields: FieldList, more: readonly Pair[]): void {
    if (stream.isLocalOpen) this.#parts.sender.headers(stream.id, fields, more, false);
  }

  /** The head of a message that is all of it. */
  onlyHeaders(stream: Stream<Owner>, fields: FieldList, more: readonly Pair[]): void {
    if (!stream.isLocalOpen) return;
    this.#parts.sender.headers(stream.id, fields, more, true);
    this.#parts.ends.localEnded(stream);
  }

  /** `prefix` and `bytes` in one; see `Sender.data`. */
  data(stream: Stream<Owner>, prefix: Uint8Array, bytes: Uint8Array): boolean {
    return !stream.isLocalOpen || this.#parts.sender.data(stream, prefix, bytes);
  }

  /** The end of a message, behind what waits. */
  end(stream: Stream<Owner>): void {
    if (stream.isLocalOpen) this.#parts.sender.end(stream, "plain");
  }

  /** The end of a message with further fields, behind what waits. */
  endWith(stream: Stream<Owner>, fields: FieldList, more: readonly Pair[]): void {
    if (!stream.isLocalOpen) return;
    if (stream.queued > 0) return this.#parts.sender.end(stream, { fields, more });
    this.#parts.sender.headers(stream.id, fields, more, true);
    this.#parts.ends.localEnded(stream);
  }

  /** Ends the stream for both sides; what waits is lost. */
  reset(stream: Stream<Owner>, code: number): void {
    this.#parts.ends.reset(stream, code);
  }

  /** Gives so many received bytes of the stream back to the peer. */
  use(stream: Stream<Owner>, bytes: number): void {
    this.#receiver.messages.use(stream, bytes);
  }

  #goaway(last: number, code: number, debug: string): void {
    const payload = Buffer.alloc(8 + debug.length);
    payload.writeUInt32BE(last, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(debug, 8, "latin1");
    this.#parts.sender.frame(FRAME_TYPE.goaway, 0, 0, payload);
  }
}
