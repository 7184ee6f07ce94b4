/** The calls that are open now: from their headers until their stream is closed, with the bytes they hold. */

import { TransientMap } from "../../containers/transient-map.ts";
import { createCall, type AbortReason, type Call, type CallControl } from "../../model/call.ts";
import type { TransportLimits } from "../transport.ts";
import { createExpiry, LEAST_TAKEN, type Expiry } from "./expiry.ts";
import { Reservation, Room } from "./room.ts";

export interface OpenCall {
  /** Leads its handler to it, see `OpenCalls.find`. */
  readonly name: string;
  /** Its clock runs from its headers on. */
  readonly call: Call;
  abort(reason: AbortReason): void;
  /** Its answer or status is queued: a reader who stops taking has the stream reset. */
  finish(): void;
  /** Something waits for its reader from now on. */
  await(): void;
  /** Whether its connection has taken enough since then, or since this was last asked. */
  hasMoved(): boolean;
  /** Counts bytes that are in memory for this call, until they are released or the stream is closed. */
  hold(bytes: number): void;
  release(bytes: number): void;
  /** See `IncomingCall`. */
  reserve(bytes: number): Promise<void> | undefined;
}

/** What a call needs of the stream it came on, whoever frames it. */
export interface CallStream {
  /** The connection; undefined once it is gone. */
  readonly session?: CallSession | undefined;
  once(event: "close", listener: () => void): unknown;
  /** Ends it with an error code of HTTP/2 (RFC 9113, 7). */
  close(code: number): void;
}

export interface CallSession {
  readonly socket?: { readonly bytesWritten: number };
}

/** ENHANCE_YOUR_CALM, RFC 9113, 7. */
const ENHANCE_YOUR_CALM = 0xb;

/** Times that a reader is found to move: what is taken may belong to others of its connection, and a stream does not show that it is held back by itself. */
const mostLooks = 20;

export interface Opening {
  readonly stream: CallStream;
  /** Milliseconds from now; Infinity for none. */
  readonly timeout: number;
  readonly requestId: string;
  /** Whether it lasts as long as its client likes, so that a drain cannot wait for it. */
  readonly waits: boolean;
}

export class OpenCalls {
  readonly #calls = new TransientMap<string, Entry>();
  readonly #answered: Expiry<Entry>;
  #last = 0;
  #waiting: (() => void)[] = [];
  readonly room: Room;

  /** `slowConsumer`: milliseconds in which an answer or a status must be taken; it may change. */
  constructor(limits: Pick<TransportLimits, "slowConsumer" | "bytesInFlight">) {
    this.room = new Room(limits);
    this.#answered = createExpiry(
      () => limits.slowConsumer,
      (entry) => entry.reset(),
      (entry) => entry.hasMoved(),
    );
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Held by all. */
  get bytes(): number {
    return this.room.held;
  }

  add(opening: Opening): OpenCall {
    const name = String((this.#last += 1));
    const entry = new Entry(name, opening, this);
    this.#calls.set(name, entry);
    opening.stream.once("close", () => this.#closed(entry));
    return entry;
  }

  /** Undefined once its stream is closed. */
  find(name: string): OpenCall | undefined {
    return this.#calls.get(name);
  }

  /** Whether a call is open on the connection. */
  isBusy(session: object): boolean {
    return this.#calls.values().some((entry) => entry.isOn(session));
  }

  answered(entry: Entry): void {
    if (this.#calls.has(entry.name)) this.#answered.add(entry);
  }

  #closed(entry: Entry): void {
    this.#calls.delete(entry.name);
    this.#answered.delete(entry);
    entry.close();
    if (this.#calls.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  abortAll(reason: AbortReason): void {
    for (const entry of this.#calls.values()) entry.abort(reason);
  }

  /** Only those that last as long as their clients like. */
  abortWaiting(reason: AbortReason): void {
    for (const entry of this.#calls.values()) if (entry.waits) entry.abort(reason);
  }

  /** Resolves when none is open. */
  empty(): Promise<void> {
    return this.#calls.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

class Entry implements OpenCall {
  readonly name: string;
  readonly waits: boolean;
  readonly call: Call;
  readonly #stream: CallStream;
  readonly #table: OpenCalls;
  #control: CallControl | undefined;
  readonly #reservation: Reservation;
  #held = 0;
  #looks = 0;
  #sentThen = 0;

  constructor(name: string, { stream, timeout, requestId, waits }: Opening, table: OpenCalls) {
    this.name = name;
    this.waits = waits;
    this.#stream = stream;
    this.#table = table;
    this.#reservation = new Reservation(table.room);
    this.#control = createCall({ timeout, requestId });
    this.call = this.#control.call;
  }

  isOn(session: object): boolean {
    return this.#stream.session === session;
  }

  abort(reason: AbortReason): void {
    this.#control?.abort(reason);
  }

  finish(): void {
    if (!this.#control) return;
    this.#control.finish();
    this.#control = undefined;
    this.await();
    this.#table.answered(this);
  }

  await(): void {
    this.#looks = 0;
    this.#sentThen = this.#sent();
  }

  hasMoved(): boolean {
    const sent = this.#sent();
    const isEnough = sent - this.#sentThen >= LEAST_TAKEN && ++this.#looks < mostLooks;
    this.#sentThen = sent;
    return isEnough;
  }

  #sent(): number {
    return this.#stream.session?.socket?.bytesWritten ?? 0;
  }

  reset(): void {
    this.#stream.close(ENHANCE_YOUR_CALM);
  }

  hold(bytes: number): void {
    this.#held += bytes;
    this.#table.room.hold(bytes);
  }

  release(bytes: number): void {
    const released = Math.min(bytes, this.#held);
    this.#held -= released;
    this.#table.room.release(released);
  }

  reserve(bytes: number): Promise<void> | undefined {
    return this.#reservation.set(bytes, this.call);
  }

  close(): void {
    this.#reservation.end();
    this.release(this.#held);
    this.abort("cancelled");
  }
}
