/** Numbers as servers write them: the quick ways read what the plain ones do, and refuse the same. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { decimalStorage, integerIn } from "../../../../../src/adapter/sql/server/value-text.ts";
import { decimalFits, parseDecimal, rescale } from "../../../../../src/model/decimal.ts";

const runs = { numRuns: 3_000 };

/** Digits about as many as a double holds, with a point near where a scale puts it, and what else servers may write. */
const texts = fc
  .tuple(
    fc.constantFrom("", "", "", "-", "+", " "),
    fc.oneof(
      fc.string({ unit: fc.constantFrom("0", "1", "9"), maxLength: 14 }),
      fc.string({ unit: fc.constantFrom("1", "7", "9"), minLength: 15, maxLength: 18 }),
    ),
    fc.option(fc.nat(6), { nil: undefined }),
    fc.constantFrom("", "", "", "", "n", "e1", "."),
  )
  .map(([sign, digits, behind, rest]) => {
    const point = Math.max(digits.length - (behind ?? 0), 0);
    const number = behind === undefined ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
    return `${sign}${number}${rest}`;
  });

function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error.name : error;
  }
}

it("a decimal", () => {
  const types = fc.constantFrom([18, 2], [18, 0], [4, 2], [15, 3], [16, 1], [65, 30]);
  fc.assert(
    fc.property(texts, types, (text, [precision = 0, scale = 0]) => {
      const storage = decimalStorage("numeric", precision, scale);
      const parsed = parseDecimal(text);
      const plainly = parsed && rescale(parsed.unscaled, parsed.scale, scale);
      const refused = plainly ? "Fault" : "DocumentError";
      const fits = plainly?.exact === true && decimalFits(plainly.value, precision);
      expect(outcomeOf(() => storage.read(text))).toBe(fits ? plainly.value : refused);
    }),
    runs,
  );
});

it("an integer", () => {
  fc.assert(
    fc.property(texts, (text) => {
      // The plain way takes an empty text for 0; servers write none.
      expect(outcomeOf(() => integerIn(text))).toBe(outcomeOf(() => BigInt(text)));
    }),
    runs,
  );
});
