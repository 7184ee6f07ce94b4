/** Bytes as they come, in whatever pieces, to whole frames (RFC 9113, section 4.1). */

import { ConnectionError, DEFAULT_FRAME_SIZE, ERROR_CODE, FRAME_HEADER, PREFACE } from "./protocol.ts";

/** Where frames go. `bytes` from `start` to `end` is the payload; it is not written to afterwards. @throws ConnectionError */
export interface FrameHandler {
  frame(type: number, flags: number, stream: number, bytes: Buffer, start: number, end: number): void;
}

const nothing = Buffer.alloc(0);
/** A frame that is announced gets its room as its bytes come, beginning with so many. */
const firstRoom = 1_024;

export class FrameReader {
  readonly #handler: FrameHandler;
  /** Of the preface, where one is awaited. */
  #prefaceLeft: number;
  /** The beginning of a frame whose end has not come. */
  #partial: Buffer = nothing;
  #held = 0;

  constructor(handler: FrameHandler, awaitsPreface: boolean) {
    this.#handler = handler;
    this.#prefaceLeft = awaitsPreface ? PREFACE.length : 0;
  }

  /** @throws ConnectionError what the handler throws, for a preface that is none, and for a frame that is too large */
  read(chunk: Buffer): void {
    let at = this.#prefaceLeft > 0 ? this.#preface(chunk) : 0;
    if (this.#held > 0) at = this.#complete(chunk, at);
    const { length } = chunk;
    while (length - at >= FRAME_HEADER) {
      const size = sizeOf(chunk, at);
      if (size > DEFAULT_FRAME_SIZE) throw tooLarge();
      const start = at + FRAME_HEADER;
      if (length - start < size) break;
      at = start + size;
      this.#hand(chunk, start - FRAME_HEADER, at);
    }
    if (at < length) this.#keep(chunk, at, length);
  }

  #hand(bytes: Buffer, head: number, end: number): void {
    const stream =
      (((bytes[head + 5] ?? 0) & 0x7f) << 24) | ((bytes[head + 6] ?? 0) << 16) | ((bytes[head + 7] ?? 0) << 8) | (bytes[head + 8] ?? 0); // prettier-ignore
    this.#handler.frame(bytes[head + 3] ?? 0, bytes[head + 4] ?? 0, stream, bytes, head + FRAME_HEADER, end);
  }

  #preface(chunk: Buffer): number {
    const count = Math.min(this.#prefaceLeft, chunk.length);
    const from = PREFACE.length - this.#prefaceLeft;
    if (chunk.compare(PREFACE, from, from + count, 0, count) !== 0)
      throw new ConnectionError(ERROR_CODE.protocol, "not the preface of HTTP/2");
    this.#prefaceLeft -= count;
    return count;
  }

  /** Fills up the frame that has begun, and hands it on when it is whole; answers how far the chunk is used. */
  #complete(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#held < FRAME_HEADER) {
      const end = Math.min(chunk.length, at + FRAME_HEADER - this.#held);
      this.#keep(chunk, at, end);
      at = end;
      if (this.#held < FRAME_HEADER) return at;
    }
    const size = sizeOf(this.#partial, 0);
    if (size > DEFAULT_FRAME_SIZE) throw tooLarge();
    const end = Math.min(chunk.length, at + FRAME_HEADER + size - this.#held);
    this.#keep(chunk, at, end);
    if (this.#held < FRAME_HEADER + size) return end;
    const frame = this.#partial;
    const whole = this.#held;
    this.#partial = nothing;
    this.#held = 0;
    this.#hand(frame, 0, whole);
    return end;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const held = this.#held + end - start;
    if (held > this.#partial.length) {
      const grown = Buffer.allocUnsafe(
        Math.max(firstRoom, held, Math.min(2 * held, FRAME_HEADER + DEFAULT_FRAME_SIZE)),
      );
      this.#partial.copy(grown, 0, 0, this.#held);
      this.#partial = grown;
    }
    chunk.copy(this.#partial, this.#held, start, end);
    this.#held = held;
  }
}

function sizeOf(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

function tooLarge(): ConnectionError {
  return new ConnectionError(ERROR_CODE.frameSize, "a frame exceeds SETTINGS_MAX_FRAME_SIZE");
}
