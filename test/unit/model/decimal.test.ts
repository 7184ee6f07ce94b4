/** Decimals: the grammar, the scale, and the way back to text. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { decimalFits, decimalText, parseDecimal, rescale, type Decimal } from "../../../src/model/decimal.ts";

test("only -?digits[.digits] is a decimal", () => {
  for (const text of ["0", "-1", "12.50", "007", "-0.0"]) expect(parseDecimal(text), text).toBeDefined();
  for (const text of [
    "",
    "+1",
    "1.",
    ".5",
    "1e3",
    " 1",
    "1 ",
    "1,0",
    "--1",
    "٣",
    "NaN",
    "1\n",
    `1${"0".repeat(1_000)}`,
    `0.${"0".repeat(1_000)}1`,
    "-",
    "-.5",
  ])
    expect(parseDecimal(text), text).toBeUndefined();
});

test("zeros that change nothing may be many", () => {
  const zeros = "0".repeat(100_000);
  expect(parseDecimal(`-${zeros}12.50${zeros}`)).toEqual({ unscaled: -125n, scale: 1 });
  expect(parseDecimal(`${zeros}.${zeros}`)).toEqual({ unscaled: 0n, scale: 0 });
});

test("text and unscaled integers are the same number", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 78n), max: 10n ** 78n }),
      fc.integer({ min: 0, max: 78 }),
      (unscaled, scale) => {
        const parsed = parseDecimal(decimalText(unscaled, scale))!;
        expect(rescale(parsed.unscaled, parsed.scale, scale)).toEqual({ value: unscaled, exact: true });
      },
    ),
  );
});

test("text of any length reads as the plain way reads it", () => {
  const digits = fc.string({
    unit: fc.constantFrom("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    maxLength: 18,
    size: "max",
  });
  const sign = fc.constantFrom("", "", "-", "--");
  const point = fc.constantFrom("", ".", ".", "..");
  const zeros = fc.constantFrom("", "0", "000");
  // Lengths lie around the 15 digits up to which a double is used.
  const text = fc
    .tuple(sign, zeros, digits, point, digits, zeros)
    .map((parts) => parts.join(""))
    .filter(({ length }) => length < 24);
  fc.assert(
    fc.property(text, (written) => {
      expect(parseDecimal(written)).toEqual(plainDecimal(written));
    }),
    {
      numRuns: 3_000,
      examples: ["999999999999999", "9007199254740993", "-0", "0.", "1.0", "00000000000000000.1"].map((one) => [one]),
    },
  );
});

/** By pattern and bigint. */
function plainDecimal(text: string): Decimal | undefined {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign = "", whole = "", written = ""] = match;
  const fraction = written.replace(/0+$/, "");
  const size = BigInt(whole + fraction);
  return { unscaled: sign === "" ? size : -size, scale: fraction.length };
}

test("text has exactly the digits of its scale, and no negative zero", () => {
  expect(decimalText(1250n, 2)).toBe("12.50");
  expect(decimalText(-5n, 2)).toBe("-0.05");
  expect(decimalText(0n, 2)).toBe("0.00");
  expect(decimalText(parseDecimal("-0.0")?.unscaled ?? 1n, 1)).toBe("0.0");
  expect(decimalText(-7n, 0)).toBe("-7");
});

test("fewer digits round towards negative infinity, and say so", () => {
  expect(rescale(1005n, 3, 2)).toEqual({ value: 100n, exact: false });
  expect(rescale(-1005n, 3, 2)).toEqual({ value: -101n, exact: false });
  expect(rescale(-1000n, 3, 2)).toEqual({ value: -100n, exact: true });
  expect(rescale(1n, 0, 80)).toEqual({ value: 10n ** 80n, exact: true });
});

test("precision counts all digits", () => {
  expect(decimalFits(999n, 3)).toBe(true);
  expect(decimalFits(-999n, 3)).toBe(true);
  expect(decimalFits(1000n, 3)).toBe(false);
  expect(decimalFits(-1000n, 3)).toBe(false);
});
