/** How long a server may work on a statement of a call. */

import { describe, expect, it } from "vitest";
import { statementLimit } from "../../../../../../src/adapter/sql/server/connection/statement-limit.ts";

const MOST = 35_000;

describe("the limit of a statement", () => {
  it("is what the call has left, up to the next of a few steps", () => {
    const limits = [1, 999, 1_001, 4_001, 4_999, 5_000, 9_000, 9_001, 15_000, 20_000, 20_001, 29_990];
    expect(limits.map((left) => statementLimit(left, MOST))).toEqual([
      1_000, 1_000, 2_000, 5_000, 5_000, 5_000, 10_000, 10_000, 16_000, 20_000, 24_000, 32_000,
    ]);
  });

  it("is never shorter than what is left, nor more than a second and a quarter of it longer, nor above what the store says", () => {
    for (let left = 1; left < 200_000; left += 37) {
      const limit = statementLimit(left, 1_000_000);
      expect(limit).toBeGreaterThanOrEqual(left);
      expect(limit).toBeLessThan(left * 1.25 + 1_000);
      expect(statementLimit(left, MOST)).toBeLessThanOrEqual(MOST);
    }
  });

  it("is what the store says for a call without a deadline, and a second where nothing is left", () => {
    expect([statementLimit(Infinity, MOST), statementLimit(-5, MOST), statementLimit(Infinity, 500)]).toEqual([
      MOST,
      1_000,
      500,
    ]);
  });
});
