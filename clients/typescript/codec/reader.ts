/** Protobuf's wire format on the reading side. */

/** Bytes that are no message. */
export class MalformedError extends Error {}

export class Reader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** At most 32 bits are kept. */
  uint32(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw cutOff();
      if (shift < 32) value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new MalformedError("a varint has more than ten bytes");
  }

  uint64(): bigint {
    const bytes = this.#bytes;
    let low = 0;
    for (let i = 0, factor = 1; i < 7; i++, factor *= 128) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw cutOff();
      low += (byte & 127) * factor;
      if (byte < 128) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw cutOff();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new MalformedError("a varint has more than ten bytes");
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  #take(bytes: number): number {
    const start = this.at;
    if (bytes > this.#bytes.length - start) throw cutOff();
    this.at = start + bytes;
    return start;
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  sfixed32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  sfixed64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8));
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  string(): string {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A copy. */
  bytes(): Uint8Array {
    const length = this.uint32();
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  /** Where what has its length in front ends. */
  end(): number {
    const length = this.uint32();
    if (length > this.#bytes.length - this.at) throw cutOff();
    return this.at + length;
  }

  /** Passes over a field whose tag has been read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.uint64();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.#take(this.uint32());
        return;
      case 3:
        this.#skipGroup(tag >>> 3);
        return;
      case 5:
        this.#take(4);
        return;
      default:
        throw new MalformedError("a field has a wire type that there is not");
    }
  }

  #skipGroup(number: number): void {
    for (;;) {
      const tag = this.uint32();
      if ((tag & 7) !== 4) this.skip(tag);
      else if (tag >>> 3 === number) return;
      else throw new MalformedError("a group ends with another's number");
    }
  }
}

function cutOff(): MalformedError {
  return new MalformedError("the message is cut off");
}
