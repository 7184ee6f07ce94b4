/** Messages of a stream between the connection, which pushes, and the reader, who pulls. */

import { CallFailure } from "../transport.ts";
import type { ClientCall, Receiver } from "./call.ts";

export class MessageQueue implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #start: (receiver: Receiver) => ClientCall;
  #call: ClientCall | undefined;
  #messages: Uint8Array[] = [];
  #wanting: { resolve(result: IteratorResult<Uint8Array, undefined>): void; reject(error: Error): void } | undefined;
  #outcome: { readonly failure: CallFailure | undefined } | undefined;

  constructor(start: (receiver: Receiver) => ClientCall) {
    this.#start = start;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#call ??= this.#start({
      message: (bytes) => this.#message(bytes),
      ended: (failure) => this.#ended(failure),
    });
    const { signal } = this.#call.asked;
    if (signal?.aborted === true && this.#messages.length > 0) return this.#abort(signal.reason);
    const message = this.#messages.shift();
    if (this.#messages.length === 0) this.#call.hold(false);
    if (message) return Promise.resolve({ done: false, value: message });
    if (this.#outcome) return this.#close();
    return new Promise((resolve, reject) => {
      this.#wanting = { resolve, reject };
    });
  }

  /** The reader leaves. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#messages = [];
    this.#call?.fail(new CallFailure("cancelled", "the reader has left"));
    this.#outcome = { failure: undefined };
    return Promise.resolve({ done: true, value: undefined });
  }

  /** What has come and was not taken is not given out any more, though the call be over. */
  #abort(cause: unknown): Promise<never> {
    this.#messages = [];
    this.#outcome = { failure: undefined };
    return Promise.reject(new CallFailure("cancelled", "the call was cancelled", { cause }));
  }

  #message(bytes: Uint8Array): void {
    const wanting = this.#wanting;
    if (wanting) {
      this.#wanting = undefined;
      return wanting.resolve({ done: false, value: bytes });
    }
    this.#messages.push(bytes);
    this.#call?.hold(true);
  }

  #ended(failure: CallFailure | undefined): void {
    this.#outcome ??= { failure };
    const wanting = this.#wanting;
    this.#wanting = undefined;
    if (!wanting) return;
    if (failure) wanting.reject(failure);
    else wanting.resolve({ done: true, value: undefined });
    this.#outcome = { failure: undefined };
  }

  #close(): Promise<IteratorResult<Uint8Array, undefined>> {
    const failure = this.#outcome?.failure;
    this.#outcome = { failure: undefined };
    return failure ? Promise.reject(failure) : Promise.resolve({ done: true, value: undefined });
  }
}
