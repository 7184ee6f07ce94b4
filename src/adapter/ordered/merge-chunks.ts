/** Several ordered sources as one, where each is read in chunks and reading waits. */

/** The next elements in order; an empty chunk is the end. */
export type ReadChunk<T> = () => Promise<readonly T[]>;

/** Each source must be in the order of `compare`. Chunks are as long as what was read allows. */
export function mergeChunks<T>(sources: readonly ReadChunk<T>[], compare: (a: T, b: T) => number): ReadChunk<T> {
  const [only] = sources;
  if (only && sources.length === 1) return only;
  let open = sources.map((read) => ({ read, waiting: [] as T[] }));
  return async () => {
    await Promise.all(
      open.map(async (source) => {
        if (source.waiting.length === 0) source.waiting.push(...(await source.read()));
      }),
    );
    open = open.filter(({ waiting }) => waiting.length > 0);
    // What lies behind the last element of a source may come before more of that source.
    const known = open.flatMap(({ waiting }) => waiting.slice(-1)).toSorted(compare)[0];
    if (known === undefined) return [];
    return open.flatMap(({ waiting }) => waiting.splice(0, leading(waiting, known, compare))).toSorted(compare);
  };
}

function leading<T>(elements: readonly T[], known: T, compare: (a: T, b: T) => number): number {
  const end = elements.findIndex((element) => compare(element, known) > 0);
  return end < 0 ? elements.length : end;
}
