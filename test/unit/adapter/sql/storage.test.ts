/** What databases do alike about values. */

import { expect, it, test } from "vitest";
import { isTrue } from "../../../../src/adapter/sql/sql-value.ts";
import { microseconds } from "../../../../src/adapter/sql/storage.ts";

it.each([
  [0n, 0n],
  [1_999n, 1n],
  [-1n, -1n],
  [-1_000n, -1n],
  [-1_001n, -2n],
])("%d nanoseconds are %d whole microseconds, which are never later", (nanos, micros) => {
  expect(microseconds(nanos)).toBe(micros);
});

test("a condition that holds is answered in several ways", () => {
  expect(["t", "1", 1, 1n].map(isTrue)).toEqual([true, true, true, true]);
  expect(["f", "0", 0, 0n, null, undefined].map(isTrue)).not.toContain(true);
});
