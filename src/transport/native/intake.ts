/** The body of a request as it comes: checked by its frames, and put together to messages. */

import { FrameCheck, type FrameFault } from "../call/message-frames.ts";

const prefixBytes = 5;
const nothing = Buffer.alloc(0);
/** A message that is announced gets its room as its bytes come, beginning with so many. */
const firstRoom = 4_096;

export interface IntakeRules {
  readonly messageBytes: number;
  readonly single: boolean;
}

export class Intake {
  readonly #rules: IntakeRules;
  readonly #check: FrameCheck;
  #body: Buffer = nothing;
  #held = 0;

  constructor(rules: IntakeRules) {
    this.#rules = rules;
    this.#check = new FrameCheck(rules);
  }

  /** Whether the bytes are one message in its frame and nothing else, as most requests are: then a view of them will do. */
  static isWhole(bytes: Buffer, start: number, end: number, messageBytes: number): boolean {
    const length = end - start - prefixBytes;
    return length >= 0 && length <= messageBytes && bytes[start] === 0 && bytes.readUInt32BE(start + 1) === length;
  }

  /** Of a frame that is whole. */
  static messageOf(frame: Buffer): Buffer {
    return frame.subarray(prefixBytes);
  }

  /** Answers what is wrong with the bytes. Each message that they complete is passed on, with the bytes it took. */
  take(
    bytes: Buffer,
    start: number,
    end: number,
    told: (message: Uint8Array, bytes: number) => void,
  ): FrameFault | undefined {
    const fault = this.#check.feed(bytes.subarray(start, end));
    if (fault) return fault;
    this.#keep(bytes, start, end);
    let at = 0;
    while (this.#held - at >= prefixBytes) {
      const whole = prefixBytes + this.#body.readUInt32BE(at + 1);
      if (this.#held - at < whole) break;
      told(this.#body.subarray(at + prefixBytes, at + whole), whole);
      at += whole;
    }
    if (at > 0) this.#drop(at);
    return undefined;
  }

  /** At the request's end. */
  end(): FrameFault | undefined {
    return this.#check.end();
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const held = this.#held + end - start;
    if (held > this.#body.length) {
      const most = prefixBytes + this.#rules.messageBytes;
      const grown = Buffer.allocUnsafe(Math.max(held, firstRoom, Math.min(2 * held, most)));
      this.#body.copy(grown, 0, 0, this.#held);
      this.#body = grown;
    }
    bytes.copy(this.#body, this.#held, start, end);
    this.#held = held;
  }

  /** Messages are views of the body, so the rest goes on in a body of its own. */
  #drop(bytes: number): void {
    const rest = this.#body.subarray(bytes, this.#held);
    this.#body = rest.length === 0 ? nothing : Buffer.from(rest);
    this.#held = rest.length;
  }
}
