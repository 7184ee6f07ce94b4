/** DATA in pieces to messages of gRPC: a flag, four bytes of length, the message. */

const prefixLength = 5;

export class MessageReader {
  readonly #largest: number;
  readonly #take: (message: Uint8Array) => void;
  /** What has come of a message that is not whole. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Bytes that the message takes with its prefix, once that is known. */
  #wanted = prefixLength;

  constructor(largest: number, take: (message: Uint8Array) => void) {
    this.#largest = largest;
    this.#take = take;
  }

  /** Whether a message has begun that is not whole. */
  get isInside(): boolean {
    return this.#bytes > 0;
  }

  /** Answers what is wrong with it, if anything; nothing may be added after that. The messages are views of `bytes` where they lie in it whole. */
  add(bytes: Buffer, start: number, end: number): string | undefined {
    let at = start;
    while (this.#bytes === 0 && end - at >= prefixLength) {
      const flaw = this.#flawOf(bytes, at);
      if (flaw !== undefined) return flaw;
      const next = at + prefixLength + bytes.readUInt32BE(at + 1);
      if (next > end) break;
      this.#take(bytes.subarray(at + prefixLength, next));
      at = next;
    }
    return at < end ? this.#keep(bytes, at, end) : undefined;
  }

  #keep(bytes: Buffer, start: number, end: number): string | undefined {
    let at = start;
    while (at < end) {
      const taken = Math.min(end - at, this.#wanted - this.#bytes);
      this.#pieces.push(bytes.subarray(at, at + taken));
      this.#bytes += taken;
      at += taken;
      if (this.#bytes < this.#wanted) return undefined;
      const whole = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces, this.#bytes);
      if (!whole) return undefined;
      const flaw = this.#flawOf(whole, 0);
      if (flaw !== undefined) return flaw;
      this.#wanted = prefixLength + whole.readUInt32BE(1);
      if (this.#bytes < this.#wanted) {
        this.#pieces = [whole];
        continue;
      }
      this.#pieces = [];
      this.#bytes = 0;
      this.#wanted = prefixLength;
      this.#take(whole.subarray(prefixLength));
    }
    return undefined;
  }

  #flawOf(bytes: Buffer, at: number): string | undefined {
    if (bytes[at] !== 0) return "a message is compressed, or is none of gRPC";
    const length = bytes.readUInt32BE(at + 1);
    return length > this.#largest
      ? `a message of ${length} bytes is larger than the ${this.#largest} allowed`
      : undefined;
  }
}
