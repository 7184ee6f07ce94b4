/** Counters and histograms of the hot path: numbers in typed arrays, found once when the house is put together and never looked up by label again. */

/** Only ever grows. */
export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** One counter for each of a few numbered kinds, for example status codes. */
export class CounterRow {
  readonly values: Float64Array;

  constructor(kinds: number) {
    this.values = new Float64Array(kinds);
  }

  /** Numbers beyond the last kind count as the last. */
  add(kind: number): void {
    const at = Math.min(kind, this.values.length - 1);
    this.values[at] = (this.values[at] ?? 0) + 1;
  }
}

/** How often a value lay at or under each bound; the last count is what lay above all of them. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;

  /** `bounds` ascend. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? Infinity)) at += 1;
    counts[at] = (counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** Seconds: from a point read in memory to the longest deadline. */
export const SECONDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
