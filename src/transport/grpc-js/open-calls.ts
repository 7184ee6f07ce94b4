/** The calls that are open now: from their headers until their stream is closed. */

import { constants, type ServerHttp2Stream } from "node:http2";
import { createCall, type AbortReason, type Call, type CallControl } from "../../model/call.ts";
import type { TransportRefusal } from "../transport.ts";

export interface OpenCall {
  /** Why it is refused before anything is read. */
  readonly refusal: TransportRefusal | undefined;
  /** Starts the clock of the call. */
  begin(beginning: Beginning): Call;
  abort(reason: AbortReason): void;
  /** The answer is on its way; what happens to the stream from now on concerns nobody. */
  finish(): void;
  /** Ends the stream without an answer, for a reader who takes none. */
  reset(): void;
  /** Milliseconds the client allows; undefined when it says nothing. */
  readonly timeout: number | undefined;
}

export interface Beginning {
  /** Milliseconds, counted from the call's arrival. */
  readonly least: number;
  readonly requestId: string;
  /** Whether it lasts as long as its client likes, so that a drain cannot wait for it. */
  readonly waits: boolean;
}

export interface Opening {
  readonly stream: ServerHttp2Stream;
  readonly refusal?: TransportRefusal;
  readonly timeout?: number | undefined;
}

export interface OpenCalls {
  readonly size: number;
  /** Answers the name by which `find` gives it back. */
  add(opening: Opening): string;
  find(name: string): OpenCall | undefined;
  abortAll(reason: AbortReason): void;
  /** Only those that last as long as their clients like. */
  abortWaiting(reason: AbortReason): void;
  /** Resolves when none is open. */
  empty(): Promise<void>;
}

export function createOpenCalls(): OpenCalls {
  return new Table();
}

class Table implements OpenCalls {
  readonly #calls = new Map<string, Entry>();
  #last = 0;
  #waiting: (() => void)[] = [];

  get size(): number {
    return this.#calls.size;
  }

  add(opening: Opening): string {
    const name = String((this.#last += 1));
    const entry = new Entry(opening);
    this.#calls.set(name, entry);
    opening.stream.once("close", () => {
      this.#calls.delete(name);
      entry.abort("cancelled");
      if (this.#calls.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    });
    return name;
  }

  find(name: string): OpenCall | undefined {
    return this.#calls.get(name);
  }

  abortAll(reason: AbortReason): void {
    for (const entry of this.#calls.values()) entry.abort(reason);
  }

  abortWaiting(reason: AbortReason): void {
    for (const entry of this.#calls.values()) if (entry.waits) entry.abort(reason);
  }

  empty(): Promise<void> {
    return this.#calls.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

class Entry implements OpenCall {
  readonly refusal: TransportRefusal | undefined;
  readonly timeout: number | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #arrived = performance.now();
  #control: CallControl | undefined;
  #waits = false;

  constructor(opening: Opening) {
    this.#stream = opening.stream;
    this.refusal = opening.refusal;
    this.timeout = opening.timeout;
  }

  begin({ least, requestId, waits }: Beginning): Call {
    this.#waits = waits;
    const elapsed = performance.now() - this.#arrived;
    this.#control = createCall({ timeout: least - elapsed, requestId });
    return this.#control.call;
  }

  get waits(): boolean {
    return this.#waits;
  }

  abort(reason: AbortReason): void {
    this.#control?.abort(reason);
  }

  finish(): void {
    this.#control?.finish();
    this.#control = undefined;
  }

  reset(): void {
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
