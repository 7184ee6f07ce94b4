/** Reads protobuf's wire format, strictly: whatever is not protobuf is a Fault MESSAGE_MALFORMED, and nothing is read past its end. */

import { isUtf8 } from "node:buffer";
import { Fault } from "../../model/fault.ts";
import { malformed } from "./fault-path.ts";
import { signed, unsigned } from "../../model/int64.ts";
import { Meter } from "./meter.ts";

export const WIRE = { varint: 0, fixed64: 1, length: 2, group: 3, groupEnd: 4, fixed32: 5 } as const;

/**
 * Messages, map entries and groups inside each other. Standard clients read 100 levels, the answer itself the first of
 * them, and an answer may hold an entity one level deeper than the request that wrote it: what is accepted can be read.
 */
export const DEEPEST = 98;

/** Below this, strings are put together from character codes; the call into native code costs more. */
const SHORT_TEXT = 9;

/** Where the bytes of one message begin and end. */
export interface Span {
  readonly reader: Reader;
  readonly end: number;
  /** Where its bytes were gathered from several fields. */
  readonly gathered?: GatheredBytes;
}

export class Reader {
  readonly meter: Meter;
  readonly #bytes: Buffer;
  #position: number;
  #end: number;
  #depth: number;
  // The halves of the varint read last.
  #low = 0;
  #high = 0;

  /** `depth` counts the messages around these bytes. */
  constructor(bytes: Uint8Array, meter: Meter = new Meter(), start = 0, end: number = bytes.length, depth = 0) {
    this.meter = meter;
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#position = start;
    this.#end = end;
    this.#depth = depth;
  }

  get position(): number {
    return this.#position;
  }

  /** End of the message that is being read. */
  get end(): number {
    return this.#end;
  }

  get depth(): number {
    return this.#depth;
  }

  /** Goes into a message that ends at `end`; what comes back is for `leave`. */
  enter(end: number): number {
    if (++this.#depth > DEEPEST) throw malformed(`it nests deeper than ${DEEPEST} levels`);
    return this.narrow(end);
  }

  leave(outer: number): void {
    this.#depth--;
    this.#end = outer;
  }

  /** Goes into packed values, which do not count as a level; what comes back is for `widen`. */
  narrow(end: number): number {
    const outer = this.#end;
    this.#end = end;
    return outer;
  }

  widen(outer: number): void {
    this.#end = outer;
  }

  /** Whether the message that was entered has bytes left. */
  more(): boolean {
    return this.#position < this.#end;
  }

  /** Field number times 8, plus the wire type. */
  tag(): number {
    this.meter.field();
    const tag = this.uint32();
    if (this.#high !== 0) throw malformed("a field number is too large");
    if (tag >>> 3 === 0) throw malformed("a field has number 0");
    if ((tag & 7) > WIRE.fixed32) throw malformed("a field has an unknown wire type");
    return tag;
  }

  /** A length, checked; what comes back is where it ends. */
  length(): number {
    const length = this.uint32();
    const end = this.#position + length;
    if (end > this.#end || this.#high !== 0) throw premature();
    return end;
  }

  #byte(): number {
    const at = this.#position;
    if (at >= this.#end) throw premature();
    this.#position = at + 1;
    return this.#bytes[at] ?? 0;
  }

  /** The low 32 bits, as protobuf cuts a longer varint. */
  uint32(): number {
    const first = this.#byte();
    if (first < 0x80) {
      this.#high = 0;
      return first;
    }
    const second = this.#byte();
    if (second < 0x80) {
      this.#high = 0;
      return (first & 0x7f) | (second << 7);
    }
    this.#position -= 2;
    this.#varint();
    return this.#low >>> 0;
  }

  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const raw = this.uint32();
    return (raw >>> 1) ^ -(raw & 1);
  }

  bool(): boolean {
    const low = this.uint32();
    return low !== 0 || this.#high !== 0;
  }

  int64(): bigint {
    this.#varint();
    return signed(this.#low, this.#high);
  }

  uint64(): bigint {
    this.#varint();
    return unsigned(this.#low, this.#high);
  }

  sint64(): bigint {
    this.#varint();
    const sign = -(this.#low & 1);
    const low = ((this.#low >>> 1) | (this.#high << 31)) ^ sign;
    return signed(low, (this.#high >>> 1) ^ sign);
  }

  /** A signed varint as a number; rounded beyond 2^53, so only for ranges that are checked to be smaller. */
  smallInt64(): number {
    this.#varint();
    return this.#high * 4_294_967_296 + (this.#low >>> 0);
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  sfixed32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  fixed64(): bigint {
    const at = this.#take(8);
    return unsigned(this.#bytes.readInt32LE(at), this.#bytes.readInt32LE(at + 4));
  }

  sfixed64(): bigint {
    const at = this.#take(8);
    return signed(this.#bytes.readInt32LE(at), this.#bytes.readInt32LE(at + 4));
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** A copy. */
  bytes(): Uint8Array {
    const end = this.length();
    const start = this.#position;
    this.#position = end;
    return new Uint8Array(this.#bytes.subarray(start, end));
  }

  /** Valid UTF-8 and without NUL. */
  string(): string {
    const end = this.length();
    const start = this.#position;
    this.#position = end;
    if (end - start < SHORT_TEXT) {
      const text = shortText(this.#bytes, start, end);
      if (text !== undefined) return text;
    }
    const text = this.#bytes.toString("utf8", start, end);
    if (text.includes("\0")) throw nul();
    // Decoding replaces what is not valid, so only a text with the replacement character has to be looked at again.
    if (text.includes("\ufffd") && !isUtf8(this.#bytes.subarray(start, end))) throw malformed("a string is not UTF-8");
    return text;
  }

  /** The bytes of a message, to be read later. */
  span(): Span {
    const end = this.length();
    const span = { reader: new Reader(this.#bytes, this.meter, this.#position, end, this.#depth), end };
    this.#position = end;
    return span;
  }

  /** Everything that is left, without reading it. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#position, this.#end);
  }

  /** Passes over the value of a field whose tag was read; what it passes over is checked like everything else. */
  skip(tag: number): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.#varint();
        return;
      case WIRE.fixed64:
        this.#take(8);
        return;
      case WIRE.fixed32:
        this.#take(4);
        return;
      case WIRE.length:
        this.#position = this.length();
        return;
      case WIRE.group:
        return this.#skipGroup(tag >>> 3);
      default:
        throw malformed("a group ends that was not begun");
    }
  }

  #skipGroup(number: number): void {
    const outer = this.enter(this.#end);
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) === WIRE.groupEnd) {
        if (tag >>> 3 !== number) throw malformed("a group ends with another number than it began with");
        return this.leave(outer);
      }
      this.skip(tag);
    }
  }

  /** Into #low and #high. Up to ten bytes, the last of which has one bit. */
  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#low = low;
        this.#high = 0;
        return;
      }
    }
    const middle = this.#byte();
    low |= (middle & 0x7f) << 28;
    high = (middle & 0x7f) >> 4;
    let byte = middle;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      byte = this.#byte();
      if (shift === 31 && byte > 1) throw malformed("a varint is longer than 64 bits");
      high |= (byte & 0x7f) << shift;
    }
    this.#low = low;
    this.#high = high;
  }

  /** Start of the next `size` bytes. */
  #take(size: number): number {
    const at = this.#position;
    if (at + size > this.#end) throw premature();
    this.#position = at + size;
    return at;
  }
}

/** Two spans of one message field: protobuf merges them, which is what reading their bytes one after the other does. */
export function merged(earlier: Span | undefined, later: Span): Span {
  if (!earlier) return later;
  const gathered = earlier.gathered ?? new GatheredBytes(earlier.reader.rest());
  gathered.append(later.reader.rest());
  const { bytes } = gathered;
  return {
    reader: new Reader(bytes, later.reader.meter, 0, bytes.length, later.reader.depth),
    end: bytes.length,
    gathered,
  };
}

/** Bytes of a field that is repeated. Room doubles, so that each byte is copied twice at most, however often the field comes. */
export class GatheredBytes {
  #room: Buffer;
  #length: number;

  constructor(first: Uint8Array) {
    this.#room = Buffer.from(first);
    this.#length = first.length;
  }

  get bytes(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  append(more: Uint8Array): void {
    const length = this.#length + more.length;
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(length, this.#room.length * 2));
      this.#room.copy(room, 0, 0, this.#length);
      this.#room = room;
    }
    this.#room.set(more, this.#length);
    this.#length = length;
  }
}

/** Undefined where it is not plain ASCII without NUL. */
function shortText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0 || byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function premature(): Fault {
  return malformed("it ends in the middle of a field");
}

function nul(): Fault {
  return new Fault("STRING_INVALID", "A string holds the character NUL, which no store keeps.");
}
