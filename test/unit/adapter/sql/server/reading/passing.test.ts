/** How far a window looks, by what its filter passed before. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PassingShares, rowsToLookAt } from "../../../../../../src/adapter/sql/server/reading/passing.ts";

const filter = { sql: "a = ?", isVisibility: false };
const visible = { sql: "gone IS NULL", isVisibility: true };

describe("what a filter passes", () => {
  it("is taken for all where it drops deleted rows alone, until it was seen", () => {
    const shares = new PassingShares();
    expect(shares.of(visible)).toBe(1);
    expect(shares.of(filter)).toBe(0.5);
    shares.saw(visible, 10, 100);
    expect(shares.of(visible)).toBe(0.1);
  });

  it("follows what is seen", () => {
    const shares = new PassingShares();
    shares.saw(filter, 0, 10_000);
    for (let i = 0; i < 3; i++) shares.saw(filter, 100, 100);
    expect(shares.of(filter)).toBeGreaterThan(0.8);
  });

  it("is never nothing, and never more than all", () => {
    const pairs = fc.array(fc.tuple(fc.nat(1_000), fc.integer({ min: 1, max: 1_000 })), { minLength: 1 });
    fc.assert(
      fc.property(pairs, (seen) => {
        const shares = new PassingShares();
        for (const [passed, looked] of seen) shares.saw(filter, passed, looked);
        expect(shares.of(filter)).toBeGreaterThan(0);
        expect(shares.of(filter)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("a window", () => {
  it("looks at what it wants alone, where everything passes", () => {
    expect(rowsToLookAt(51, 1)).toEqual({ examined: 51, all: true });
  });

  it("looks at more where some is dropped, in few different numbers", () => {
    expect(rowsToLookAt(51, 0.99)).toEqual({ examined: 67, all: true });
    expect(rowsToLookAt(51, 0.97)).toEqual({ examined: 67, all: true });
    expect(rowsToLookAt(2, 0.5)).toEqual({ examined: 18, all: true });
  });

  it("does not let come back what is mostly dropped", () => {
    expect(rowsToLookAt(51, 0.25)).toEqual({ examined: 512, all: false });
  });

  it("looks at enough for what it wants, and at little in vain where it all comes back", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 1_001 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (wanted, share) => {
          const { examined, all } = rowsToLookAt(wanted, share);
          expect(examined * share).toBeGreaterThanOrEqual(wanted * 0.999);
          expect(examined).toBeLessThanOrEqual(all ? Math.max(2 * wanted, 64) : (4 * wanted) / share);
        },
      ),
    );
  });
});
