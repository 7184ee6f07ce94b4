/**
 * Writes protobuf's wire format into one buffer that grows and is used again. A length is written when its content is
 * there: one byte is kept free for it, and content longer than 127 bytes moves up.
 */

import { split } from "../../model/int64.ts";

const FIRST_SIZE = 4_096;
/** An answer as long as this is not copied out of the writer's buffer, but leaves with it. */
const LARGE = 1 << 16;
/** A buffer that grew beyond this, and did not leave, is not kept for the next answer. */
const LARGEST_KEPT = 1 << 20;
/** Below this, strings are written by character code; the call into native code costs more. */
const SHORT_TEXT = 24;

export class Writer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #position = 0;
  /** Where a buffer outgrows its first size, it grows to this at once. */
  #next = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#position;
  }

  /** Forgets what was written, also after a failure. */
  reset(): void {
    this.#position = 0;
    if (this.#bytes.length > LARGEST_KEPT) this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  }

  /** A buffer of its own; the writer is empty again. */
  finish(): Buffer {
    if (this.#position >= LARGE) return this.#handOver();
    this.#next = 0;
    const result = Buffer.allocUnsafe(this.#position);
    this.#bytes.copy(result, 0, 0, this.#position);
    this.reset();
    return result;
  }

  /** Large answers come one after the other, pages and frames of a like size: the next one begins with as much. */
  #handOver(): Buffer {
    const result = this.#bytes.subarray(0, this.#position);
    this.#next = Math.ceil(this.#position * 1.125);
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
    this.#position = 0;
    return result;
  }

  /** Begins a message; its mark is for `close`. */
  open(): number {
    this.#reserve(1);
    return this.#position++;
  }

  /** Ends the message that began at the mark. */
  close(mark: number): void {
    const length = this.#position - mark - 1;
    if (length < 0x80) {
      this.#bytes[mark] = length;
      return;
    }
    const width = varintWidth(length);
    this.#reserve(width - 1);
    this.#bytes.copyWithin(mark + width, mark + 1, this.#position);
    const end = this.#position + width - 1;
    this.#position = mark;
    this.uint32(length);
    this.#position = end;
  }

  /** An unsigned varint of 32 bits; tags too. */
  uint32(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#position++] = rest;
  }

  /** Negative numbers take ten bytes. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.#varint(value, -1);
  }

  sint32(value: number): void {
    this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  bool(value: boolean): void {
    this.uint32(value ? 1 : 0);
  }

  /** Signed and unsigned alike. */
  int64(value: bigint): void {
    const { low, high } = split(value);
    if (high === 0) this.uint32(low >>> 0);
    else this.#varint(low, high);
  }

  sint64(value: bigint): void {
    const { low, high } = split(value);
    const sign = high >> 31;
    this.#varint((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign);
  }

  /** For numbers that are safe integers. */
  smallInt64(value: number): void {
    const high = Math.floor(value / 4_294_967_296);
    if (high === 0) this.uint32(value);
    else this.#varint((value - high * 4_294_967_296) | 0, high | 0);
  }

  /** Signed and unsigned alike. */
  fixed32(value: number): void {
    this.#reserve(4);
    this.#bytes.writeInt32LE(value | 0, this.#position);
    this.#position += 4;
  }

  /** Signed and unsigned alike. */
  fixed64(value: bigint): void {
    const { low, high } = split(value);
    this.fixed32(low);
    this.fixed32(high);
  }

  float(value: number): void {
    this.#reserve(4);
    this.#position = this.#bytes.writeFloatLE(value, this.#position);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#position = this.#bytes.writeDoubleLE(value, this.#position);
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.raw(value);
  }

  /** Bytes that are encoded already. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#position);
    this.#position += value.length;
  }

  string(value: string): void {
    if (value.length < SHORT_TEXT && this.#shortText(value)) return;
    const mark = this.open();
    this.#reserve(value.length * 3);
    this.#position += this.#bytes.write(value, this.#position, "utf8");
    this.close(mark);
  }

  /** False, and nothing written, where it is not ASCII. */
  #shortText(value: string): boolean {
    const length = value.length;
    this.#reserve(length + 1);
    const start = this.#position + 1;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      this.#bytes[start + index] = code;
    }
    this.#bytes[start - 1] = length;
    this.#position = start + length;
    return true;
  }

  #varint(low: number, high: number): void {
    this.#reserve(10);
    let rest = low >>> 0;
    let upper = high >>> 0;
    while (upper > 0 || rest > 0x7f) {
      this.#bytes[this.#position++] = (rest & 0x7f) | 0x80;
      rest = ((rest >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.#bytes[this.#position++] = rest;
  }

  #reserve(size: number): void {
    const needed = this.#position + size;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, this.#next));
    this.#bytes.copy(larger, 0, 0, this.#position);
    this.#bytes = larger;
  }
}

function varintWidth(value: number): number {
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
