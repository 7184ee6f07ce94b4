/** Work on many items, some under way at a time. */

import { expect, test } from "vitest";
import { sideBySide } from "../../../../src/adapter/runtime/side-by-side.ts";

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

test("the next begins when any is done, whichever is slow", async () => {
  const slow = Promise.withResolvers<number>();
  const begun: number[] = [];
  const answers = sideBySide([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    return item === 0 ? slow.promise : item;
  });
  await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
  slow.resolve(7);
  expect(await answers).toEqual([7, 1, 2, 3]);
});

test("work that fails fails the whole, and what comes behind is not begun", async () => {
  const slow = Promise.withResolvers<void>();
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 2) throw new Error("the second fails");
    await slow.promise;
  };
  await expect(sideBySide([1, 2, 3], 2, work)).rejects.toThrow("the second fails");
  slow.resolve();
  await slow.promise;
  await Promise.resolve();
  expect(begun).toEqual([1, 2]);
});
