/** The bytes a Record is said to have: near its encoding, and never far below. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exceedsBytes, recordBytes } from "../../../src/model/size.ts";
import { TotalBytes } from "../../../src/model/total-bytes.ts";
import type { Value } from "../../../src/model/value.ts";
import { bytes, entityOf, int64, list, map, money, sparseOf, text, timestamp } from "./sample.ts";

const { message } = entityOf({
  fields: { id: text, note: text, seal: bytes, notes: list(text), limits: map(int64), numbers: list(int64) },
  key: ["id"],
});
const sizeOf = (values: { readonly [name: string]: Value }, fields?: readonly number[]): number =>
  recordBytes(message, sparseOf(message, values), fields);

describe("the bytes of a record", () => {
  test("an absent field has next to none", () => {
    expect(sizeOf({})).toBeLessThanOrEqual(message.fields.length);
  });

  test.each<readonly [string, Value, number]>([
    ["text counts in UTF-8", "€".repeat(1_000), 3_000],
    ["bytes count as they are", new Uint8Array(1_000), 1_000],
    ["elements count each", Array.from({ length: 100 }, () => "x".repeat(10)), 1_200],
    ["entries count with their keys", new Map([["x".repeat(1_000), 1n]]), 1_000],
  ])("%s", (_, value, least) => {
    const name = typeof value === "string" ? "note" : value instanceof Uint8Array ? "seal" : undefined;
    const size = sizeOf({ [name ?? (Array.isArray(value) ? "notes" : "limits")]: value });
    expect(size).toBeGreaterThanOrEqual(least);
    expect(size).toBeLessThan(least * 1.7);
  });

  test("numbers count as they are encoded, within a fifth", () => {
    const ones = Array.from({ length: 46_000 }, () => 1n);
    expect(sizeOf({ numbers: ones })).toBeGreaterThanOrEqual(46_000);
    expect(sizeOf({ numbers: ones })).toBeLessThan(46_000 * 1.2);
    const large = Array.from({ length: 1_000 }, () => 2n ** 62n);
    expect(sizeOf({ numbers: large })).toBeGreaterThanOrEqual(9_000);
    expect(sizeOf({ numbers: large })).toBeLessThan(9_000 * 1.2);
  });

  test("only the named fields count, where some are named", () => {
    const long = { id: "k", note: "x".repeat(1_000) };
    expect(sizeOf(long, [0])).toBe(sizeOf({ id: "k" }, [0]));
    expect(sizeOf(long, [0, 1])).toBe(sizeOf(long));
  });
});

describe("as protobuf encodes them, to the byte", () => {
  const timed = entityOf({ fields: { at: timestamp, price: money }, key: ["at"] }).message;
  test.each<readonly [string, { readonly [name: string]: Value }, number]>([
    ["the seconds of a time, and no nanos where there are none", { at: 5_000_000_000n }, 4],
    ["its nanos too", { at: 5_000_000_007n }, 6],
    ["also where there is one of them", { at: 5_000_000_001n }, 6],
    ["and one less than a second", { at: 5_999_999_999n }, 10],
    ["nothing of seconds that are 0", { at: 7n }, 4],
    ["a decimal's digits and point", { price: 1234n }, 7],
    ["zeros before a fraction", { price: 5n }, 6],
    ["a sign", { price: -5n }, 7],
  ])("%s", (_, values, size) => {
    expect(recordBytes(timed, sparseOf(timed, values))).toBe(size);
  });
});

test("a decimal of more digits than a number counts is measured all the same", () => {
  const { message: priced } = entityOf({ fields: { price: money, id: text }, key: ["id"] });
  expect(recordBytes(priced, sparseOf(priced, { price: 10n ** 400n }))).toBeGreaterThan(300);
});

test.each([1n, -1n])("so are rows with many of them (%s)", (sign) => {
  const { message: priced } = entityOf({ fields: { prices: list(money), id: text }, key: ["id"] });
  const row = sparseOf(priced, { prices: Array.from({ length: 100 }, (_, i) => sign * 10n ** BigInt(60 + i * 10)) });
  const bytes = recordBytes(priced, row);
  expect(exceedsBytes(priced, row, bytes - 1)).toBe(true);
  const total = new TotalBytes(priced, undefined);
  total.add(row);
  expect(total.exceed(bytes - 1)).toBe(true);
});

describe("keys of maps as protobuf encodes them, to the byte", () => {
  const sized = (key: "varint" | "zigzag" | "fixed", at: number | bigint): number => {
    const { message } = entityOf({ fields: { id: text, counts: map(int64) }, key: ["id"] });
    const fields = message.fields.map((field) => ({ ...field, wire: { ...field.wire, key } }));
    return recordBytes({ ...message, fields }, [undefined, new Map([[at, 1n]])]);
  };
  // tag, length, tag of the key, the key, tag of the value, the value
  test.each<readonly [string, "varint" | "zigzag" | "fixed", number | bigint, number]>([
    ["a small number", "varint", 7, 6],
    ["a negative number as a varint has ten bytes", "varint", -1, 15],
    ["a negative number in zigzag has one", "zigzag", -1, 6],
    ["zigzag doubles a number", "zigzag", 64, 7],
    ["four bytes", "fixed", 7, 9],
    ["eight bytes", "fixed", 7n, 13],
  ])("%s", (_, wire, at, size) => {
    expect(sized(wire, at)).toBe(size);
  });
});

describe("a limit of bytes", () => {
  const rows = fc.array(
    fc.record({
      id: fc.string(),
      note: fc.string({ unit: fc.constantFrom("a", "€", "😀"), maxLength: 200 }),
      numbers: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 20 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const near = fc.integer({ min: -3, max: 3 });
  const masks = fc.constantFrom(undefined, [0], [0, 1], [5, 0]);

  test("is exceeded by exactly those rows that measuring finds to", () => {
    fc.assert(
      fc.property(rows, near, masks, (values, offset, fields) => {
        for (const row of values.map((given) => sparseOf(message, given))) {
          const bytes = recordBytes(message, row, fields);
          expect(exceedsBytes(message, row, bytes + offset, fields)).toBe(offset < 0);
        }
      }),
    );
  });

  test("and by exactly those rows together", () => {
    fc.assert(
      fc.property(rows, fc.nat(11), near, masks, fc.boolean(), (values, at, offset, fields, isAsked) => {
        const records = values.map((given) => sparseOf(message, given));
        const limit = records.slice(0, at).reduce((sum, row) => sum + recordBytes(message, row, fields), offset);
        const total = new TotalBytes(message, fields);
        let bytes = 0;
        for (const row of records) {
          total.add(row);
          bytes += recordBytes(message, row, fields);
          expect(isAsked ? total.bytes : bytes).toBe(bytes);
          expect(total.exceed(limit)).toBe(bytes > limit);
        }
        expect(total.bytes).toBe(bytes);
      }),
    );
  });
});
