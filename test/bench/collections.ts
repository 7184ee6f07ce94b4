/** What V8 collects in another process, in all its threads, as `--trace-gc` tells it on stdout. */

/** The flag that a process needs to tell of its collections. */
export const TRACE_COLLECTIONS = "--trace-gc";

/** Pauses of one kind. */
export interface Pauses {
  readonly count: number;
  /** Milliseconds, of all and of the longest. */
  readonly total: number;
  readonly longest: number;
}

export interface Collections {
  /** Of the young generation. */
  readonly scavenges: Pauses;
  /** Of everything. */
  readonly full: Pauses;
}

const none: Collections = {
  scavenges: { count: 0, total: 0, longest: 0 },
  full: { count: 0, total: 0, longest: 0 },
};

/** For example `[123:0x5f] 456 ms: Scavenge 24.6 (30.0) -> 24.0 (31.0) MB, pooled: 0 MB, 1.25 / 0.00 ms  (average mu = …`. */
const told = /^\[\d+:\S+\]\s+\d+ ms: (Scavenge|Mark-Compact).*? MB, ([\d.]+) \/ /;

export class CollectionCounter {
  #counted: Collections = none;

  get counted(): Collections {
    return this.#counted;
  }

  restart(): void {
    this.#counted = none;
  }

  /** A line of the process; others than those of collections are passed over. */
  take(line: string): void {
    const [, kind, milliseconds] = told.exec(line) ?? [];
    if (kind === undefined) return;
    const of = kind === "Scavenge" ? "scavenges" : "full";
    const { count, total, longest } = this.#counted[of];
    const pause = Number(milliseconds);
    const pauses = { count: count + 1, total: total + pause, longest: Math.max(longest, pause) };
    this.#counted = { ...this.#counted, [of]: pauses };
  }
}
