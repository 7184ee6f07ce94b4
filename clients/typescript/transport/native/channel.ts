/**
 * The transport on `src/http2`: one connection that takes all calls, and another in its place when it ends. Calls wait for a
 * connection as long as their deadlines let them.
 */

import { TransientSet } from "../../../../src/containers/transient-set.ts";
import type { Target } from "../target.ts";
import { CallFailure, type OutgoingCall, type Transport } from "../transport.ts";
import { ClientCall, type Receiver } from "./call.ts";
import { Deadlines } from "./deadlines.ts";
import { Line, type LineEvents } from "./line.ts";
import { MessageQueue } from "./message-queue.ts";

export interface ChannelOptions {
  readonly target: Target;
  readonly keepalive: number;
  readonly largestAnswer: number;
}

/** Milliseconds between attempts to connect: doubled each time, with some chance in it. */
const leastPause = 20;
const mostPause = 1_000;
/** Milliseconds until a call is sent again that the sidecar refused unseen. */
const refusedPause = 5;

export function openChannel(options: ChannelOptions): Transport {
  return new Channel(options);
}

class Channel implements Transport {
  readonly #options: ChannelOptions;
  readonly #deadlines = new Deadlines((call) => this.#expire(call));
  /** Calls that no connection has taken, in order. */
  readonly #waiting = new TransientSet<ClientCall>();
  /** The one that takes calls, or is about to. */
  #line: Line | undefined;
  #isOpen = false;
  readonly #lines = new Set<Line>();
  #failures = 0;
  #pause: NodeJS.Timeout | undefined;
  #lastFailure: { readonly why: string; readonly cause: unknown } | undefined;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  unary(asked: OutgoingCall): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let answer: Uint8Array | undefined;
      const call = this.#start(asked, {
        message: (bytes) => {
          if (answer) call.fail(notOneMessage());
          answer = bytes;
        },
        ended: (failure) => {
          if (failure) reject(failure);
          else if (answer) resolve(answer);
          else reject(notOneMessage());
        },
      });
    });
  }

  stream(asked: OutgoingCall): AsyncIterable<Uint8Array> {
    return new MessageQueue((receiver) => this.#start(asked, receiver));
  }

  #start(asked: OutgoingCall, receiver: Receiver): ClientCall {
    const { signal } = asked;
    const abort = (): void => call.fail(cancelled(call, signal));
    const call: ClientCall = new ClientCall(
      asked,
      {
        message: (bytes) => receiver.message(bytes),
        ended: (failure) => {
          signal?.removeEventListener("abort", abort);
          this.#forget(call);
          receiver.ended(failure);
        },
      },
      this.#options.largestAnswer,
    );
    if (this.#isClosed) call.fail(new CallFailure("closed", "the client is closed", { wasSent: false }));
    else if (signal?.aborted === true) abort();
    else {
      signal?.addEventListener("abort", abort);
      this.#add(call);
    }
    return call;
  }

  #add(call: ClientCall): void {
    this.#deadlines.add(call);
    if (this.#deadlines.size === 1) for (const line of this.#lines) line.hold(true);
    if (this.#isOpen && this.#waiting.size === 0 && this.#line?.send(call) === true) return;
    this.#waiting.add(call);
    this.#connect();
  }

  #forget(call: ClientCall): void {
    this.#waiting.delete(call);
    this.#deadlines.delete(call);
    if (this.#deadlines.size > 0) return;
    for (const line of this.#lines) line.hold(false);
    this.#whenIdle?.();
  }

  #connect(): void {
    if (this.#line || this.#pause || this.#isClosed) return;
    const { target, keepalive } = this.#options;
    const events: LineEvents = {
      opened: () => {
        this.#isOpen = true;
        this.#failures = 0;
        this.#send();
      },
      retired: () => {
        if (this.#line === line) this.#drop();
        if (this.#waiting.size > 0) this.#connect();
      },
      closed: (why, wasOpen, cause) => {
        this.#lines.delete(line);
        if (!wasOpen) this.#lastFailure = { why, cause };
        if (this.#line !== line) return;
        this.#drop();
        if (!wasOpen) this.#failures += 1;
        this.#wait(wasOpen ? 0 : pauseOf(this.#failures));
      },
      refused: (call) => this.#again(call),
      room: () => this.#send(),
    };
    const line: Line = new Line({ target, keepalive, events });
    this.#line = line;
    this.#lines.add(line);
  }

  #drop(): void {
    this.#line = undefined;
    this.#isOpen = false;
  }

  #wait(milliseconds: number): void {
    if (this.#isClosed || this.#waiting.size === 0) {
      if (milliseconds === 0 || this.#isClosed) return;
    }
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#waiting.size > 0) this.#connect();
    }, milliseconds).unref(); // who waits has a deadline, and that holds the process
  }

  #send(): void {
    for (let call = this.#waiting.first; call; call = this.#waiting.first) {
      if (!this.#isOpen || this.#line?.send(call) !== true) break;
      this.#waiting.delete(call);
    }
    if (this.#waiting.size > 0) this.#connect();
  }

  /** Not at once, or a sidecar that refuses everything would be asked without end. */
  #again(call: ClientCall): void {
    this.#deadlines.add(call);
    setTimeout(() => {
      if (call.isOver) return;
      this.#waiting.add(call);
      this.#send();
    }, refusedPause);
  }

  #expire(call: ClientCall): void {
    if (!call.wasSent) {
      const { why = "no connection took the call", cause } = this.#lastFailure ?? {};
      const text = `no sidecar at ${this.#options.target.text} within the deadline: ${why}`;
      return call.fail(new CallFailure("unsent", text, { cause }));
    }
    const { sentAt } = call;
    call.fail(call.pastDeadline());
    for (const line of this.#lines) line.suspect(sentAt);
  }

  async close(grace: number): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    for (const call of this.#waiting.values())
      call.fail(new CallFailure("closed", "the client was closed", { wasSent: false }));
    if (this.#deadlines.size > 0) await this.#idle(grace);
    for (const call of this.#deadlines.calls()) call.fail(new CallFailure("closed", "the client was closed"));
    this.#deadlines.stop();
    const lines = [...this.#lines];
    for (const line of lines) line.retire();
  }

  #idle(grace: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, grace);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function cancelled(call: ClientCall, signal: AbortSignal | undefined): CallFailure {
  return new CallFailure("cancelled", "the call was cancelled", { wasSent: call.wasSent, cause: signal?.reason });
}

function pauseOf(failures: number): number {
  const longest = Math.min(mostPause, leastPause * 2 ** (failures - 1));
  return longest * (0.5 + Math.random() / 2);
}

function notOneMessage(): CallFailure {
  return new CallFailure("invalid", "the answer has not exactly one message", { code: 12 }); // as gRPC has it
}
