/** Work on many items, of which some are under way at a time. */

/** Begins the work in the order of the items, `width` of them at a time, and answers in that order. @throws what the first failing work throws */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += width)
    results.push(...(await Promise.all(items.slice(at, at + width).map(work))));
  return results;
}
