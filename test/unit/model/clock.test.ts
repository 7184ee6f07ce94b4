/** The system's clock, in nanoseconds. */

import { expect, it } from "vitest";
import { systemClock } from "../../../src/model/clock.ts";

it("says the present", () => {
  const before = BigInt(Date.now());
  const now = systemClock.now() / 1_000_000n;
  expect([now >= before, now <= BigInt(Date.now())]).toEqual([true, true]);
});
