/** The requests of a call that may have many: they wait until the method takes them. */

/** A message, and the bytes of the stream that it gives back when it is taken. */
export interface Waiting {
  readonly message: Uint8Array;
  readonly bytes: number;
}

/** One reader, who may ask before there is something. */
export class RequestQueue implements AsyncIterable<Uint8Array> {
  readonly #taken: (bytes: number) => void;
  #waiting: Waiting[] = [];
  #asked: PromiseWithResolvers<IteratorResult<Uint8Array, undefined>> | undefined;
  #isEnded = false;

  /** `taken` hears of the bytes of each message that the method has taken. */
  constructor(taken: (bytes: number) => void) {
    this.#taken = taken;
  }

  /** Whether messages wait. */
  get isBehind(): boolean {
    return this.#waiting.length > 0;
  }

  push(waiting: Waiting): void {
    if (this.#isEnded) return;
    this.#waiting.push(waiting);
    this.#serve();
  }

  /** No more come; those that wait are still taken, unless they are dropped. */
  end({ drops }: { readonly drops: boolean }): void {
    this.#isEnded = true;
    if (drops) this.#waiting = [];
    this.#serve();
  }

  #serve(): void {
    const asked = this.#asked;
    if (!asked) return;
    const next = this.#waiting.shift();
    if (!next && !this.#isEnded) return;
    this.#asked = undefined;
    if (!next) return asked.resolve({ done: true, value: undefined });
    asked.resolve({ done: false, value: next.message });
    this.#taken(next.bytes);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => {
        const asked = (this.#asked = Promise.withResolvers<IteratorResult<Uint8Array, undefined>>());
        this.#serve();
        return asked.promise;
      },
      return: async () => {
        this.end({ drops: true });
        return { done: true, value: undefined };
      },
    };
  }
}
