/** What the peer says on streams: HEADERS and CONTINUATION to heads and trailers, DATA, and what neither may be (RFC 9113, 8.1). */

import type { ConnectionParts } from "./connection-parts.ts";
import { HeadReader, type ReadHead } from "./head-reader.ts";
import { blockStart, OpenBlock, type BlockStart } from "./header-block.ts";
import type { MessageHead } from "./message-head.ts";
import { abusive, ConnectionError, ERROR_CODE, FLAG, FRAME_TYPE, protocolError } from "./protocol.ts";
import { ReceiveWindow } from "./receive-window.ts";
import type { Stream } from "./stream.ts";

/** Heads that are too large, from a peer that has not acknowledged SETTINGS. */
const mostUnknowing = 64;

export class IncomingMessages<Note, Owner> {
  readonly #parts: ConnectionParts<Note, Owner>;
  readonly #heads: HeadReader<Note>;
  readonly #window: ReceiveWindow;
  /** The header block that CONTINUATION goes on with. */
  #block: OpenBlock | undefined;
  /** Heads that may be too large before the peer can know what is. */
  #unknowing = mostUnknowing;
  /** Whether the peer has acknowledged our SETTINGS. */
  isAcknowledged = false;

  constructor(parts: ConnectionParts<Note, Owner>) {
    const { role, headLimits: limits, note, window } = parts.options;
    this.#parts = parts;
    this.#heads = new HeadReader({ role, limits, note });
    this.#window = new ReceiveWindow(window);
  }

  /** Whether a header block has begun and not ended: nothing but CONTINUATION may come (6.10). */
  get isBlockOpen(): boolean {
    return this.#block !== undefined;
  }

  onHeaders(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const block = blockStart(flags, id, bytes, start, end);
    if ((flags & FLAG.endHeaders) !== 0) return this.#onBlock(block, bytes, block.from, block.to);
    this.#block = new OpenBlock(block, bytes);
  }

  onContinuation(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
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
    const stream = this.#parts.streams.get(id);
    if (!stream) return this.#onOpening(id, head, isEnd, isSelfDependent);
    if (!stream.isRemoteOpen) return this.#mistake(id, ERROR_CODE.streamClosed);
    if (head.section.isCut) return this.#tooLarge(id);
    if (stream.hasHead) return this.#onTrailers(stream, head, isEnd);
    if (head.isMalformed) return this.#mistake(id, ERROR_CODE.protocol);
    const isInterim = head.pseudo.status?.startsWith("1") === true; // 100 and 103 announce the head that follows (8.1)
    if (isInterim && isEnd) return this.#mistake(id, ERROR_CODE.protocol);
    if (!isInterim) this.#begin(stream, head, isEnd);
  }

  #onOpening(id: number, head: ReadHead<Note | undefined>, isEnd: boolean, isSelfDependent: boolean): void {
    const { streams, floods } = this.#parts;
    const arrival = streams.arrive(id);
    if (arrival === "foreign") throw protocolError("HEADERS on a stream that the peer cannot open");
    if (arrival === "ended") throw new ConnectionError(ERROR_CODE.streamClosed, "HEADERS on a closed stream"); // 5.1
    if (arrival === "late") return floods.spendControl();
    if (head.section.isCut) return this.#tooLarge(id);
    const isCutShort = isEnd && head.contentLength > 0; // 8.1.1
    if (head.isMalformed || isSelfDependent || isCutShort) return this.#mistake(id, ERROR_CODE.protocol);
    if (arrival === "full") return this.#mistake(id, ERROR_CODE.refusedStream); // 5.1.2
    this.#begin(streams.take(id), head, isEnd);
  }

  /** The stream is lost. A peer that goes on so without having acknowledged what SETTINGS allow loses the connection. */
  #tooLarge(id: number): void {
    if (!this.isAcknowledged && --this.#unknowing < 0) throw abusive("header fields unpack to too much");
    this.#mistake(id, ERROR_CODE.enhanceYourCalm);
  }

  #begin(stream: Stream<Owner>, head: ReadHead<Note | undefined>, isEnd: boolean): void {
    const { options, ends } = this.#parts;
    stream.hasHead = true;
    stream.contentLeft = head.contentLength;
    if (isEnd) stream.isRemoteOpen = false;
    options.events.head(stream, head, isEnd);
    if (isEnd) ends.remoteEnded(stream);
  }

  #onTrailers(stream: Stream<Owner>, head: MessageHead, isEnd: boolean): void {
    if (!isEnd || head.isMalformedAsTrailers || stream.contentLeft > 0)
      return this.#mistake(stream.id, ERROR_CODE.protocol);
    const { options, ends } = this.#parts;
    stream.isRemoteOpen = false;
    options.events.trailers(stream, head);
    ends.remoteEnded(stream);
  }

  onData(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    const { options, streams, ends, sender, floods } = this.#parts;
    const back = this.#window.take(end - start); // padding counts, too (6.1)
    if (back > 0) sender.words(FRAME_TYPE.windowUpdate, 0, back);
    const stream = streams.get(id);
    if (!stream) return this.#onStray(id);
    if (!stream.isRemoteOpen) return this.#mistake(id, ERROR_CODE.streamClosed);
    if (!stream.hasHead) return this.#mistake(id, ERROR_CODE.protocol);
    stream.receiveWindow -= end - start;
    if (stream.receiveWindow < 0) return this.#mistake(id, ERROR_CODE.flowControl);
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
    if (from === to && !isEnd) return floods.spendControl();
    if (stream.contentLeft >= 0) {
      stream.contentLeft -= to - from;
      if (stream.contentLeft < 0 || (isEnd && stream.contentLeft > 0)) return this.#mistake(id, ERROR_CODE.protocol); // 8.1.1
    }
    if (isEnd) stream.isRemoteOpen = false;
    options.events.data(stream, bytes, from, to, isEnd);
    if (isEnd) ends.remoteEnded(stream);
  }

  /** DATA on a stream that is not there. */
  #onStray(id: number): void {
    const { streams, floods } = this.#parts;
    if (streams.isIdle(id)) throw protocolError("DATA on an idle stream");
    if (streams.isLate(id)) return floods.spendControl();
    this.#mistake(id, ERROR_CODE.streamClosed);
  }

  #mistake(id: number, code: number): void {
    this.#parts.ends.mistake(id, code);
  }

  /** Gives so many received bytes of the stream back to the peer, in one frame for half a window. */
  use(stream: Stream<Owner>, bytes: number): void {
    if (stream.isClosed || !stream.isRemoteOpen) return;
    const { options, sender } = this.#parts;
    stream.unreturned += bytes;
    if (stream.unreturned * 2 < options.settings.initialWindowSize) return;
    sender.words(FRAME_TYPE.windowUpdate, stream.id, stream.unreturned);
    stream.receiveWindow += stream.unreturned;
    stream.unreturned = 0;
  }
}
