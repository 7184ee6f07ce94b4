/** Several ordered sequences as one, for ranges that are read side by side. */

/** Answers the next element, or undefined at the end. */
export type Pull<T> = () => T | undefined;

/** A binary heap over the heads; each sequence must be in the order of `compare`. Equal elements come by sequence. */
export function mergeOrdered<T>(sources: readonly Pull<T>[], compare: (a: T, b: T) => number): Pull<T> {
  const heap: { head: T; readonly source: number }[] = [];
  const isBefore = (a: number, b: number): boolean => {
    const x = heap[a];
    const y = heap[b];
    if (!x || !y) return false;
    const compared = compare(x.head, y.head);
    return compared === 0 ? x.source < y.source : compared < 0;
  };
  const swap = (a: number, b: number): void => {
    const x = heap[a];
    const y = heap[b];
    if (!x || !y) return;
    heap[a] = y;
    heap[b] = x;
  };
  const sink = (start: number): void => {
    for (let at = start; ;) {
      const left = 2 * at + 1;
      let least = isBefore(left, at) ? left : at;
      if (isBefore(left + 1, least)) least = left + 1;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  };
  sources.forEach((pull, source) => {
    const head = pull();
    if (head !== undefined) heap.push({ head, source });
  });
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  return () => {
    const [first] = heap;
    if (!first) return undefined;
    const { head } = first;
    const following = sources[first.source]?.();
    if (following !== undefined) first.head = following;
    else {
      const last = heap.pop();
      if (last && last !== first) heap[0] = last;
    }
    sink(0);
    return head;
  };
}
