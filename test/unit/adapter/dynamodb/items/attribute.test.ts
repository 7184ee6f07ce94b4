/** Attributes: exact both ways, also where the database writes a number otherwise than we did. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributeCodec, sameAttribute } from "../../../../../src/adapter/dynamodb/items/attribute.ts";
import { DocumentError } from "../../../../../src/adapter/document/json.ts";
import type { ScalarType } from "../../../../../src/model/field.ts";
import type { Value } from "../../../../../src/model/value.ts";

const kept = (type: ScalarType, value: Value): Value => {
  const codec = attributeCodec(type);
  return codec.decode(codec.encode(value)!);
};

describe("an attribute", () => {
  it("keeps every double, also those beyond the database's numbers", () => {
    const numbers = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    fc.assert(
      fc.property(numbers, (value) => {
        expect(kept({ kind: "double" }, value)).toBe(value);
      }),
    );
    expect(attributeCodec({ kind: "double" }).encode(5e-324)).toEqual({ S: "5e-324" });
  });

  it("keeps decimals of 38 digits as numbers and longer ones as texts", () => {
    for (const precision of [38, 78]) {
      const most = 10n ** BigInt(precision) - 1n;
      const type = { kind: "decimal", precision, scale: 18 } as const;
      fc.assert(
        fc.property(fc.bigInt({ min: -most, max: most }), (value) => {
          expect(kept(type, value)).toBe(value);
        }),
      );
    }
  });

  it("writes timestamps so that they sort as their times", () => {
    const { encode } = attributeCodec({ kind: "timestamp" });
    const first = -62_135_596_800_000_000_000n;
    const last = 253_402_300_799_999_999_999n;
    const moments = fc.bigInt({ min: first, max: last });
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        expect(kept({ kind: "timestamp" }, a)).toBe(a);
        expect(encode(a)!.S! < encode(b)!.S!).toBe(a < b);
      }),
    );
  });

  it.each([
    ["1E+3", 1000n],
    ["1.5E+2", 150n],
    ["-12e0", -12n],
  ])("reads the number %s", (N, value) => {
    expect(attributeCodec({ kind: "int64" }).decode({ N })).toBe(value);
  });

  it("refuses what is of another type, or does not fit", () => {
    const { decode } = attributeCodec({ kind: "int32" });
    expect(() => decode({ S: "1" })).toThrow(DocumentError);
    expect(() => decode({ N: "1.5" })).toThrow(DocumentError);
    expect(() => decode({ N: "2147483648" })).toThrow(/no room/u);
  });

  it("equals another of the same type and value alone", () => {
    expect(sameAttribute({ L: [{ N: "1" }] }, { L: [{ N: "1" }] })).toBe(true);
    expect(sameAttribute({ L: [{ N: "1" }] }, { L: [{ N: "2" }] })).toBe(false);
    expect(sameAttribute({ S: "1" }, { N: "1" })).toBe(false);
    expect(sameAttribute({ B: Uint8Array.of(1) }, { B: Uint8Array.of(1) })).toBe(true);
    expect(sameAttribute(undefined, { BOOL: false })).toBe(false);
  });
});
