/** The streams of a connection: which are open, which numbers have been used and by whom (RFC 9113, 5.1.1), and what was reset lately. */

import { TransientMap } from "../containers/transient-map.ts";
import type { Role } from "./message-head.ts";
import { DEFAULT_WINDOW, LARGEST } from "./protocol.ts";
import { RecentResets } from "./recent-resets.ts";
import type { OwnSettings } from "./settings.ts";
import { Stream } from "./stream.ts";

/**
 * What HEADERS on a stream that is not in the table are: `new` from the peer; `late`, sent before the peer knew that we had ended
 * the stream or take no more; `ended` long ago; `full`, one stream too many; or `foreign`, a number that the peer may not open.
 */
export type Arrival = "new" | "late" | "ended" | "full" | "foreign";

export class StreamTable<Owner> {
  readonly #role: Role;
  readonly #settings: OwnSettings;
  readonly #open = new TransientMap<number, Stream<Owner>>();
  readonly #recent = new RecentResets();
  /** The highest stream that the peer has opened, and that we have. */
  #lastRemote = 0;
  #lastLocal = 0;
  /** Streams of the peer above this are not looked at: GOAWAY has told it. */
  #lastTaken = LARGEST;
  /** Bytes that we may send on a new stream. */
  #peerWindow = DEFAULT_WINDOW;
  /** Streams that the peer lets us open at once. */
  #peerStreams = Infinity;

  constructor(role: Role, settings: OwnSettings) {
    this.#role = role;
    this.#settings = settings;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Whether no more streams are taken. */
  get isFinishing(): boolean {
    return this.#lastTaken !== LARGEST;
  }

  /** The last stream of the peer that is looked at, of those it has opened. */
  get lastLookedAt(): number {
    return Math.min(this.#lastRemote, this.#lastTaken);
  }

  get(id: number): Stream<Owner> | undefined {
    return this.#open.get(id);
  }

  /** Those that are open now. */
  values(): readonly Stream<Owner>[] {
    return this.#open.values();
  }

  /** A new stream of ours; undefined where the peer lets none be opened, or the numbers are used up. */
  open(): Stream<Owner> | undefined {
    if (this.#open.size >= this.#peerStreams) return undefined;
    const id = this.#lastLocal === 0 ? 1 : this.#lastLocal + 2;
    if (id > LARGEST) return undefined;
    this.#lastLocal = id;
    return this.#add(id);
  }

  /** Of a number that is not in the table; a new one counts as opened from here on, whatever becomes of it. */
  arrive(id: number): Arrival {
    if (this.#role === "client" || !this.#isRemotes(id))
      return this.isIdle(id) || this.#isRemotes(id) ? "foreign" : "late";
    if (id <= this.#lastRemote) return this.#recent.has(id) ? "late" : "ended";
    this.#lastRemote = id;
    if (id > this.#lastTaken) return "late";
    return this.#open.size >= (this.#settings.maxConcurrentStreams ?? Infinity) ? "full" : "new";
  }

  /** A stream that has arrived and is new. */
  take(id: number): Stream<Owner> {
    return this.#add(id);
  }

  #add(id: number): Stream<Owner> {
    const stream = new Stream<Owner>(id, this.#peerWindow, this.#settings.initialWindowSize);
    this.#open.set(id, stream);
    return stream;
  }

  delete(stream: Stream<Owner>): void {
    this.#open.delete(stream.id);
  }

  /** We have reset it: what the peer sent before it knew is passed over. */
  wasReset(id: number): void {
    this.#recent.add(id);
  }

  /** Whether what still comes for a stream that is not open was sent before the peer could know. */
  isLate(id: number): boolean {
    return this.#recent.has(id) || id > this.#lastTaken;
  }

  /** Whether nobody has opened it. */
  isIdle(id: number): boolean {
    return this.#isRemotes(id) ? id > this.#lastRemote : id > this.#lastLocal;
  }

  /** Whether the peer opens it: clients have the odd ones. */
  #isRemotes(id: number): boolean {
    return id % 2 === (this.#role === "server" ? 1 : 0);
  }

  /** From here on none of the peer's is taken. Answers the last that was. */
  finish(): number {
    this.#lastTaken = this.#lastRemote;
    return this.#lastTaken;
  }

  /** What the peer's SETTINGS say of streams that we may open. */
  limit(most: number): void {
    this.#peerStreams = most;
  }

  /** Of new streams. Answers by how much those that are open grow, or shrink (6.9.2). */
  setPeerWindow(bytes: number): number {
    const change = bytes - this.#peerWindow;
    this.#peerWindow = bytes;
    return change;
  }
}
