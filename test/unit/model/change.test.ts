/** Increment, append and remove: their arithmetic and its edges. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { append, applyChanges, increment, removeFrom } from "../../../src/model/change.ts";
import type { FieldType } from "../../../src/model/field.ts";
import type { Value } from "../../../src/model/value.ts";
import { bytes, double, entityOf, float, int32, int64, list, map, money, set, text, uint32, uint64 } from "./sample.ts";

describe("increment", () => {
  const edges: readonly [FieldType, Value, Value, Value][] = [
    [int32, -(2 ** 31), 2 ** 31 - 1, 1],
    [uint32, 0, 2 ** 32 - 1, 1],
    [int64, -(2n ** 63n), 2n ** 63n - 1n, 1n],
    [uint64, 0n, 2n ** 64n - 1n, 1n],
    [money, -999_999n, 999_999n, 1n],
  ];

  test.each(edges)("%o reaches its ends and not beyond", (type, least, most, one) => {
    const by = one as number | bigint;
    expect(increment(type, most, -by)).toBeDefined();
    expect(increment(type, most, by)).toBeUndefined();
    expect(increment(type, least, -by)).toBeUndefined();
    expect(increment(type, undefined, by)).toBe(one);
  });

  test("of 64-bit numbers is exact", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
        fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
        (a, b) => {
          expect(increment(int64, a, b)).toBe(a + b);
        },
      ),
    );
  });

  test("of floating numbers stays finite, in its precision, and without a negative zero", () => {
    expect(increment(double, Number.MAX_VALUE, Number.MAX_VALUE)).toBeUndefined();
    expect(increment(float, 3e38, 3e38)).toBeUndefined();
    expect(increment(float, 0.1, 0)).toBe(Math.fround(0.1));
    expect(Object.is(increment(double, -0, -0), 0)).toBe(true);
    expect(Object.is(increment(double, 5, -5), 0)).toBe(true);
  });

  test("of text is nobody's wish", () => {
    expect(() => increment(text, "1", 1)).toThrow(TypeError);
  });
});

describe("append", () => {
  test("keeps duplicates in lists and drops them in sets", () => {
    expect(append(list(text), ["a"], ["a", "b"])).toEqual(["a", "a", "b"]);
    expect(append(set(text), ["a"], ["b", "a", "b"])).toEqual(["a", "b"]);
    expect(append(set(bytes), [Uint8Array.of(1)], [Uint8Array.of(1)])).toEqual([Uint8Array.of(1)]);
    expect(append(set(int64), undefined, [1n, 1n])).toEqual([1n]);
  });

  test("merges maps, the new value winning", () => {
    const before = new Map([
      ["a", "1"],
      ["b", "2"],
    ]);
    expect(
      append(
        map(text),
        before,
        new Map([
          ["b", "3"],
          ["c", "4"],
        ]),
      ),
    ).toEqual(
      new Map([
        ["a", "1"],
        ["b", "3"],
        ["c", "4"],
      ]),
    );
    expect(before.get("b")).toBe("2");
  });
});

describe("remove", () => {
  test("takes every equal element", () => {
    expect(removeFrom(list(text), ["a", "b", "a"], ["a", "x"])).toEqual(["b"]);
    expect(removeFrom(set(bytes), [Uint8Array.of(1), Uint8Array.of(2)], [Uint8Array.of(1)])).toEqual([
      Uint8Array.of(2),
    ]);
    expect(removeFrom(list(text), undefined, ["a"])).toEqual([]);
  });

  test("takes keys of a map, whatever their values", () => {
    expect(
      removeFrom(
        map(text),
        new Map([
          ["a", "1"],
          ["b", "2"],
        ]),
        new Map([["a", "other"]]),
      ),
    ).toEqual(new Map([["b", "2"]]));
  });
});

test("changes apply to a copy, and the first out of range names its field", () => {
  const entity = entityOf({
    fields: { id: text, n: int32, tags: list(text), count: { type: int64, plain: true } },
    key: ["id"],
  });
  const row = ["a", 1, ["x"], 5n];
  const changed = applyChanges(
    entity,
    [
      { kind: "set", ordinal: 3, value: undefined },
      { kind: "set", ordinal: 1, value: undefined },
      { kind: "append", ordinal: 2, value: ["y"] },
    ],
    row,
  );
  expect(changed).toEqual({ record: ["a", undefined, ["x", "y"], 0n] });
  expect(row).toEqual(["a", 1, ["x"], 5n]);
  expect(applyChanges(entity, [{ kind: "increment", ordinal: 1, by: 2 ** 31 - 1 }], row)).toEqual({
    kind: "range",
    ordinal: 1,
  });
});
