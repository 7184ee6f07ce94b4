/**
 * Several ordered sources as one sequence. It reads nothing itself: whoever reads feeds what came, so rows in memory, statements that
 * are cut short and requests under way are merged alike.
 */

/** Negative where `a` comes before `b`. */
type Compare<T> = (a: T, b: T) => number;

interface Source<T> {
  readonly number: number;
  waiting: readonly T[];
  /** Of the first that waits. */
  at: number;
  /** Nothing that is yet to come lies before it, or is it; undefined where nobody has looked. */
  reached: T | undefined;
  isEnd: boolean;
}

export class Merge<T> {
  readonly #compare: Compare<T> | undefined;
  /** A heap. Its first source is the one whose next element may come first of all. */
  readonly #open: Source<T>[];

  /**
   * Every source must be in the order of `compare`; equal elements come by source.
   *
   * @param compare undefined: the sources follow each other
   */
  constructor(sources: number, compare: Compare<T> | undefined) {
    this.#compare = compare;
    this.#open = Array.from({ length: sources }, (_, number) => ({
      number,
      waiting: [],
      at: 0,
      reached: undefined,
      isEnd: false,
    }));
  }

  /** How many sources are not at their end. */
  get open(): number {
    return this.#open.length;
  }

  /** The next element. Undefined at the end, and where a source must be read before it is known. */
  next(): T | undefined {
    const [first] = this.#open;
    const element = first?.waiting[first.at];
    if (!first || element === undefined) return undefined;
    first.at += 1;
    if (first.isEnd && first.at === first.waiting.length) this.#remove(first);
    else this.#sink(0);
    return element;
  }

  /** The source that must be read before the next element is known; undefined where it is known, and at the end. */
  get wanted(): number | undefined {
    const [first] = this.#open;
    return first && isHungry(first) ? first.number : undefined;
  }

  /** All that will have to be read, for those who read side by side. */
  get hungry(): readonly number[] {
    const sources = this.#compare ? this.#open : this.#open.slice(0, 1);
    return sources.filter(isHungry).map(({ number }) => number);
  }

  /** Where a source is wanted: everything up to here has been delivered. Undefined where that is not known. */
  get reached(): T | undefined {
    const [first] = this.#open;
    return first && isHungry(first) ? first.reached : undefined;
  }

  /**
   * What was read of a source of which nothing waits; it may be nothing.
   *
   * @param reached how far it was looked at, where that is further than its last element
   */
  feed(
    number: number,
    elements: readonly T[],
    { isEnd, reached }: { readonly isEnd: boolean; readonly reached?: T | undefined },
  ): void {
    const index = this.#open.findIndex((source) => source.number === number);
    const source = this.#open[index];
    if (!source || !isHungry(source)) throw new TypeError(`source ${number} of a merge is not to be read`);
    source.waiting = elements;
    source.at = 0;
    source.reached = reached ?? elements.at(-1) ?? source.reached;
    source.isEnd = isEnd;
    if (isEnd && elements.length === 0) this.#remove(source);
    else this.#sink(index);
  }

  #remove(source: Source<T>): void {
    this.#open.splice(this.#open.indexOf(source), 1);
    for (let at = this.#open.length >> 1; at >= 0; at -= 1) this.#sink(at);
  }

  /** What is read and delivered only ever takes a source further back. */
  #sink(start: number): void {
    for (let at = start; ;) {
      const left = 2 * at + 1;
      let least = this.#isBefore(left, at) ? left : at;
      if (this.#isBefore(left + 1, least)) least = left + 1;
      const [a, b] = [this.#open[at], this.#open[least]];
      if (least === at || !a || !b) return;
      this.#open[at] = b;
      this.#open[least] = a;
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#open[a], this.#open[b]];
    if (!x || !y) return false;
    if (!this.#compare) return x.number < y.number;
    const [placeOfX, placeOfY] = [placeOf(x), placeOf(y)];
    if (placeOfX === undefined || placeOfY === undefined)
      return placeOfX === placeOfY ? x.number < y.number : placeOfX === undefined;
    const compared = this.#compare(placeOfX, placeOfY);
    return compared === 0 ? x.number < y.number : compared < 0;
  }
}

function isHungry({ waiting, at }: Source<unknown>): boolean {
  return at === waiting.length;
}

/** Nothing of the source comes before it; undefined is before everything. */
function placeOf<T>({ waiting, at, reached }: Source<T>): T | undefined {
  return waiting[at] ?? reached;
}

/** Answers the next element, or undefined at the end. */
export type Pull<T> = () => T | undefined;

/** Sources that answer at once. */
export function mergeOrdered<T>(sources: readonly Pull<T>[], compare: Compare<T>): Pull<T> {
  const merge = new Merge<T>(sources.length, compare);
  return () => {
    for (;;) {
      const element = merge.next();
      const { wanted } = merge;
      if (element !== undefined || wanted === undefined) return element;
      const read = sources[wanted]?.();
      merge.feed(wanted, read === undefined ? [] : [read], { isEnd: read === undefined });
    }
  };
}
