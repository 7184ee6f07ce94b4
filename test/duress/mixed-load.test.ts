// Twenty seconds of mixed load with malformed calls among it: nothing well-formed fails, and the server lives. Figures come from the long form.
import { expect, test } from "vitest";
import { mixedLoad } from "./mixed-load.ts";

const answers = new Set(["0", "5 ROW_NOT_FOUND", "6 UNIQUE_VIOLATION", "6 KEY_EXISTS"]);

test("one malformed call in a hundred disturbs no other", { timeout: 60_000 }, async () => {
  const { calls, malformed, codes } = await mixedLoad(20, 5);
  expect(malformed).toBeGreaterThan(0);
  expect([...codes.keys()].filter((code) => !answers.has(code))).toEqual([]);
  console.log(`${calls} calls in 20 s, ${malformed} of them malformed`);
});
