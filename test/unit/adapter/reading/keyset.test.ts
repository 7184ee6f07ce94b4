/** Cursors: what goes in comes out, and what does not fit is refused. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "../../../../src/adapter/reading/keyset.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { Fault } from "../../../../src/model/fault.ts";
import {
  bool,
  bytes,
  double,
  entityOf,
  int32,
  int64,
  money,
  ordinalOf,
  sparseOf,
  text,
  timestamp,
  uint64,
} from "../../model/sample.ts";

const fields = {
  id: text,
  b: bytes,
  flag: bool,
  n: int32,
  big: int64,
  huge: uint64,
  d: double,
  m: money,
  t: timestamp,
};
const entity = entityOf({ fields, key: ["id"] });
const everything = entity.fields.map(({ ordinal }) => ({ ordinal, desc: ordinal % 2 === 1 }));
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const rows = fc.tuple(
  optional(fc.string({ unit: "binary" })),
  optional(fc.uint8Array({ maxLength: 300 }).map((array) => Uint8Array.from(array))),
  optional(fc.boolean()),
  optional(fc.integer()),
  optional(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  optional(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  optional(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)),
  optional(fc.bigInt({ min: -(10n ** 78n), max: 10n ** 78n })),
  optional(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })),
);

test("a position comes back as it was", () => {
  fc.assert(
    fc.property(rows, (row) => {
      expect(decodeCursor(everything, entity, encodeCursor(everything, entity, row))).toEqual(row);
    }),
  );
});

function outcomeOf(decode: () => unknown): string {
  try {
    decode();
    return "read";
  } catch (error) {
    return error instanceof Fault ? error.reason : String(error);
  }
}

test("any other bytes are read or refused, and nothing else happens", () => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.integer({ min: 0, max: 255 }), (row, position, byte) => {
      const cursor = Uint8Array.from(encodeCursor(everything, entity, row));
      cursor[position % cursor.length] = byte;
      for (const broken of [cursor, cursor.subarray(0, position % cursor.length), Uint8Array.of(...cursor, byte)]) {
        expect(outcomeOf(() => decodeCursor(everything, entity, broken))).toMatch(/^(read|PAGE_TOKEN_INVALID)$/);
      }
    }),
  );
});

describe("after a change of schema", () => {
  const order = (of: EntityModel, names: readonly string[]) =>
    names.map((name) => ({ ordinal: ordinalOf(of, name), desc: false }));
  const cursor = encodeCursor(order(entity, ["m", "id"]), entity, sparseOf(entity, { id: "a", m: 1250n }));

  test("a field more does not matter", () => {
    const next = entityOf({ fields: { ...fields, more: text }, key: ["id"] });
    expect(decodeCursor(order(next, ["m", "id"]), next, cursor)[ordinalOf(next, "m")]).toBe(1250n);
  });

  test("another type, scale, direction or field is refused", () => {
    const retyped = entityOf({ fields: { ...fields, m: int64 }, key: ["id"] });
    const rescaled = entityOf({ fields: { ...fields, m: { kind: "decimal", precision: 6, scale: 3 } }, key: ["id"] });
    expect(() => decodeCursor(order(retyped, ["m", "id"]), retyped, cursor)).toThrow(Fault);
    expect(() => decodeCursor(order(rescaled, ["m", "id"]), rescaled, cursor)).toThrow(Fault);
    expect(() => decodeCursor(order(entity, ["big", "id"]), entity, cursor)).toThrow(Fault);
    expect(() => decodeCursor(order(entity, ["m"]), entity, cursor)).toThrow(Fault);
    expect(() =>
      decodeCursor(
        [
          { ordinal: ordinalOf(entity, "m"), desc: true },
          { ordinal: 0, desc: false },
        ],
        entity,
        cursor,
      ),
    ).toThrow(Fault);
  });
});
