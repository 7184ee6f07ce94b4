/** One call: what is asked, and what has come of the answer. */

import type { MessageHead } from "../../../../src/http2/message-head.ts";
import { ERROR_CODE } from "../../../../src/http2/protocol.ts";
import type { Stream } from "../../../../src/http2/stream.ts";
import { CallFailure, type OutgoingCall } from "../transport.ts";
import { failureOf } from "./answer.ts";
import { MessageReader } from "./message-reader.ts";

/** Who waits for the answer. */
export interface Receiver {
  message(bytes: Uint8Array): void;
  /** Once, and nothing after it. `failure` is undefined for OK. */
  ended(failure: CallFailure | undefined): void;
}

/** What a call needs of the connection it is on. */
export interface CallLine {
  /** Ends the stream; nothing of it is heard any more. */
  reset(stream: Stream<ClientCall>): void;
  use(stream: Stream<ClientCall>, bytes: number): void;
}

export class ClientCall {
  readonly asked: OutgoingCall;
  /** By performance.now; Infinity for none. */
  readonly #deadline: number;
  #waitsUntil: number;
  readonly timeoutText: string | undefined;
  readonly #receiver: Receiver;
  readonly #reader: MessageReader;
  #line: CallLine | undefined;
  #stream: Stream<ClientCall> | undefined;
  /** By performance.now, when it left for the connection it is on. */
  sentAt = 0;
  isOver = false;
  /** Bytes of messages that nobody has taken. */
  #held = 0;
  #isHolding = false;
  /** What the last fields of the answer say. */
  #outcome: { readonly failure: CallFailure | undefined } | undefined;

  constructor(asked: OutgoingCall, receiver: Receiver, largest: number) {
    this.asked = asked;
    this.#receiver = receiver;
    const now = performance.now();
    this.#deadline = now + asked.timeout;
    this.#waitsUntil = now + asked.wait;
    this.timeoutText = timeoutText(asked.timeout);
    this.#reader = new MessageReader(largest, (message) => receiver.message(message));
  }

  /** By performance.now, for what it waits for now; Infinity for none. */
  get deadline(): number {
    return this.#stream ? this.#deadline : Math.min(this.#deadline, this.#waitsUntil);
  }

  get wasSent(): boolean {
    return this.#stream !== undefined;
  }

  sent(line: CallLine, stream: Stream<ClientCall>, now: number): void {
    this.#line = line;
    this.#stream = stream;
    this.sentAt = now;
  }

  /** The sidecar has not looked at it: it may go on another connection. */
  unsent(): void {
    this.#line = undefined;
    this.#stream = undefined;
    this.#waitsUntil = performance.now() + this.asked.wait;
  }

  data(bytes: Buffer, start: number, end: number): void {
    if (this.isOver) return;
    const flaw = this.#reader.add(bytes, start, end);
    if (flaw !== undefined) return this.fail(new CallFailure("invalid", flaw));
    if (this.#isHolding) this.#held += end - start;
    else if (this.#stream) this.#line?.use(this.#stream, end - start);
  }

  /** Whether the sidecar shall send no more than its window has, for the time being. */
  hold(isHolding: boolean): void {
    this.#isHolding = isHolding;
    if (isHolding || this.#held === 0) return;
    if (this.#stream) this.#line?.use(this.#stream, this.#held);
    this.#held = 0;
  }

  trailers(head: MessageHead): void {
    this.#outcome = { failure: failureOf(head) };
  }

  /** The stream has ended, of itself where `code` is undefined. */
  closed(code: number | undefined): void {
    if (this.isOver) return;
    if (this.#outcome) return this.#end(this.#outcome.failure ?? this.#cutOff());
    if (code === undefined) return this.#end(new CallFailure("invalid", "the answer ends without a status"));
    if (code === ERROR_CODE.cancel && performance.now() >= this.#deadline) return this.#end(this.pastDeadline()); // theirs is the same
    this.#end(
      new CallFailure("lost", `the sidecar broke the call off with the HTTP/2 error ${code}`, {
        code: resetCode(code),
      }),
    );
  }

  pastDeadline(): CallFailure {
    return new CallFailure("deadline", `the deadline of ${Math.round(this.asked.timeout)} ms has passed`);
  }

  #cutOff(): CallFailure | undefined {
    return this.#reader.isInside ? new CallFailure("invalid", "the answer ends inside a message") : undefined;
  }

  /** Ends it from our side. */
  fail(failure: CallFailure): void {
    if (this.isOver) return;
    const stream = this.#stream;
    this.#end(failure);
    if (stream) this.#line?.reset(stream);
  }

  #end(failure: CallFailure | undefined): void {
    this.isOver = true;
    this.#receiver.ended(failure);
  }
}

function resetCode(code: number): number {
  if (code === ERROR_CODE.cancel) return 1;
  return code === ERROR_CODE.enhanceYourCalm ? 8 : 13;
}

/** At most eight digits and a unit. Rounded up, so that the sidecar never ends what we would still wait for. */
function timeoutText(milliseconds: number): string | undefined {
  if (milliseconds === Infinity) return undefined;
  const whole = Math.max(1, Math.ceil(milliseconds));
  return whole < 1e8 ? `${whole}m` : `${Math.min(99_999_999, Math.ceil(whole / 1000))}S`;
}
