/** Work on many items, of which some are under way at a time. */

/**
 * Begins the work in the order of the items, `width` of them at a time, and answers in that order. The next begins when any is done, so that
 * none waits for the slowest of a slice; where one fails, none is begun any more. @throws what the first failing work throws
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const left = items.entries().filter(() => true); // an array's own iterator cannot be ended
  const take = async (): Promise<void> => {
    for (const [position, item] of left) results[position] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, take));
  return results;
}
