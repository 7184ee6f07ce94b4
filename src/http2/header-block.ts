/** A header block as its frames bring it: HEADERS without padding and priority (RFC 9113, 6.2), and what CONTINUATION adds (6.10). */

import { abusive, FLAG, LARGEST, protocolError } from "./protocol.ts";

/** What HEADERS say beside the block; its bytes are from `from` to `to` of the frame's. */
export interface BlockStart {
  readonly stream: number;
  readonly isEnd: boolean;
  /** It depends on itself, which is a mistake. */
  readonly isSelfDependent: boolean;
  readonly from: number;
  readonly to: number;
}

/** @throws ConnectionError where the padding is longer than its frame */
export function blockStart(flags: number, id: number, bytes: Buffer, start: number, end: number): BlockStart {
  let from = start;
  let to = end;
  if ((flags & FLAG.padded) !== 0) {
    from += 1;
    to -= bytes[start] ?? 0;
  }
  let isSelfDependent = false;
  if ((flags & FLAG.priority) !== 0) {
    isSelfDependent = from + 4 < end && (bytes.readUInt32BE(from) & LARGEST) === id;
    from += 5;
  }
  if (from > to) throw protocolError("padding is longer than its frame");
  return { stream: id, isEnd: (flags & FLAG.endStream) !== 0, isSelfDependent, from, to };
}

/** A header block's most bytes as they come, and its most CONTINUATION frames. */
const largestBlock = 262_144;
const mostContinuations = 64;

/**
 * Where the bytes of one open block stand; most often only one is open, and a new buffer for each would wait for the garbage collector.
 * The others take buffers of their own.
 */
let spare: Buffer | undefined;

/** A block that goes on in CONTINUATION. */
export class OpenBlock {
  readonly start: BlockStart;
  #buffer: Buffer;
  #bytes = 0;
  #frames = 0;

  constructor(start: BlockStart, bytes: Buffer) {
    this.start = start;
    this.#buffer = spare ?? Buffer.allocUnsafeSlow(0);
    spare = undefined;
    this.#append(bytes, start.from, start.to);
  }

  /** @throws ConnectionError where it has no end */
  add(bytes: Buffer, start: number, end: number): void {
    this.#append(bytes, start, end);
    if (this.#bytes > largestBlock || this.#frames > mostContinuations) throw abusive("a header block has no end");
  }

  /** Valid until the next block opens. */
  whole(): Buffer {
    spare = this.#buffer;
    return this.#buffer.subarray(0, this.#bytes);
  }

  #append(bytes: Buffer, start: number, end: number): void {
    const length = this.#bytes + end - start;
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#buffer.length));
      this.#buffer.copy(grown, 0, 0, this.#bytes);
      this.#buffer = grown;
    }
    bytes.copy(this.#buffer, this.#bytes, start, end);
    this.#bytes = length;
    this.#frames += 1;
  }
}
