/** Bytes that are no protobuf, and values that no record holds: test/cases 34, 36, 37, 38, 40, 42 and 43 as facts of the codec. */

import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { Fault } from "../../../../src/model/fault.ts";
import type { MessageField, MessageType } from "../../../../src/model/field.ts";
import type { Reason } from "../../../../src/model/reason.ts";
import { isList, isMap, type EntityRecord, type Value } from "../../../../src/model/value.ts";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { Meter } from "../../../../src/schema/codec/meter.ts";
import { Reader } from "../../../../src/schema/codec/reader.ts";
import { recordCompiler, refuseUnknown } from "../../../../src/schema/codec/record.ts";
import { LIMITS, loadEntities } from "./entity-under-test.ts";

const everything = (await loadEntities()).get("test.v1.Everything")!;
const { record, change } = compileCodec(everything.model, LIMITS);
const lenient = compileCodec(everything.model, { ...LIMITS, unknownEntityFields: "drop" });

const decode = (bytes: Uint8Array): EntityRecord => record.decode(new Reader(bytes), bytes.length);

const field = (name: string): MessageField => everything.model.fields.find((candidate) => candidate.name === name)!;

const valueOf = (decoded: EntityRecord, name: string): Value | undefined => decoded[field(name).ordinal];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

const tag = (name: string, wireType: number): number[] => varint(field(name).number * 8 + wireType);

const text = (name: string, content: string | number[]): number[] => {
  const bytes = typeof content === "string" ? [...Buffer.from(content)] : content;
  return [...tag(name, 2), ...varint(bytes.length), ...bytes];
};

function fault(bytes: readonly number[] | Uint8Array): Fault {
  try {
    decode(Uint8Array.from(bytes));
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("it was taken");
}

const tenBytes = (last: number): number[] => [...Array.from({ length: 9 }, () => 0xff), last];

function nest(levels: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 1; level < levels; level++)
    bytes = Buffer.concat([Buffer.from([0x3a, ...varint(bytes.length)]), bytes]); // Detail.inner
  return Buffer.concat([Buffer.from([...tag("detail", 2), ...varint(bytes.length)]), bytes]);
}

describe("bytes that are no protobuf", () => {
  it.each<[string, readonly number[]]>([
    ["a string that is not UTF-8", text("string_value", [0xc3, 0x28])],
    ["a surrogate in UTF-8", text("string_value", [0xed, 0xa0, 0x80])],
    ["a long string that is not UTF-8", text("string_value", [...Array.from({ length: 50 }, () => 65), 0xff])],
    ["a varint of eleven bytes", [...tag("int64_value", 0), ...tenBytes(0xff), 1]],
    ["a varint beyond 64 bits", [...tag("int64_value", 0), ...tenBytes(2)]],
    ["tag 0", [0]],
    ["field number 0", [2, 0]],
    ["wire type 6", [...tag("int64_value", 6), 1]],
    ["wire type 7", [...tag("int64_value", 7), 1]],
    ["an end of group without a beginning", tag("detail", 4)],
    ["an end in a varint", [...tag("int64_value", 0), 0x80]],
    ["an end in a string", [...tag("string_value", 2), 5, 65]],
    ["an end in a double", [...tag("double_value", 1), 1, 2, 3]],
    ["a length beyond 4 GiB", [...tag("string_value", 2), 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["a field that leaves its message", [...tag("detail", 2), 2, 0x0a, 5, 65, 65, 65, 65, 65]],
    ["a group that ends with another number", [...varint(900 * 8 + 3), ...varint(901 * 8 + 4)]],
    ["a group without an end", varint(900 * 8 + 3)],
  ])("%s is MESSAGE_MALFORMED", (_, bytes) => {
    expect(fault(bytes)).toMatchObject({ reason: "MESSAGE_MALFORMED", code: "INTERNAL" });
  });

  it("nests 97 messages inside the entity, and not 98", () => {
    expect(() => decode(nest(97))).not.toThrow();
    expect(fault(nest(98)).reason).toBe("MESSAGE_MALFORMED");
    expect(fault(nest(20_000)).reason).toBe("MESSAGE_MALFORMED");
  });

  it("refuses groups inside groups, 100,000 deep, without a stack of its own", () => {
    const groups = Array.from({ length: 100_000 }, () => varint(900 * 8 + 3)).flat();
    expect(fault(groups).reason).toBe("MESSAGE_MALFORMED");
  });
});

describe("values that no record holds", () => {
  const doubleOf = (value: number): number[] => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return [...tag("double_value", 1), ...bytes];
  };
  const instant = (name: string, seconds: bigint, nanos: number): number[] => {
    const message = everything.desc.fields.find((candidate) => candidate.name === name)!.message!;
    return text(name, [...toBinary(message, create(message, { seconds, nanos }))]);
  };

  it.each<[string, readonly number[], Reason, string]>([
    ["an undeclared enum number", [...tag("color", 0), 99], "ENUM_UNKNOWN", "color"],
    ["NaN", doubleOf(NaN), "NUMBER_INVALID", "double_value"],
    ["infinity", doubleOf(-Infinity), "NUMBER_INVALID", "double_value"],
    ["NUL in a short string", text("string_value", "a\0"), "STRING_INVALID", "string_value"],
    ["NUL in a long string", text("string_value", `${"a".repeat(40)}\0`), "STRING_INVALID", "string_value"],
    ["NUL in a map's key", text("labels", [10, 1, 0]), "STRING_INVALID", "labels"],
    ["an exponent", text("money_decimal", "1e400"), "DECIMAL_INVALID", "money_decimal"],
    ["a plus sign", text("money_decimal", "+1"), "DECIMAL_INVALID", "money_decimal"],
    ["digits beyond the scale", text("money_decimal", "1.005"), "DECIMAL_INVALID", "money_decimal"],
    ["digits beyond the precision", text("money_decimal", "12345678901234567"), "DECIMAL_INVALID", "money_decimal"],
    ["the year 0", instant("happened_at", -62_135_596_801n, 0), "TIMESTAMP_INVALID", "happened_at"],
    ["the year 10000", instant("happened_at", 253_402_300_800n, 0), "TIMESTAMP_INVALID", "happened_at"],
    ["seconds near 2^63", instant("happened_at", 2n ** 63n - 1n, 0), "TIMESTAMP_INVALID", "happened_at"],
    ["nanos 1e9", instant("happened_at", 0n, 1_000_000_000), "TIMESTAMP_INVALID", "happened_at"],
    ["negative nanos", instant("happened_at", 0n, -1), "TIMESTAMP_INVALID", "happened_at"],
    ["a duration beyond 10,000 years", instant("took", 315_576_000_001n, 0), "FIELD_INVALID", "took"],
    ["a duration of two signs", instant("took", 1n, -1), "FIELD_INVALID", "took"],
    ["another wire type", [...tag("string_value", 0), 1], "FIELD_INVALID", "string_value"],
    ["an unknown field", [...varint(999 * 8), 1], "FIELD_UNKNOWN", "999"],
    ["an unknown field inside", text("detail", [...varint(999 * 8), 1]), "FIELD_UNKNOWN", "detail.999"],
    ["a bad value inside a list", text("details", text("string_plain", "a")), "FIELD_UNKNOWN", "details.22"],
  ])("%s is refused, and where it stands is said", (_, bytes, reason, path) => {
    expect(fault(bytes)).toMatchObject({ reason, detail: { field: path } });
  });

  it("never quotes a value", () => {
    expect(fault(text("money_decimal", "4711.47114711")).message).not.toContain("4711");
  });
});

describe("what protobuf leaves open", () => {
  it("takes the last of duplicate scalars and of members of a oneof", () => {
    const twice = decode(Uint8Array.from([...text("string_value", "a"), ...text("string_value", "b")]));
    expect(valueOf(twice, "string_value")).toBe("b");
    const members = decode(Uint8Array.from([...text("string_choice", "a"), ...tag("int64_choice", 0), 7]));
    expect(valueOf(members, "string_choice")).toBeUndefined();
    expect(valueOf(members, "int64_choice")).toBe(7n);
  });

  it("keeps map keys that are names of Object's own as data", () => {
    const names = ["__proto__", "constructor", "toString"];
    const bytes = names.flatMap((name) => text("labels", [10, name.length, ...Buffer.from(name), 18, 1, 120]));
    const labels = valueOf(decode(Uint8Array.from(bytes)), "labels");
    expect(isMap(labels) && [...labels.keys()]).toEqual(names);
  });

  it("reads lists packed and one by one", () => {
    const bytes = [...tag("int32s", 0), 1, ...tag("int32s", 2), 2, 2, 3, ...tag("int32s", 0), 4];
    expect(valueOf(decode(Uint8Array.from(bytes)), "int32s")).toEqual([1, 2, 3, 4]);
  });

  it("gives a map's entry without key or value its zeros", () => {
    expect(valueOf(decode(Uint8Array.from(text("labels", []))), "labels")).toEqual(new Map([["", ""]]));
    const at = valueOf(decode(Uint8Array.from(text("by_fixed32", []))), "by_fixed32");
    expect(at).toEqual(new Map([[0, 0n]]));
  });

  it("drops ignored fields, zeros without presence, and an empty decimal; −0 becomes 0", () => {
    const zero = Buffer.alloc(8);
    zero.writeDoubleLE(-0);
    const bytes = [...varint(138 * 8 + 2), 1, 65, ...tag("int32_plain", 0), 0, ...text("money_decimal", "")];
    expect(decode(Uint8Array.from(bytes)).every((value) => value === undefined)).toBe(true);
    expect(valueOf(decode(Uint8Array.from([...tag("double_value", 1), ...zero])), "double_value")).toBe(0);
  });

  it("takes zeros beyond a decimal's scale, and fewer digits", () => {
    expect(valueOf(decode(Uint8Array.from(text("money_decimal", "-1.50000"))), "money_decimal")).toBe(-150n);
    expect(valueOf(decode(Uint8Array.from(text("money_decimal", "-0"))), "money_decimal")).toBe(0n);
  });

  it("aliases nothing of the bytes it read", () => {
    const bytes = Uint8Array.from(text("bytes_value", [1, 2, 3]));
    const value = valueOf(decode(bytes), "bytes_value");
    bytes.fill(9);
    expect(value).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("drops unknown fields of an entity where it was told to, and never in a change", () => {
    const bytes = Uint8Array.from([...varint(999 * 8), 1, ...text("string_value", "a")]);
    expect(lenient.record.decode(new Reader(bytes), bytes.length)[field("string_value").ordinal]).toBe("a");
    expect(() => lenient.change.decode(new Reader(bytes), bytes.length)).toThrow(Fault);
    expect(change).toBe(record);
  });

  it("merges messages that stand twice", () => {
    const bytes = [...text("detail", [0x0a, 1, 65]), ...text("detail", [0x10, 5])];
    const detail = valueOf(decode(Uint8Array.from(bytes)), "detail");
    expect(isList(detail) && detail.slice(0, 2)).toEqual(["A", 5n]);
  });
});

describe("what one request may ask of the decoder", () => {
  const refusal = (bytes: Uint8Array): unknown => {
    try {
      decode(bytes);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const many = (times: number, bytes: readonly number[]): Buffer =>
    Buffer.alloc(bytes.length * times, Buffer.from(bytes));

  it.each<[string, Buffer]>([
    ["two million empty items", many(2_000_000, [...tag("details", 2), 0])],
    ["fields inside a Struct", Buffer.from(text("document", [...many(60_000, [0x0a, 0])]))],
    ["300,000 packed numbers", Buffer.from(text("int64s", [...many(300_000, [1])]))],
  ])("refuses %s", (_, bytes) => {
    expect(refusal(bytes)).toMatchObject({ reason: "MESSAGE_TOO_COMPLEX", code: "RESOURCE_EXHAUSTED" });
  });

  it("counts what is passed over", () => {
    const dropped = (bytes: Buffer): unknown => lenient.record.decode(new Reader(bytes), bytes.length);
    expect(() => dropped(many(60_000, [...varint(999 * 8), 1]))).toThrow(/50000 fields/);
    const group = Buffer.concat([
      Buffer.from(varint(900 * 8 + 3)),
      many(60_000, [8, 1]),
      Buffer.from(varint(900 * 8 + 4)),
    ]);
    expect(() => dropped(group)).toThrow(/50000 fields/);
  });

  it("takes long texts, and tens of thousands of numbers", () => {
    expect(refusal(Buffer.from(text("string_value", [...many(300_000, [97])])))).toBeUndefined();
    expect(refusal(Buffer.from(text("int32s", [...many(150_000, [1])])))).toBeUndefined();
  });

  it("counts the room that Records take", () => {
    const message: MessageType = {
      name: "Wide",
      fields: Array.from({ length: 2_000 }, (_, i) => ({
        ...field("string_value"),
        name: `f${i}`,
        number: i + 1,
        ordinal: i,
      })),
      ignored: [],
    };
    const wide = {
      ...field("details"),
      type: { kind: "list", element: { kind: "message", message }, set: false },
    } as const;
    const codec = recordCompiler(refuseUnknown)({
      name: "Holder",
      fields: [{ ...wide, number: 1, ordinal: 0 }],
      ignored: [],
    });
    const items = (count: number): Buffer => many(count, [10, 0]);
    expect(() => codec.decode(new Reader(items(20_000)), 40_000)).toThrow(/packed elements/);
    expect(codec.decode(new Reader(items(1_000)), 2_000)[0]).toHaveLength(1_000);
  });

  it("is one measure for all readers of a request", () => {
    const meter = new Meter();
    const bytes = many(15_000, [...tag("details", 2), 0]);
    const read = (): unknown => record.decode(new Reader(bytes, meter), bytes.length);
    read();
    expect(meter.spent).toBeGreaterThanOrEqual(120_000);
    expect(read).toThrow(/50000 fields/);
  });
});
