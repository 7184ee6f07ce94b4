/**
 * One connection of HTTP/2 as a state machine: bytes in, events and bytes out. It knows no socket, no timer and no gRPC, and
 * serves either side. What is wrong ends the stream or the connection, as RFC 9113 says; section numbers are of that.
 */

import type { ConnectionOptions } from "./connection-events.ts";
import { Floods } from "./floods.ts";
import { FrameReader } from "./frame-reader.ts";
import { HeadReader, type ReadHead } from "./head-reader.ts";
import { blockStart, OpenBlock, type BlockStart } from "./header-block.ts";
import type { FieldList, Pair } from "./hpack-encoder.ts";
import type { MessageHead } from "./message-head.ts";
import { requireShape } from "./frame-shape.ts";
import { abusive, ConnectionError, DEFAULT_WINDOW, ERROR_CODE, FLAG, FRAME_TYPE, LARGEST, PREFACE, protocolError, SETTING } from "./protocol.ts"; // prettier-ignore
import { ReceiveWindow } from "./receive-window.ts";
import { Sender } from "./sender.ts";
import { requireSetting, settingsPayload } from "./settings.ts";
import type { Output } from "./slabs.ts";
import { StreamTable } from "./stream-table.ts";
import type { Stream } from "./stream.ts";

/** Heads that are too large, from a peer that has not acknowledged SETTINGS. */
const mostUnknowing = 64;
export class Connection<Note, Owner> {
  readonly #options: ConnectionOptions<Note, Owner>;
  readonly #reader: FrameReader;
  readonly #heads: HeadReader<Note>;
  readonly #sender: Sender<Owner>;
  readonly #floods: Floods;
  readonly #streams: StreamTable<Owner>;
  readonly #window: ReceiveWindow;
  #isSettled = false;
  #isAcknowledged = false;
  /** Heads that may be too large before the peer can know what is. */
  #unknowing = mostUnknowing;
  #isOver = false;
  /** The header block that CONTINUATION goes on with. */
  #block: OpenBlock | undefined;

  constructor(options: ConnectionOptions<Note, Owner>) {
    const { role, headLimits: limits, note, pool, now } = options;
    this.#options = options;
    this.#reader = new FrameReader(this, role === "server");
    this.#heads = new HeadReader({ role, limits, note });
    this.#sender = new Sender(pool, {
      drained: (stream) => options.events.drained(stream),
      localEnded: (stream) => this.#localEnded(stream),
    });
    this.#floods = new Floods(now);
    this.#streams = new StreamTable(role, options.settings);
    this.#window = new ReceiveWindow(options.window);
    this.#greet();
  }

  #greet(): void {
    const { role, settings, window } = this.#options;
    const { output } = this.#sender;
    if (role === "client") {
      output.room(PREFACE.length).set(PREFACE, output.at);
      output.at += PREFACE.length;
    }
    this.#sender.frame(FRAME_TYPE.settings, 0, 0, settingsPayload(settings, role));
    if (window > DEFAULT_WINDOW) this.#sender.words(FRAME_TYPE.windowUpdate, 0, window - DEFAULT_WINDOW);
  }

  /** What is to be sent. */
  get output(): Output {
    return this.#sender.output;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** Whether the peer's SETTINGS have come: it speaks HTTP/2. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether nothing is read any more: GOAWAY is in the output, and the connection is to be closed behind it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether no more streams are taken, because `finish` said so. */
  get isFinishing(): boolean {
    return this.#streams.isFinishing;
  }

  /** Bytes of HEADERS and DATA that have been written, ever. */
  get contentSent(): number {
    return this.#sender.contentSent;
  }

  /** Whether DATA waits that the peer would take. */
  get isReady(): boolean {
    return this.#sender.isReady;
  }

  streams(): Iterable<Stream<Owner>> {
    return this.#streams.values();
  }

  /** Bytes as they come from the peer, in whatever pieces; they must not be written to afterwards. */
  receive(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.fail(error.code, error.message);
    }
  }

  /** Ends the connection with GOAWAY; its streams end with `close`. */
  fail(code: number, debug: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#goaway(this.#streams.lastLookedAt, code, debug);
  }

  /** Closes all streams: the peer is not there any more. */
  close(): void {
    this.#isOver = true;
    for (const stream of this.#streams.values()) this.#close(stream, ERROR_CODE.cancel);
  }

  /** Tells the peer to open no more streams; those that come all the same are still taken. */
  announceEnd(): void {
    if (!this.#isOver && !this.isFinishing) this.#goaway(LARGEST, ERROR_CODE.none, "");
  }

  /** Takes no more streams; those that are open go on. */
  finish(): void {
    if (!this.#isOver && !this.isFinishing) this.#goaway(this.#streams.finish(), ERROR_CODE.none, "");
  }

  ping(): void {
    if (!this.#isOver) this.#sender.frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(8));
  }

  /** The socket takes bytes again, or does not. */
  setWritable(isWritable: boolean): void {
    this.#sender.setOpen(isWritable);
    if (isWritable) this.#sender.resume();
  }

  /** Writes DATA that waits for room in front of the socket. */
  resume(): void {
    this.#sender.resume();
  }

  /** For a client: a new stream with its head. Undefined when the peer or the connection lets none be opened. */
  open(fields: FieldList, more: readonly Pair[], isEnd: boolean): Stream<Owner> | undefined {
    const stream = this.#isOver ? undefined : this.#streams.open();
    if (!stream) return undefined;
    this.headers(stream, fields, more);
    if (isEnd) this.end(stream);
    return stream;
  }

  /** The head of a message. */
  headers(stream: Stream<Owner>, fields: FieldList, more: readonly Pair[]): void {
    if (stream.isLocalOpen) this.#sender.headers(stream.id, fields, more, false);
  }

  /** The head of a message that is all of it. */
  onlyHeaders(stream: Stream<Owner>, fields: FieldList, more: readonly Pair[]): void {
    if (!stream.isLocalOpen) return;
    this.#sender.headers(stream.id, fields, more, true);
    this.#localEnded(stream);
  }

  /** `prefix` and `bytes` in one; see `Sender.data`. */
  data(stream: Stream<Owner>, prefix: Uint8Array, bytes: Uint8Array): boolean {
    return !stream.isLocalOpen || this.#sender.data(stream, prefix, bytes);
  }

  /** The end of a message, behind what waits. */
  end(stream: Stream<Owner>): void {
    if (stream.isLocalOpen) this.#sender.end(stream, "plain");
  }

  /** The end of a message with further fields, behind what waits. */
  endWith(stream: Stream<Owner>, fields: FieldList, more: readonly Pair[]): void {
    if (!stream.isLocalOpen) return;
    if (stream.queued > 0) return this.#sender.end(stream, { fields, more });
    this.#sender.headers(stream.id, fields, more, true);
    this.#localEnded(stream);
  }

  /** Ends the stream for both sides; what waits is lost. */
  reset(stream: Stream<Owner>, code: number): void {
    if (stream.isClosed) return;
    this.#sender.words(FRAME_TYPE.reset, stream.id, code);
    this.#streams.wasReset(stream.id);
    this.#close(stream, code);
  }

  /** Gives so many received bytes of the stream back to the peer. */
  use(stream: Stream<Owner>, bytes: number): void {
    if (stream.isClosed || !stream.isRemoteOpen) return;
    stream.unreturned += bytes;
    if (stream.unreturned * 2 < this.#options.settings.initialWindowSize) return;
    this.#sender.words(FRAME_TYPE.windowUpdate, stream.id, stream.unreturned);
    stream.receiveWindow += stream.unreturned;
    stream.unreturned = 0;
  }

  #goaway(last: number, code: number, debug: string): void {
    const payload = Buffer.alloc(8 + debug.length);
    payload.writeUInt32BE(last, 0);
    payload.writeUInt32BE(code, 4);
    payload.write(debug, 8, "latin1");
    this.#sender.frame(FRAME_TYPE.goaway, 0, 0, payload);
  }

  #localEnded(stream: Stream<Owner>): void {
    stream.isLocalOpen = false;
    if (!stream.isRemoteOpen) this.#close(stream, undefined);
    else if (this.#options.role === "server") this.reset(stream, ERROR_CODE.none); // the rest of the request is not needed (8.1)
  }

  #close(stream: Stream<Owner>, code: number | undefined): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    stream.isLocalOpen = false;
    stream.isRemoteOpen = false;
    this.#streams.delete(stream);
    this.#sender.forget(stream);
    this.#options.events.closed(stream, code);
  }

  /** Of a mistake of the peer that ends one stream (5.4.2); many of them are a flood, too. */
  #streamError(id: number, code: number): void {
    this.#floods.spendReset();
    const stream = this.#streams.get(id);
    if (stream) return this.reset(stream, code);
    this.#sender.words(FRAME_TYPE.reset, id, code);
    this.#streams.wasReset(id);
  }

  #spendControl(): void {
    this.#floods.spendControl(this.#sender.contentSent);
  }

  /** Called by the reader for each frame. */
  frame(type: number, flags: number, stream: number, bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return;
    if (this.#block && type !== FRAME_TYPE.continuation) throw protocolError("a header block is interrupted"); // 6.10
    if (!this.#isSettled && type !== FRAME_TYPE.settings) throw protocolError("SETTINGS must come first"); // 3.4
    requireShape(type, flags, stream, end - start);
    switch (type) {
      case FRAME_TYPE.data:
        return this.#onData(flags, stream, bytes, start, end);
      case FRAME_TYPE.headers:
        return this.#onHeaders(flags, stream, bytes, start, end);
      case FRAME_TYPE.priority:
        return this.#onPriority(stream, bytes, start, end);
      case FRAME_TYPE.reset:
        return this.#onReset(stream, bytes, start);
      case FRAME_TYPE.settings:
        return this.#onSettings(flags, bytes, start, end);
      case FRAME_TYPE.ping:
        return this.#onPing(flags, bytes, start, end);
      case FRAME_TYPE.goaway:
        return this.#onGoaway(bytes, start);
      case FRAME_TYPE.windowUpdate:
        return this.#onWindowUpdate(stream, bytes, start);
      case FRAME_TYPE.continuation:
        return this.#onContinuation(flags, stream, bytes, start, end);
      default:
        this.#spendControl(); // an extension that we do not know is passed over (5.5)
    }
  }

  #onData(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const back = this.#window.take(end - start); // padding counts, too (6.1)
    if (back > 0) this.#sender.words(FRAME_TYPE.windowUpdate, 0, back);
    const stream = this.#streams.get(id);
    if (!stream) return this.#onStray(id);
    if (!stream.isRemoteOpen) return this.#streamError(id, ERROR_CODE.streamClosed);
    if (!stream.hasHead) return this.#streamError(id, ERROR_CODE.protocol);
    stream.receiveWindow -= end - start;
    if (stream.receiveWindow < 0) return this.#streamError(id, ERROR_CODE.flowControl);
    let from = start;
    let to = end;
    if ((flags & FLAG.padded) !== 0) {
      const padding = bytes[start] ?? 0;
      if (end === start || padding >= end - start) throw protocolError("padding is longer than its frame");
      from += 1;
      to -= padding;
      this.use(stream, end - start - (to - from));
    }
    const isEnd = (flags & FLAG.endStream) !== 0;
    if (from === to && !isEnd) return this.#spendControl();
    if (stream.contentLeft >= 0) {
      stream.contentLeft -= to - from;
      if (stream.contentLeft < 0 || (isEnd && stream.contentLeft > 0))
        return this.#streamError(id, ERROR_CODE.protocol); // 8.1.1
    }
    if (isEnd) stream.isRemoteOpen = false;
    this.#options.events.data(stream, bytes, from, to, isEnd);
    if (isEnd) this.#remoteEnded(stream);
  }

  #remoteEnded(stream: Stream<Owner>): void {
    if (!stream.isLocalOpen && !stream.isClosed) this.#close(stream, undefined);
  }

  /** DATA on a stream that is not there. */
  #onStray(id: number): void {
    if (this.#streams.isIdle(id)) throw protocolError("DATA on an idle stream");
    if (this.#streams.isLate(id)) return this.#spendControl();
    this.#streamError(id, ERROR_CODE.streamClosed);
  }

  #onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const block = blockStart(flags, id, bytes, start, end);
    if ((flags & FLAG.endHeaders) !== 0) return this.#onBlock(block, bytes, block.from, block.to);
    this.#block = new OpenBlock(block, bytes);
  }

  #onContinuation(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    if (!block || block.start.stream !== id) throw protocolError("CONTINUATION follows no block of its stream");
    block.add(bytes, start, end);
    if ((flags & FLAG.endHeaders) === 0) return;
    this.#block = undefined;
    const whole = block.whole();
    this.#onBlock(block.start, whole, 0, whole.length);
  }

  /** Reads the block whatever becomes of its stream: later ones depend on it. */
  #onBlock({ stream: id, isEnd, isSelfDependent }: BlockStart, bytes: Buffer, start: number, end: number): void {
    const head = this.#heads.read(bytes, start, end);
    const stream = this.#streams.get(id);
    if (!stream) return this.#onOpening(id, head, isEnd, isSelfDependent);
    if (!stream.isRemoteOpen) return this.#streamError(id, ERROR_CODE.streamClosed);
    if (head.section.isCut) return this.#tooLarge(id);
    if (stream.hasHead) return this.#onTrailers(stream, head, isEnd);
    if (head.isMalformed) return this.#streamError(id, ERROR_CODE.protocol);
    const isInterim = head.pseudo.status?.startsWith("1") === true; // 100 and 103 announce the head that follows (8.1)
    if (isInterim && isEnd) return this.#streamError(id, ERROR_CODE.protocol);
    if (!isInterim) this.#begin(stream, head, isEnd);
  }

  #onOpening(id: number, head: ReadHead<Note | undefined>, isEnd: boolean, isSelfDependent: boolean): void {
    const arrival = this.#streams.arrive(id);
    if (arrival === "foreign") throw protocolError("HEADERS on a stream that the peer cannot open");
    if (arrival === "ended") throw new ConnectionError(ERROR_CODE.streamClosed, "HEADERS on a closed stream"); // 5.1
    if (arrival === "late") return this.#spendControl();
    if (head.section.isCut) return this.#tooLarge(id);
    const isCutShort = isEnd && head.contentLength > 0; // 8.1.1
    if (head.isMalformed || isSelfDependent || isCutShort) return this.#streamError(id, ERROR_CODE.protocol);
    if (arrival === "full") return this.#streamError(id, ERROR_CODE.refusedStream); // 5.1.2
    this.#begin(this.#streams.take(id), head, isEnd);
  }

  /** The stream is lost. A peer that goes on so without having acknowledged what SETTINGS allow loses the connection. */
  #tooLarge(id: number): void {
    if (!this.#isAcknowledged && --this.#unknowing < 0) throw abusive("header fields unpack to too much");
    this.#streamError(id, ERROR_CODE.enhanceYourCalm);
  }

  #begin(stream: Stream<Owner>, head: ReadHead<Note | undefined>, isEnd: boolean): void {
    stream.hasHead = true;
    stream.contentLeft = head.contentLength;
    if (isEnd) stream.isRemoteOpen = false;
    this.#options.events.head(stream, head, isEnd);
    if (isEnd) this.#remoteEnded(stream);
  }

  #onTrailers(stream: Stream<Owner>, head: MessageHead, isEnd: boolean): void {
    if (!isEnd || head.isMalformedAsTrailers || stream.contentLeft > 0)
      return this.#streamError(stream.id, ERROR_CODE.protocol);
    stream.isRemoteOpen = false;
    this.#options.events.trailers(stream, head);
    this.#remoteEnded(stream);
  }

  /** Priorities are not followed (5.3.2); a stream that depends on itself was an error in RFC 7540, and checkers still ask for it. */
  #onPriority(id: number, bytes: Buffer, start: number, end: number): void {
    this.#spendControl();
    if (end - start !== 5) return this.#streamError(id, ERROR_CODE.frameSize);
    if ((bytes.readUInt32BE(start) & LARGEST) === id) this.#streamError(id, ERROR_CODE.protocol);
  }

  #onReset(id: number, bytes: Buffer, start: number): void {
    if (this.#streams.isIdle(id)) throw protocolError("RST_STREAM on an idle stream");
    this.#floods.spendReset();
    const stream = this.#streams.get(id);
    if (stream) this.#close(stream, bytes.readUInt32BE(start));
  }

  #onSettings(flags: number, bytes: Buffer, start: number, end: number): void {
    if ((flags & FLAG.ack) !== 0) {
      if (!this.#isSettled) throw protocolError("SETTINGS must come first");
      this.#isAcknowledged = true;
      return;
    }
    if (this.#isSettled) this.#spendControl();
    this.#isSettled = true;
    for (let at = start; at < end; at += 6) this.#setting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    this.#sender.frame(FRAME_TYPE.settings, FLAG.ack, 0, nothing);
    this.#sender.resume();
  }

  #setting(setting: number, value: number): void {
    requireSetting(setting, value, this.#options.role);
    if (setting === SETTING.headerTableSize) this.#sender.encoder.limitTable(value);
    else if (setting === SETTING.maxFrameSize) this.#sender.limitFrames(value);
    else if (setting === SETTING.maxConcurrentStreams) this.#streams.limit(value);
    else if (setting === SETTING.initialWindowSize) {
      const change = this.#streams.setPeerWindow(value);
      for (const stream of this.#streams.values())
        if (!this.#sender.growStream(stream, change))
          throw new ConnectionError(ERROR_CODE.flowControl, "SETTINGS make a stream's window overflow"); // 6.9.2
    }
  }

  #onPing(flags: number, bytes: Buffer, start: number, end: number): void {
    if ((flags & FLAG.ack) !== 0) return this.#options.events.pong();
    this.#spendControl();
    this.#sender.frame(FRAME_TYPE.ping, FLAG.ack, 0, bytes.subarray(start, end));
  }

  #onGoaway(bytes: Buffer, start: number): void {
    this.#spendControl();
    this.#options.events.goaway(bytes.readUInt32BE(start) & LARGEST, bytes.readUInt32BE(start + 4));
  }

  #onWindowUpdate(id: number, bytes: Buffer, start: number): void {
    const increment = bytes.readUInt32BE(start) & LARGEST;
    if (id === 0) {
      if (increment === 0) throw protocolError("WINDOW_UPDATE by 0");
      return this.#sender.growConnection(increment);
    }
    if (this.#streams.isIdle(id)) throw protocolError("WINDOW_UPDATE on an idle stream");
    const stream = this.#streams.get(id);
    if (increment === 0) return this.#streamError(id, ERROR_CODE.protocol); // 6.9
    if (!stream) return; // may come after the end (5.1)
    if (!this.#sender.growStream(stream, increment)) return this.#streamError(id, ERROR_CODE.flowControl);
    this.#sender.resume();
  }
}

const nothing = new Uint8Array();
