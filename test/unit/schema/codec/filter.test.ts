/** The Filter message as conditions: what each predicate becomes, what is folded, what is refused and where. */

import { fromJson, toBinary, type JsonValue } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fault } from "../../../../src/model/fault.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import type { Reason } from "../../../../src/model/reason.ts";
import { compileFilter } from "../../../../src/model/evaluate.ts";
import { normalise } from "../../../../src/model/record.ts";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { Reader } from "../../../../src/schema/codec/reader.ts";
import { LIMITS, loadEntities } from "./entity-under-test.ts";

const everything = (await loadEntities()).get("test.v1.Everything")!;
const codec = compileCodec(everything.model, LIMITS);
const message = everything.message("Filter");

const ordinal = (name: string): number => everything.model.fields.find((field) => field.name === name)!.ordinal;

const read = (bytes: Uint8Array): Filter | undefined => codec.filter.decode(new Reader(bytes), bytes.length, "where");

const decode = (json: JsonValue): Filter | undefined => read(toBinary(message, fromJson(message, json)));

function fault(bytes: JsonValue | Uint8Array): Fault {
  try {
    if (bytes instanceof Uint8Array) read(bytes);
    else decode(bytes);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("it was taken");
}

const never: Filter = { kind: "const", value: false };
const present = (name: string): Filter => ({ kind: "condition", op: "is_null", ordinal: ordinal(name), value: false });
const on = (name: string, op: string, value: unknown): unknown => ({
  kind: "condition",
  op,
  ordinal: ordinal(name),
  value,
});

describe("a predicate", () => {
  it.each<[string, JsonValue, unknown]>([
    ["a string's", { string_value: { eq: "a" } }, on("string_value", "eq", "a")],
    ["starts_with nothing", { string_value: { starts_with: "" } }, on("string_value", "starts_with", "")],
    ["an int32's", { int32_value: { gte: "-7" } }, on("int32_value", "gte", -7)],
    ["an int64's", { int64_value: { lt: "9007199254740993" } }, on("int64_value", "lt", 9007199254740993n)],
    ["a uint64's", { uint64_value: { ne: "18446744073709551615" } }, on("uint64_value", "ne", 2n ** 64n - 1n)],
    ["a wrapper's", { int32_wrapper: { eq: "3" } }, on("int32_wrapper", "eq", 3)],
    ["an enum's", { color: { eq: "COLOR_ULTRAVIOLET" } }, on("color", "eq", -1)],
    ["a bool's", { bool_value: { ne: false } }, on("bool_value", "ne", false)],
    ["a decimal's", { money_decimal: { eq: "1.5" } }, on("money_decimal", "eq", 150n)],
    ["a timestamp's", { happened_at: { gt: "1970-01-01T00:00:00.000000001Z" } }, on("happened_at", "gt", 1n)],
    ["a duration's", { took: { lte: "-1.5s" } }, on("took", "lte", -1_500_000_000n)],
    ["a message's", { detail: { is_null: true } }, on("detail", "is_null", true)],
    ["a Struct's", { document: { is_null: false } }, on("document", "is_null", false)],
    ["emptiness of a list", { details: { is_empty: true } }, on("details", "is_empty", true)],
    ["emptiness of a map", { by_bool: { is_empty: false } }, on("by_bool", "is_empty", false)],
  ])("%s", (_, json, expected) => expect(decode(json)).toEqual(expected));

  it("joins all that is set, in the order of fields and operators", () => {
    expect(decode({ int64_value: { lt: "9", gte: "1" }, id: { eq: "x" } })).toEqual({
      kind: "group",
      op: "and",
      terms: [on("id", "eq", "x"), on("int64_value", "lt", 9n), on("int64_value", "gte", 1n)],
    });
  });

  it("takes values of one_of once each, and leaves out what the field cannot hold", () => {
    const one = decode({ int32_value: { one_of: ["1", "1", "4294967296", "2"] } });
    expect(one).toEqual({ kind: "condition", op: "in", ordinal: ordinal("int32_value"), values: [1, 2] });
    expect(decode({ int32_value: { one_of: ["4294967296"] } })).toEqual(never);
    const blobs = decode({ bytes_value: { one_of: ["AQ==", "AQ==", "Ag=="] } });
    expect(blobs).toMatchObject({ kind: "condition", op: "in", values: [Uint8Array.of(1), Uint8Array.of(2)] });
  });

  it("searches elements of lists and keys of maps", () => {
    const any = (name: string, values: unknown[]): unknown => ({
      kind: "condition",
      op: "has_any",
      ordinal: ordinal(name),
      values,
    });
    expect(decode({ strings: { has: "a" } })).toEqual(any("strings", ["a"]));
    expect(decode({ colors: { has_any: ["COLOR_RED"] } })).toEqual(any("colors", [1]));
    expect(decode({ by_int32: { has_any: ["5", "4294967296"] } })).toEqual(any("by_int32", [5]));
    expect(decode({ by_fixed32: { has_all: ["5", "4294967296"] } })).toEqual(never);
    expect(decode({ by_uint64: { has_all: ["5", "5"] } })).toMatchObject({
      kind: "condition",
      op: "has_all",
      values: [5n],
    });
  });

  it("may hold its messages and lists in several pieces", () => {
    const once = (json: JsonValue): Uint8Array => toBinary(message, fromJson(message, json));
    const bytes = Buffer.concat([
      once({ int64_value: { eq: "1", one_of: ["1"] } }),
      once({ int64_value: { eq: "2", one_of: ["3"] } }),
    ]);
    expect(read(bytes)).toEqual({
      kind: "group",
      op: "and",
      terms: [
        on("int64_value", "eq", 2n),
        { kind: "condition", op: "in", ordinal: ordinal("int64_value"), values: [1n, 3n] },
      ],
    });
  });
});

describe("an operand that no value of the field equals", () => {
  const comparisons = ["eq", "ne", "lt", "lte", "gt", "gte"] as const;
  const folded = (name: string, operand: JsonValue): unknown[] =>
    comparisons.map((op) => decode({ [name]: { [op]: operand } }));

  it("lies between two decimals", () => {
    const at = (op: string): unknown => on("money_decimal", op, 100n);
    const expected = [never, present("money_decimal"), at("lte"), at("lte"), at("gt"), at("gt")];
    expect(folded("money_decimal", "1.005")).toEqual(expected);
    expect(decode({ money_decimal: { lt: "-1.005" } })).toEqual(on("money_decimal", "lte", -101n));
  });

  it("lies beyond all of them", () => {
    const all = present("money_decimal");
    expect(folded("money_decimal", "10000000000000000")).toEqual([never, all, all, all, never, never]);
    expect(folded("money_decimal", "-9999999999999999.999")).toEqual([never, all, never, never, all, all]);
    const every = present("int32_value");
    expect(folded("int32_value", "2147483648")).toEqual([never, every, every, every, never, never]);
    expect(folded("int32_value", "-2147483649")).toEqual([never, every, never, never, every, every]);
    const each = present("float_value");
    expect(folded("float_value", 1e39)).toEqual([never, each, each, each, never, never]);
  });

  it("is a float where its field is one, as a written value is", () => {
    const is = (op: string): unknown => on("float_value", op, Math.fround(0.1));
    expect(folded("float_value", 0.1)).toEqual(["eq", "ne", "lt", "lte", "gt", "gte"].map(is));
  });

  it("means for a float what it means for the nearest float", () => {
    const field = ordinal("float_value");
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constantFrom(...comparisons),
        (random, stored, near, op) => {
          const operand = (near ? stored * (1 + random * 2 ** -30 * (Math.abs(random) < 1 ? 1 : 0)) : random) + 0;
          fc.pre(Number.isFinite(operand));
          const sparse = everything.model.fields.map((_, at) => (at === field ? stored + 0 : undefined));
          const row = normalise(everything.model.message, sparse);
          const filter = decode({ float_value: { [op]: operand } });
          const asked = Math.fround(operand);
          const exact = { eq: stored === asked, ne: stored !== asked, lt: stored < asked, lte: stored <= asked, gt: stored > asked, gte: stored >= asked }; // prettier-ignore
          expect(filter && compileFilter(everything.model, filter)(row)).toBe(exact[op]);
        },
      ),
    );
  });
});

describe("groups", () => {
  const a: JsonValue = { id: { eq: "a" } };
  const b: JsonValue = { id: { eq: "b" } };
  const is = (value: string): unknown => on("id", "eq", value);

  it("join their elements", () => {
    expect(decode({ all: [a, b] })).toEqual({ kind: "group", op: "and", terms: [is("a"), is("b")] });
    expect(decode({ any: [a, b] })).toEqual({ kind: "group", op: "or", terms: [is("a"), is("b")] });
    expect(decode({ none: [a, b] })).toEqual({
      kind: "not",
      term: { kind: "group", op: "or", terms: [is("a"), is("b")] },
    });
    expect(decode({ none: [a], any: [b] })).toEqual({
      kind: "group",
      op: "and",
      terms: [is("b"), { kind: "not", term: is("a") }],
    });
  });

  it("with nothing at the top are no filter", () => expect(decode({})).toBeUndefined());

  it("stand inside each other 32 times, and not 33", () => {
    const nest = (levels: number): JsonValue => (levels === 0 ? a : { any: [nest(levels - 1)] });
    expect(decode(nest(32))).toEqual(is("a"));
    expect(fault(nest(33)).reason).toBe("FILTER_TOO_DEEP");
    let bytes: Uint8Array = toBinary(message, fromJson(message, a));
    for (let level = 0; level < 10_000; level++) {
      const length = Buffer.from([(bytes.length % 128) | 128, ((bytes.length >> 7) % 128) | 128, bytes.length >> 14]);
      bytes = Buffer.concat([Buffer.of(0x12), length, bytes]);
    }
    expect(fault(bytes).reason).toBe("FILTER_TOO_DEEP");
  });

  it("hold a thousand conditions, and not ten thousand", () => {
    expect(decode({ any: Array.from({ length: 1_000 }, () => a) })).toMatchObject({ kind: "group", op: "or" });
    expect(fault({ any: Array.from({ length: 10_000 }, () => a) }).reason).toBe("FILTER_TOO_LARGE");
  });
});

describe("what is refused", () => {
  const number = (name: string): number => everything.model.fields.find((field) => field.name === name)!.number + 10;
  const raw = (name: string, predicate: number[]): Uint8Array => {
    const tag = number(name) * 8 + 2;
    return Uint8Array.from([...(tag < 128 ? [tag] : [(tag % 128) + 128, tag >> 7]), predicate.length, ...predicate]);
  };

  it.each<[string, JsonValue | Uint8Array, Reason, string]>([
    ["an empty predicate", { id: {} }, "EMPTY_PREDICATE", "where.id"],
    ["an empty one_of", raw("int64_value", [0x3a, 0]), "EMPTY_PREDICATE", "where.int64_value"],
    ["an empty has_any", raw("int64s", [0x12, 0]), "EMPTY_PREDICATE", "where.int64s"],
    ["an empty element", { any: [{ id: { eq: "a" } }, {}] }, "EMPTY_PREDICATE", "where.any[1]"],
    ["an empty predicate in a group", { any: [{}, { id: {} }].slice(1) }, "EMPTY_PREDICATE", "where.any[0].id"],
    ["an unknown field", Uint8Array.of(0x20, 1), "FIELD_UNKNOWN", "where.4"],
    ["an unknown operator", raw("id", [0x58, 1]), "FIELD_UNKNOWN", "where.id.11"],
    ["an undeclared enum number", { color: { eq: 77 } }, "ENUM_UNKNOWN", "where.color.eq"],
    ["an element of an undeclared number", { colors: { has: 77 } }, "ENUM_UNKNOWN", "where.colors.has"],
    ["NaN", { double_value: { eq: "NaN" } }, "NUMBER_INVALID", "where.double_value.eq"],
    ["no decimal", { none: [{ money_decimal: { lt: "1e5" } }] }, "DECIMAL_INVALID", "where.none[0].money_decimal.lt"],
    ["an empty decimal", { money_decimal: { eq: "" } }, "DECIMAL_INVALID", "where.money_decimal.eq"],
    ["NUL", { id: { contains: "\0" } }, "STRING_INVALID", "where.id.contains"],
    ["101 values", { id: { one_of: Array.from({ length: 101 }, (_, i) => `${i}`) } }, "FILTER_TOO_LARGE", "where.id.one_of"],
  ])("%s", (_, json, reason, path) => {
    expect(fault(json)).toMatchObject({ reason, detail: { field: path } });
  }); // prettier-ignore

  it("an unknown field also where an entity's are dropped", () => {
    const lenient = compileCodec(everything.model, { ...LIMITS, unknownEntityFields: "drop" });
    expect(() => lenient.filter.decode(new Reader(Uint8Array.of(0x20, 1)), 2, "where")).toThrow(Fault);
  });

  it("anything else with a Fault, whatever the bytes are", () => {
    const attempt = (bytes: Uint8Array): boolean => {
      try {
        read(bytes);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
      }
      return true;
    };
    expect(fc.check(fc.property(fc.uint8Array({ maxLength: 60 }), attempt), { numRuns: 2_000 }).failed).toBe(false);
  });
});
