/** Encodings sort as their values do. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareText } from "../../../../src/model/compare.ts";
import { parseDuration, parseTimestamp, durationText, timestampText } from "../../../../src/adapter/document/moment.ts";
import {
  afterPrefix,
  fromOrderedText,
  orderedText,
  signedOf,
  unsignedOf,
} from "../../../../src/adapter/sql/ordered.ts";
import { anyText } from "../sqlite/records.ts";

const most = 10n ** 78n - 1n;
const anyDecimal = fc.oneof(fc.constantFrom(0n, 1n, -1n, most, -most), fc.bigInt({ min: -most, max: most }));

const sign = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

describe("ordered text", () => {
  it("sorts and reads back", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        expect(fromOrderedText(orderedText(a, 78))).toBe(a);
        expect(Math.sign(compareText(orderedText(a, 78), orderedText(b, 78)))).toBe(sign(a, b));
      }),
    );
  });

  it("is fixed in form, because files hold it", () => {
    expect([orderedText(0n, 3), orderedText(42n, 3), orderedText(-1n, 3), orderedText(-999n, 3)]).toEqual([
      "1000",
      "1042",
      "0998",
      "0000",
    ]);
  });
});

describe("signed numbers for unsigned ones", () => {
  it("sort and read back", () => {
    const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(unsignedOf(signedOf(a))).toBe(a);
        expect(sign(signedOf(a), signedOf(b))).toBe(sign(a, b));
      }),
    );
  });
});

describe("the end of a prefix", () => {
  it("is behind all texts that begin with it, and before all others that are", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (prefix, rest, other) => {
        const after = afterPrefix(prefix);
        if (after === undefined) return;
        expect(compareText(prefix + rest, after)).toBeLessThan(0);
        const isBehind = !other.startsWith(prefix) && compareText(other, prefix) > 0;
        expect(!isBehind || compareText(other, after) >= 0).toBe(true);
      }),
    );
  });

  it("passes over surrogates and the last code point", () => {
    expect(afterPrefix("a\uD7FF")).toBe("a\uE000");
    expect(afterPrefix("a\u{10FFFF}")).toBe("b");
    expect(afterPrefix("\u{10FFFF}")).toBeUndefined();
    expect(afterPrefix("a\u{1F600}\u{10FFFF}\u{10FFFF}")).toBe("a\u{1F601}");
  });

  it("may be as long as a request", () => {
    const long = "a".repeat(1_000_000);
    expect(afterPrefix(long)).toBe(`${long.slice(1)}b`);
    expect(afterPrefix(`b${"\u{10FFFF}".repeat(200_000)}`)).toBe("c");
  });
});

describe("moments", () => {
  it("read back to the nanosecond over protobuf's range", () => {
    const any = fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n });
    fc.assert(
      fc.property(any, (nanos) => {
        expect(parseTimestamp(timestampText(nanos))).toBe(nanos);
        expect(parseDuration(durationText(nanos))).toBe(nanos);
      }),
    );
  });
});
