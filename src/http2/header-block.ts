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

/** A block that goes on in CONTINUATION. */
export class OpenBlock {
  readonly start: BlockStart;
  readonly #parts: Buffer[];
  #bytes: number;

  constructor(start: BlockStart, bytes: Buffer) {
    this.start = start;
    this.#parts = [bytes.subarray(start.from, start.to)];
    this.#bytes = start.to - start.from;
  }

  /** @throws ConnectionError where it has no end */
  add(bytes: Buffer, start: number, end: number): void {
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
    this.#bytes += end - start;
    if (this.#bytes > largestBlock || this.#parts.length > mostContinuations)
      throw abusive("a header block has no end");
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
