/** Values as compact bytes come back as they were; bytes that are never made come back as nothing. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { scalarBytes, scalarOf, takeVarint, varint } from "../../../../src/adapter/reading/scalar-bytes.ts";
import type { FieldType } from "../../../../src/model/field.ts";
import type { Value } from "../../../../src/model/value.ts";

const kinds: readonly (readonly [FieldType, fc.Arbitrary<Value>])[] = [
  [{ kind: "bool" }, fc.boolean()],
  [{ kind: "int32" }, fc.integer()],
  [{ kind: "double" }, fc.double({ noNaN: true })],
  [{ kind: "int64" }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: "string" }, fc.string({ unit: "binary" })],
  [{ kind: "bytes" }, fc.uint8Array()],
];

test.each(kinds)("a value of $kind", (type, values) => {
  fc.assert(
    fc.property(values, (value) => {
      expect(scalarOf(type, Buffer.from(scalarBytes(type, value)))).toEqual(value);
    }),
  );
});

test("bytes that no value of the type is written as", () => {
  expect(scalarOf({ kind: "bool" }, Buffer.of(1, 1))).toBeUndefined();
  expect(scalarOf({ kind: "int32" }, Buffer.of(1))).toBeUndefined();
  expect(scalarOf({ kind: "int64" }, Buffer.of(1))).toBeUndefined();
});

test("small numbers, one behind the other", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2 ** 31 - 1 })), (numbers) => {
      const bytes = Buffer.concat(numbers.map(varint));
      const at = { offset: 0 };
      expect(numbers.map(() => takeVarint(bytes, at))).toEqual(numbers);
      expect(at.offset).toBe(bytes.length);
      expect(takeVarint(bytes, at)).toBe(-1);
    }),
  );
});
