/** Documents as they are stored: what goes in comes out, also through the text. */

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { FieldType, MessageField, MessageType } from "../../../../src/model/field.ts";
import type { Value } from "../../../../src/model/value.ts";
import type { DocumentCodec } from "../../../../src/adapter/document/document-codec.ts";
import { documentCodec, readDocument } from "../../../../src/adapter/document/document.ts";
import { integerIn } from "../../../../src/adapter/document/scalar-document.ts";
import { message } from "../../migration/types.ts";
import { entity } from "../sqlite/store.ts";
import { DocumentError, objectOf, parseJson, type Json } from "../../../../src/adapter/document/json.ts";

const texts: FieldType = { kind: "map", key: { kind: "string" }, value: { kind: "string" } };

function throughText(type: FieldType, value: Value): Value {
  const codec = documentCodec(type);
  return codec.decode(parseJson(JSON.stringify(codec.encode(value))));
}

describe("a stored map", () => {
  /** Characters that JSON escapes, and those their escaped text is made of. */
  const key = fc.string({
    unit: fc.constantFrom("\\", '"', "\n", "\u0001", "\u2028", "n", "u", "0", "a"),
    maxLength: 6,
  });

  it("keeps every key, whatever was parsed before it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, key), { maxLength: 8 }), (entries) => {
        const map = new Map(entries);
        expect(throughText(texts, map)).toEqual(map);
      }),
      { numRuns: 2_000, examples: [[[["k1", "1"]]], [[["\\", "2"]]], [[['"', "2"]]]] },
    );
  });

  it("is refused where it is not a list of pairs", () => {
    for (const text of ['{"a":"b"}', '["a"]', "[[1,2]]", '[["a"]]'])
      expect(() => documentCodec(texts).decode(parseJson(text)), text).toThrow(DocumentError);
  });
});

describe("a stored message", () => {
  const inner = message("t.Inner", [[1, "sku", { kind: "string" }], [3, "count", { kind: "int32" }]]); // prettier-ignore
  const items: FieldType = { kind: "list", element: { kind: "message", message: inner }, set: false };

  it("is known by its fields' numbers", () => {
    expect(documentCodec(items).encode([["a", 2]])).toEqual([{ 1: "a", 3: 2 }]);
    const renamed = message("t.Inner", [[1, "article", { kind: "string" }], [3, "number", { kind: "int32" }]]); // prettier-ignore
    const codec = documentCodec({ kind: "list", element: { kind: "message", message: renamed }, set: false });
    expect(codec.decode([{ 1: "a", 3: 2 }])).toEqual([["a", 2]]);
  });

  it("keeps members that are not known, as long as it is the one that was read", () => {
    const codec = documentCodec(items);
    const read = codec.decode([{ 1: "a", 7: [1, 2], 536870911: "z" }, { 1: "b" }]);
    expect(codec.encode(read)).toEqual([{ 1: "a", 7: [1, 2], 536870911: "z" }, { 1: "b" }]);
    expect(codec.encode([["a", undefined]])).toEqual([{ 1: "a" }]);
  });

  it("that was written by names is read by the names of that time", () => {
    const now = message("t.Inner", [[1, "article", { kind: "string" }], [7, "sku", { kind: "string" }]]); // prettier-ignore
    const type: FieldType = { kind: "list", element: { kind: "message", message: now }, set: false };
    const codec = documentCodec(type, items);
    const read = codec.decode([{ sku: "a", count: 2 }]);
    expect(read).toEqual([["a", undefined]]);
    expect(codec.encode(read)).toEqual([{ 1: "a", 3: 2 }]);
    expect(documentCodec(items).decode([{ sku: "a", count: 2 }])).toEqual([["a", 2]]);
  });

  it("may hold itself", () => {
    const fields: MessageField[] = [];
    const tree: MessageType = { name: "t.Tree", fields, ignored: [] };
    const [children] = message("t.Tree", [[4, "children", { kind: "list", element: { kind: "message", message: tree }, set: false }]]).fields; // prettier-ignore
    if (children) fields.push(children);
    const codec = documentCodec({ kind: "message", message: tree });
    const read = codec.decode({ 4: [{ 4: [], 9: true }] });
    expect(codec.encode(read)).toEqual({ 4: [{ 4: [], 9: true }] });
  });
});

describe("a stored number that its type does not hold", () => {
  const decimal: FieldType = { kind: "decimal", precision: 18, scale: 2 };
  const keyed = (kind: "bool" | "int32" | "uint32" | "int64" | "uint64"): FieldType => ({
    kind: "map",
    key: { kind },
    value: { kind: "bool" },
  });

  it.each<[FieldType, string]>([
    [{ kind: "int32" }, "2147483648"],
    [{ kind: "int32" }, "1.5"],
    [{ kind: "enum", enum: { name: "t.E", values: [] } }, "-2147483649"],
    [{ kind: "uint32" }, "-1"],
    [{ kind: "uint32" }, "4294967296"],
    [{ kind: "float" }, "1e39"],
    [{ kind: "double" }, "1e999"],
    [{ kind: "int64" }, '"9223372036854775808"'],
    [{ kind: "int64" }, '"1.5"'],
    [{ kind: "int64" }, '""'],
    [{ kind: "int64" }, '"0x10"'],
    [{ kind: "int64" }, '"many"'],
    [{ kind: "uint64" }, '"-1"'],
    [{ kind: "uint64" }, '"18446744073709551616"'],
    [decimal, '"1.239"'],
    [decimal, '"-0.001"'],
    [{ kind: "bool" }, "1"],
    [{ kind: "bool" }, "null"],
    [{ kind: "bool" }, '"true"'],
    [keyed("bool"), '[["1",true]]'],
    [keyed("int32"), '[["many",true]]'],
    [keyed("int32"), '[["2147483648",true]]'],
    [keyed("uint32"), '[["-1",true]]'],
    [keyed("int64"), '[["",true]]'],
    [keyed("uint64"), '[["1.5",true]]'],
  ])("is damage, and nothing else is read for it: %o %s", (type, text) => {
    expect(() => readDocument(documentCodec(type), text)).toThrow(DocumentError);
  });

  it.each<[FieldType, string, Value]>([
    [{ kind: "int32" }, "-2147483648", -2_147_483_648],
    [{ kind: "int32" }, "1.0", 1],
    [{ kind: "uint32" }, "4294967295", 4_294_967_295],
    [{ kind: "uint32" }, "1E3", 1_000],
    [{ kind: "double" }, "5e-324", 5e-324],
    [{ kind: "int64" }, '"-9223372036854775808"', -(2n ** 63n)],
    [{ kind: "int64" }, '"9223372036854775807"', 2n ** 63n - 1n],
    [{ kind: "uint64" }, '"18446744073709551615"', 2n ** 64n - 1n],
    [{ kind: "uint64" }, '"999999999999999"', 999_999_999_999_999n],
    [decimal, '"-1.2300"', -123n],
    [decimal, '"15"', 1_500n],
    [keyed("uint64"), '[["18446744073709551615",true]]', new Map([[2n ** 64n - 1n, true]])],
    [keyed("int32"), '[["-2147483648",true]]', new Map([[-2_147_483_648, true]])],
  ])("but the outermost that it holds is kept: %o %s", (type, text, value) => {
    expect(readDocument(documentCodec(type), text)).toEqual(value);
  });
});

describe("a stored timestamp", () => {
  const codec = documentCodec({ kind: "timestamp" });

  it.each(["2024-02-30T00:00:00Z", "2023-02-29T12:00:00.5Z", "2024-01-01T24:00:00Z", "0000-12-31T23:59:59Z"])(
    "that is in no year of a Timestamp, or on no day of it, is damage: %s",
    (text) => {
      expect(() => readDocument(codec, JSON.stringify(text))).toThrow(DocumentError);
    },
  );

  it.each([
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999999Z",
    "2024-02-29T23:59:59Z",
    "9999-12-31T23:59:59.999Z",
  ])("is kept: %s", (text) => {
    expect(codec.encode(readDocument(codec, JSON.stringify(text)))).toBe(text);
  });
});

describe("stored bytes that are damaged", () => {
  const bytes: FieldType = { kind: "bytes" };

  it.each([
    '"A"',
    '"AAA"',
    '"AA="',
    '"AA=="AA',
    '"AA==AA=="',
    '"AA*="',
    '"A A="',
    '"AB=="',
    '"-_8="',
    '"=AAA"',
    '"AA\\nA="',
  ])("are told to be so, and no others are read for them: %s", (text) => {
    expect(() => readDocument(documentCodec(bytes), text)).toThrow(DocumentError);
  });

  test("one character that is changed, added or lost is noticed, or makes other bytes", () => {
    const codec = documentCodec(bytes);
    const change = fc.tuple(fc.nat(40), fc.nat(1), fc.constantFrom("", "=", "A", "z", "/", "-", " ", "*", "é"));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), change, (value, [at, cut, put]) => {
        const text = Buffer.from(value).toString("base64");
        const changed = `${text.slice(0, at)}${put}${text.slice(at + cut)}`;
        expect([changed, "refused"]).toContain(encodedAgain(codec, changed));
      }),
    );
  });
});

/** What is read of a stored text, as it would be stored. */
function encodedAgain(codec: DocumentCodec, text: string): Json {
  try {
    return codec.encode(readDocument(codec, JSON.stringify(text)));
  } catch (error) {
    if (error instanceof DocumentError) return "refused";
    throw error;
  }
}

function integerOr(kind: "int32" | "uint32" | "int64" | "uint64", text: string): bigint | "refused" {
  try {
    return integerIn(kind, text);
  } catch (error) {
    if (error instanceof DocumentError) return "refused";
    throw error;
  }
}

test.each<["int32" | "uint32" | "int64" | "uint64", bigint, bigint]>([
  ["int32", -(2n ** 31n), 2n ** 31n - 1n],
  ["uint32", 0n, 2n ** 32n - 1n],
  ["int64", -(2n ** 63n), 2n ** 63n - 1n],
  ["uint64", 0n, 2n ** 64n - 1n],
])("an integer in digits is read as a bigint is, and refused beyond %s", (kind, least, most) => {
  const near = fc
    .tuple(fc.constantFrom(0n, least, most, -(10n ** 15n), 10n ** 14n, 10n ** 15n), fc.bigInt({ min: -20n, max: 20n }))
    .map(([edge, offset]) => edge + offset);
  fc.assert(
    fc.property(near, fc.constantFrom("", "0", "00"), (integer, zeros) => {
      const text = String(integer).replace(/\d/u, (first) => zeros + first);
      expect(integerOr(kind, text)).toBe(integer >= least && integer <= most ? integer : "refused");
    }),
  );
});

describe("what is no JSON object", () => {
  it.each(["null", "[1]", '"text"', "7", "true"])("%s is said to be none", (text) => {
    expect(() => objectOf(parseJson(text))).toThrow(DocumentError);
    expect(objectOf(parseJson('{"a":1}'))).toEqual({ a: 1 });
  });
});

describe("a value of any form", () => {
  const fields = entity("test.v1.Everything").fields.map(({ type }) => type);
  const struct = fields.find((type) => type.kind === "message" && type.message.name === "google.protobuf.Struct");
  const partOf = (type: FieldType | undefined, name: string): FieldType | undefined => {
    const of = type?.kind === "map" || type?.kind === "list" ? (type.kind === "map" ? type.value : type.element) : type;
    return of?.kind === "message" ? of.message.fields.find((field) => field.name === name)?.type : undefined;
  };
  const list = partOf(partOf(struct, "fields"), "list_value");

  it.each<[string, FieldType | undefined, string]>([
    ["struct", struct, '[["a",[1,"b",null,true]]]'],
    ["list", list, '[1,"b",[null],true]'],
  ])("is read by its own type alone: %s", (_, type, text) => {
    const codec = documentCodec(type ?? texts);
    expect(codec.encode(codec.decode(parseJson(text)))).toEqual(JSON.parse(text));
  });
});
