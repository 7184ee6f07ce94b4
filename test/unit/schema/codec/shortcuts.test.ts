/** Every shortcut of the wire codec against a plain way to the same answer. Lengths and values gather around the shortcut's own constants. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalFits, decimalText, parseDecimal, rescale } from "../../../../src/model/decimal.ts";
import { Fault } from "../../../../src/model/fault.ts";
import type { ScalarType } from "../../../../src/model/field.ts";
import type { Value } from "../../../../src/model/value.ts";
import { fromNanoseconds, signed, split, toNanoseconds, unsigned } from "../../../../src/model/int64.ts";
import { Reader } from "../../../../src/schema/codec/reader.ts";
import { recordCompiler, refuseUnknown } from "../../../../src/schema/codec/record.ts";
import { scalarCodec } from "../../../../src/schema/codec/scalar-codec.ts";
import { Writer } from "../../../../src/schema/codec/writer.ts";

const runs = { numRuns: 2_000 };

/** What a reading gives: its value, or the reason it was refused with. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) return error.reason;
    throw error;
  }
}

function varint(value: bigint, width = 0): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n || bytes.length < Math.max(width, 1); rest >>= 7n) bytes.push(Number(rest & 0x7fn));
  return bytes.map((byte, i) => (i < bytes.length - 1 ? byte | 0x80 : byte));
}

function lengthPrefixed(bytes: Uint8Array): Buffer {
  return Buffer.from([...varint(BigInt(bytes.length)), ...bytes]);
}

function writtenBy(write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  write(writer);
  return writer.finish();
}

/** Values around the powers of two at which a varint or a half grows. */
const aroundPowers = (bits: number): fc.Arbitrary<bigint> =>
  fc
    .tuple(fc.integer({ min: 0, max: bits }), fc.integer({ min: -2, max: 2 }), fc.boolean())
    .map(([power, offset, negative]) => (negative ? -1n : 1n) * (2n ** BigInt(power) + BigInt(offset)));

describe("a short decimal", () => {
  const scales = fc.constantFrom(0, 1, 2, 3, 4, 9, 13, 14, 15, 16, 18, 38);
  const digits = (length: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.integer({ min: 0, max: 9 }).map(String), minLength: length, maxLength: length });
  /** Texts whose length is near the scale or near what a number holds, with the point near where it belongs, or none. */
  const texts = scales.chain((scale) =>
    fc
      .tuple(
        fc.oneof(
          fc.integer({ min: -2, max: 3 }).map((near) => scale + near),
          fc.integer({ min: 12, max: 18 }),
        ),
        fc.oneof(fc.constant(undefined), fc.integer({ min: -2, max: 2 })),
        fc.constantFrom("", "", "", "-", "+", " "),
      )
      .chain(([length, offset, sign]) =>
        digits(Math.max(0, length)).map((text) => {
          if (offset === undefined) return { scale, text: sign + text };
          const point = Math.min(text.length, Math.max(0, text.length - scale + offset));
          return { scale, text: `${sign}${text.slice(0, point)}.${text.slice(point)}` };
        }),
      ),
  );

  function plainly(text: string, type: Extract<ScalarType, { readonly kind: "decimal" }>): bigint | string | undefined {
    if (text === "") return undefined;
    const decimal = parseDecimal(text);
    if (!decimal) return "DECIMAL_INVALID";
    const { value, exact } = rescale(decimal.unscaled, decimal.scale, type.scale);
    return exact && decimalFits(value, type.precision) ? value : "DECIMAL_INVALID";
  }

  it("is read as any other decimal", () => {
    fc.assert(
      fc.property(texts, fc.constantFrom(0, 1, 20), ({ scale, text }, whole) => {
        const type = { kind: "decimal", precision: Math.max(1, scale + whole), scale } as const;
        const bytes = lengthPrefixed(Buffer.from(text));
        const read = (): Value | undefined =>
          scalarCodec(type, "length", refuseUnknown).read(new Reader(bytes), undefined);
        expect(outcome(read), text).toBe(plainly(text, type));
      }),
      {
        numRuns: 20_000,
        examples: [
          [{ scale: 2, text: "15" }, 20],
          [{ scale: 4, text: "2024" }, 20],
        ],
      },
    );
  });

  it("is written so that it reads as the same number", () => {
    fc.assert(
      fc.property(scales, aroundPowers(63), (scale, unscaled) => {
        const parsed = parseDecimal(decimalText(unscaled, scale))!;
        expect(rescale(parsed.unscaled, parsed.scale, scale)).toEqual({ value: unscaled, exact: true });
      }),
      runs,
    );
  });
});

describe("a short text", () => {
  const unit = fc.oneof(
    { arbitrary: fc.constantFrom("a", "Z", "~", "\u007f", "\u0001"), weight: 12 },
    { arbitrary: fc.constantFrom("\0", "\u0080", "é", "\ufffd", "€", "😀"), weight: 1 },
  );
  /** Around 9 code units for reading, 24 for writing, and the lengths at which the prefix grows. */
  const lengths = fc.oneof(
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 20, max: 28 }),
    fc.integer({ min: 120, max: 132 }),
  );
  const texts = fc
    .tuple(lengths, fc.constantFrom(unit, fc.constantFrom("a", "~")))
    .chain(([length, units]) => fc.string({ unit: units, minLength: length, maxLength: length }));

  it("is read as the platform's decoder reads it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const read = (): string => new Reader(lengthPrefixed(Buffer.from(text))).string();
        expect(outcome(read)).toBe(text.includes("\0") ? "STRING_INVALID" : text);
      }),
      runs,
    );
  });

  it("is refused where its bytes are not UTF-8", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const valid = outcome(() => {
          try {
            return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
          } catch {
            return "MESSAGE_MALFORMED";
          }
        });
        const read = outcome(() => new Reader(lengthPrefixed(bytes)).string());
        // A text with both faults may be refused for either.
        const answers = bytes.includes(0) ? ["STRING_INVALID", "MESSAGE_MALFORMED"] : [valid];
        expect(answers).toContain(read);
      }),
      runs,
    );
  });

  it("is written as the platform's encoder writes it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(writtenBy((writer) => writer.string(text))).toEqual(lengthPrefixed(Buffer.from(text)));
      }),
      runs,
    );
  });
});

describe("a varint", () => {
  it("of any width is read as its bits say", () => {
    fc.assert(
      fc.property(aroundPowers(64), fc.integer({ min: 0, max: 10 }), (value, width) => {
        const bits = BigInt.asUintN(64, value);
        const bytes = Uint8Array.from(varint(bits, width));
        expect(new Reader(bytes).uint64()).toBe(bits);
        expect(new Reader(bytes).int64()).toBe(BigInt.asIntN(64, bits));
        expect(BigInt(new Reader(bytes).uint32())).toBe(BigInt.asUintN(32, bits));
        expect(BigInt(new Reader(bytes).int32())).toBe(BigInt.asIntN(32, bits));
        expect(new Reader(bytes).bool()).toBe(bits !== 0n);
        expect(BigInt(new Reader(bytes).sint32())).toBe(unzigzag(BigInt.asUintN(32, bits)));
        expect(new Reader(bytes).sint64()).toBe(unzigzag(bits));
      }),
      runs,
    );
  });

  it("is written with as few bytes as it takes", () => {
    fc.assert(
      fc.property(aroundPowers(64), (value) => {
        const bits = BigInt.asUintN(64, value);
        const wide = BigInt.asIntN(64, bits);
        const narrow = BigInt.asIntN(32, bits);
        expect(writtenBy((writer) => writer.int64(wide))).toEqual(Buffer.from(varint(bits)));
        expect(writtenBy((writer) => writer.sint64(wide))).toEqual(Buffer.from(varint(zigzag(wide, 64))));
        expect(writtenBy((writer) => writer.uint32(Number(BigInt.asUintN(32, bits))))).toEqual(
          Buffer.from(varint(BigInt.asUintN(32, bits))),
        );
        expect(writtenBy((writer) => writer.int32(Number(narrow)))).toEqual(
          Buffer.from(varint(BigInt.asUintN(64, narrow))),
        );
        expect(writtenBy((writer) => writer.sint32(Number(narrow)))).toEqual(Buffer.from(varint(zigzag(narrow, 32))));
      }),
      runs,
    );
  });

  it("that is a safe integer is the same by way of a number", () => {
    fc.assert(
      fc.property(aroundPowers(52), (value) => {
        const bytes = Buffer.from(varint(BigInt.asUintN(64, value)));
        expect(writtenBy((writer) => writer.smallInt64(Number(value)))).toEqual(bytes);
        expect(new Reader(bytes).smallInt64()).toBe(Number(value));
      }),
      runs,
    );
  });

  function unzigzag(bits: bigint): bigint {
    return (bits >> 1n) ^ -(bits & 1n);
  }

  function zigzag(value: bigint, width: number): bigint {
    return BigInt.asUintN(width, (value << 1n) ^ (value >> BigInt(width - 1)));
  }
});

describe("64 bits in two halves", () => {
  it("are the number they are made of", () => {
    fc.assert(
      fc.property(aroundPowers(64), (value) => {
        const { low, high } = split(BigInt.asIntN(64, value));
        expect(signed(low, high)).toBe(BigInt.asIntN(64, value));
        expect(unsigned(low, high)).toBe(BigInt.asUintN(64, value));
      }),
      runs,
    );
  });

  const BILLION = 1_000_000_000n;
  const nanos = fc.constantFrom(0n, 1n, 65_535n, 65_536n, 999_999_999n);
  /** Around the powers of two, and around the seconds beyond which products leave 64 bits. */
  const seconds = fc.oneof(
    aroundPowers(38),
    fc
      .tuple(fc.constantFrom(9_000_000_000n, 9_223_372_036n, 62_135_596_800n), fc.bigInt({ min: -2n, max: 2n }))
      .chain(([edge, offset]) => fc.constantFrom(edge + offset, -edge + offset)),
  );

  it("hold a time as arithmetic on bigints makes it", () => {
    fc.assert(
      fc.property(seconds, nanos, (s, n) => {
        const whole = s * BILLION + n;
        expect(toNanoseconds(Number(s), Number(n))).toBe(whole);
        expect(fromNanoseconds(whole)).toEqual({ seconds: Number(s), nanos: Number(n) });
      }),
      runs,
    );
  });
});

describe("a length that is written after its content", () => {
  it("is the content's, whatever moved", () => {
    const sizes = fc
      .tuple(fc.constantFrom(0, 0x80, 0x1000, 0x4000, 0x1_0000, 0x20_0000), fc.integer({ min: -3, max: 3 }))
      .map(([edge, offset]) => Math.max(0, edge + offset));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 3 }), (size, depth) => {
        const content = Buffer.alloc(size, 7);
        let expected: Buffer = content;
        for (let level = 0; level <= depth; level++) expected = lengthPrefixedBuffer(expected);
        const written = writtenBy((writer) => {
          const marks = Array.from({ length: depth + 1 }, () => writer.open());
          writer.raw(content);
          for (const mark of marks.toReversed()) writer.close(mark);
        });
        expect(written.equals(expected)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  function lengthPrefixedBuffer(bytes: Buffer): Buffer {
    return Buffer.concat([Buffer.from(varint(BigInt(bytes.length))), bytes]);
  }
});

describe("a field that is looked up by number", () => {
  const text = {
    type: { kind: "string" },
    presence: true,
    wire: { encoding: "length", packed: false, wrapper: false },
  } as const;
  /** Around the last number that is looked up in an array, and the largest there is. */
  const numbers = fc.uniqueArray(
    fc.oneof(fc.integer({ min: 1_019, max: 1_028 }), fc.constantFrom(1, 2, 15, 16, 2_047, 2_048, 536_870_901)),
    { minLength: 1, maxLength: 8 },
  );

  it("is found wherever its number stands, and no other is", () => {
    fc.assert(
      fc.property(numbers, numbers, (declared, sent) => {
        const fields = declared.map((number, ordinal) => ({ ...text, name: `f${number}`, number, ordinal }));
        const codec = recordCompiler(refuseUnknown)({ name: "Numbers", fields, ignored: [] });
        const message = Buffer.concat(
          sent.map((number) =>
            Buffer.concat([Buffer.from(varint(BigInt(number) * 8n + 2n)), lengthPrefixed(Buffer.from(`${number}`))]),
          ),
        );
        const expected = sent.every((number) => declared.includes(number))
          ? declared.map((number) => (sent.includes(number) ? String(number) : undefined))
          : "FIELD_UNKNOWN";
        const read = outcome(() => codec.decode(new Reader(message), message.length));
        expect(read).toEqual(expected);
        if (!Array.isArray(read)) return;
        const ascending = [...sent]
          .sort((a, b) => a - b)
          .map((number) =>
            Buffer.concat([Buffer.from(varint(BigInt(number) * 8n + 2n)), lengthPrefixed(Buffer.from(`${number}`))]),
          );
        expect(writtenBy((writer) => codec.encode(read, writer))).toEqual(Buffer.concat(ascending));
      }),
      runs,
    );
  });
});

describe("a map", () => {
  it("is written by key, however many entries it has", () => {
    const type = { kind: "map", key: { kind: "int32" }, value: { kind: "int32" } } as const;
    const field = {
      name: "map",
      number: 1,
      ordinal: 0,
      type,
      presence: false,
      wire: { encoding: "varint", key: "varint", packed: false, wrapper: false },
    } as const;
    const codec = recordCompiler(refuseUnknown)({ name: "Holder", fields: [field], ignored: [] });
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { maxLength: 5 }), (keys) => {
        const ascending = [...keys].sort((a, b) => a - b);
        const entries = ascending.map((key) => Buffer.from([10, 4, 8, key, 16, key]));
        expect(writtenBy((writer) => codec.encode([new Map(keys.map((key) => [key, key]))], writer))).toEqual(
          Buffer.concat(entries),
        );
      }),
      runs,
    );
  });
});
