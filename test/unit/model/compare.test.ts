/** The order of values, against the order of their encodings. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareInOrder, compareText, compareValues, equalValues } from "../../../src/model/compare.ts";
import { bool, bytes, double, entityOf, int64, list, map, set, text } from "./sample.ts";

const wellFormed = fc.string({ unit: "binary" });

describe("text", () => {
  test("is ordered as its UTF-8 bytes are", () => {
    fc.assert(
      fc.property(wellFormed, wellFormed, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test("puts the supplementary planes behind the end of the basic one", () => {
    expect(compareText("\uFFFD", "\u{10000}")).toBeLessThan(0);
  });
});

describe("values", () => {
  test("of each scalar type have the expected order", () => {
    expect(compareValues(int64, 2n ** 53n, 2n ** 53n + 1n)).toBeLessThan(0);
    expect(compareValues(double, -1.5, 1e-300)).toBeLessThan(0);
    expect(compareValues(bool, false, true)).toBeLessThan(0);
    expect(compareValues(bytes, Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
    expect(compareValues(bytes, Uint8Array.of(255), Uint8Array.of(1, 0))).toBeGreaterThan(0);
  });

  test("of maps and lists have none", () => {
    expect(() => compareValues(list(text), [], [])).toThrow(TypeError);
  });
});

describe("equality", () => {
  test("of maps and sets does not mind the order, of lists it does", () => {
    expect(
      equalValues(
        map(text),
        new Map([
          ["a", "1"],
          ["b", "2"],
        ]),
        new Map([
          ["b", "2"],
          ["a", "1"],
        ]),
      ),
    ).toBe(true);
    expect(equalValues(map(text), new Map([["a", "1"]]), new Map([["a", "2"]]))).toBe(false);
    expect(equalValues(set(text), ["a", "b"], ["b", "a"])).toBe(true);
    expect(equalValues(set(bytes), [Uint8Array.of(1)], [Uint8Array.of(1)])).toBe(true);
    expect(equalValues(set(text), ["a", "b"], ["b", "c"])).toBe(false);
    expect(equalValues(list(text), ["a", "b"], ["b", "a"])).toBe(false);
  });

  test("of absent values holds among themselves alone", () => {
    expect(equalValues(text, undefined, undefined)).toBe(true);
    expect(equalValues(text, undefined, "")).toBe(false);
  });

  test("of embedded messages takes an absent plain field as its zero", () => {
    const inner = entityOf({ fields: { a: { type: int64, plain: true }, b: text }, key: ["a"] }).message;
    const type = { kind: "message", message: inner } as const;
    expect(equalValues(type, [undefined, "x"], [0n, "x"])).toBe(true);
    expect(equalValues(type, [undefined, undefined], [0n, ""])).toBe(false);
  });
});

test("absent values come first ascending and last descending", () => {
  const { fields } = entityOf({ fields: { id: text, n: int64 }, key: ["id"] });
  const ascending = [{ ordinal: 1, desc: false }];
  const descending = [{ ordinal: 1, desc: true }];
  expect(compareInOrder(fields, ascending, ["a", undefined], ["b", -5n])).toBeLessThan(0);
  expect(compareInOrder(fields, descending, ["a", undefined], ["b", -5n])).toBeGreaterThan(0);
  expect(compareInOrder(fields, ascending, ["a", undefined], ["b", undefined])).toBe(0);
});
