/** Work on many items, some under way at a time. */

import { expect, test } from "vitest";
import { sideBySide } from "../../../src/adapter/side-by-side.ts";

test("every item is worked on once, so many at a time, and answered in its place", async () => {
  let running = 0;
  let most = 0;
  const answers = await sideBySide([5, 4, 3, 2, 1, 0, 9], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    return item * 2;
  });
  expect(answers).toEqual([10, 8, 6, 4, 2, 0, 18]);
  expect(most).toBe(3);
  expect(await sideBySide([], 3, async () => 1)).toEqual([]);
});

test("work that fails fails the whole, and what comes behind is not begun", async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 2) throw new Error("the second fails");
  };
  await expect(sideBySide([1, 2, 3], 2, work)).rejects.toThrow("the second fails");
  expect(begun).toEqual([1, 2]);
});
