/** The frames of gRPC messages in a request, checked as their bytes come: five bytes of flag and length before each message ("Length-Prefixed-Message"). */

/** What is wrong with a request's frames. */
export type FrameFault = "malformed" | "message_too_large" | "message_count";

export interface FrameRules {
  /** Largest message. */
  readonly messageBytes: number;
  /** Whether the method takes exactly one message. */
  readonly single: boolean;
}

const prefixBytes = 5;

/** Follows one request; holds numbers, never the bytes. */
export class FrameCheck {
  readonly #rules: FrameRules;
  #prefix = 0;
  #length = 0;
  /** Of the message that is being read. */
  #left = 0;
  #messages = 0;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /** Of bytes that follow those given before; a message is judged by its prefix, before its body comes. */
  feed(chunk: Uint8Array): FrameFault | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      if (this.#rules.single && this.#messages > 0) return "message_count";
      const byte = chunk[at] ?? 0;
      at += 1;
      if (this.#prefix === 0) {
        if (byte !== 0) return "malformed"; // bit 0 says compressed, which no encoding announced; the others are reserved
        this.#length = 0;
      } else this.#length = this.#length * 256 + byte;
      this.#prefix += 1;
      if (this.#prefix < prefixBytes) continue;
      if (this.#length > this.#rules.messageBytes) return "message_too_large";
      this.#prefix = 0;
      this.#left = this.#length;
      this.#messages += 1;
    }
    return undefined;
  }

  /** At the end of the request. */
  end(): FrameFault | undefined {
    if (this.#prefix > 0 || this.#left > 0) return "malformed";
    return this.#rules.single && this.#messages === 0 ? "message_count" : undefined;
  }
}
