/** Documents as text, read in place and written at once: what parsing and decoding, and encoding and stringifying, give, or refused alike. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { documentCodec, messageCodec, readDocument } from "../../../../src/adapter/document/document.ts";
import { DocumentError, isJsonList, parseJson, type Json } from "../../../../src/adapter/document/json.ts";
import type { DocumentCodec } from "../../../../src/adapter/document/document-codec.ts";
import type { FieldType } from "../../../../src/model/field.ts";
import { isList, type Value } from "../../../../src/model/value.ts";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { message } from "../../migration/types.ts";
import { LIMITS, loadEntities } from "../../schema/codec/entity-under-test.ts";
import { Reader } from "../../../../src/schema/codec/reader.ts";
import { encoded, randomMessage } from "../../schema/codec/random-message.ts";

const everything = (await loadEntities()).get("test.v1.Everything")!;
const wire = compileCodec(everything.model, LIMITS);

/** As servers write their JSON types. */
function spaced(json: Json): string {
  if (isJsonList(json)) return `[${json.map(spaced).join(", ")}]`;
  if (json === null || typeof json !== "object") return JSON.stringify(json);
  return `{${Object.entries(json)
    .map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`)
    .join(", ")}}`;
}

const FORMS: readonly ((json: Json) => string)[] = [JSON.stringify, spaced, (json) => JSON.stringify(json, null, 1)];

function plainly(codec: DocumentCodec, text: string): Value {
  return codec.decode(parseJson(text));
}

/** With what a record carries along unread: it is written again as it was. */
function outcomeOf(codec: DocumentCodec, read: () => Value): unknown {
  try {
    const value = read();
    return [value, isList(value) && JSON.stringify(codec.encode(value))];
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : error;
  }
}

/** What both ways give. */
function bothWays(codec: DocumentCodec, text: string): { readonly inPlace: unknown; readonly parsed: unknown } {
  return {
    inPlace: outcomeOf(codec, () => readDocument(codec, text)),
    parsed: outcomeOf(codec, () => plainly(codec, text)),
  };
}

/** What JSON is made of, and what looks like it. */
const characters = fc.constantFrom(...Array.from('"[]{},:-+.0123456789eEtfn \\\n\t\u0001ax\u00e9'));

const changes = fc.array(
  fc.record({ at: fc.nat(10_000), kind: fc.constantFrom("put", "cut", "replace"), character: characters }),
  {
    maxLength: 2,
  },
);

function changed(
  text: string,
  what: { readonly at: number; readonly kind: string; readonly character: string },
): string {
  const at = what.at % (text.length + 1);
  const [before, after] = [text.slice(0, at), text.slice(what.kind === "put" ? at : at + 1)];
  return what.kind === "cut" ? before + after : before + what.character + after;
}

describe("a document", () => {
  const codec = messageCodec(everything.model.message);
  const records = randomMessage(everything.desc).map((sent) => {
    const bytes = encoded(sent);
    return wire.record.decode(new Reader(bytes), bytes.length);
  });

  it("of every kind of field, however it is spaced", () => {
    fc.assert(
      fc.property(records, fc.constantFrom(...FORMS), (record, form) => {
        const { inPlace, parsed } = bothWays(codec, form(codec.encode(record)));
        expect(inPlace).toStrictEqual(parsed);
      }),
      { numRuns: 200 },
    );
  });

  it("is written as the text of its JSON", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(codec.write(record)).toBe(JSON.stringify(codec.encode(record)));
      }),
      { numRuns: 300 },
    );
  });

  it("that was read with members it does not know is written with them", () => {
    fc.assert(
      fc.property(records, fc.constantFrom("900001", "536870911", "no_field"), (record, name) => {
        const stored = JSON.stringify({ [name]: [1], ...JSON.parse(JSON.stringify(codec.encode(record))) });
        const read = readDocument(codec, stored);
        expect(codec.write(read)).toBe(JSON.stringify(codec.encode(read)));
        expect(codec.write(read)).toBe(JSON.stringify(codec.encode(plainly(codec, stored))));
      }),
    );
  });

  it("with characters that are others", () => {
    fc.assert(
      fc.property(records, fc.constantFrom(...FORMS), changes, (record, form, made) => {
        let text = form(codec.encode(record));
        for (const one of made) text = changed(text, one);
        const { inPlace, parsed } = bothWays(codec, text);
        expect(inPlace, text).toStrictEqual(parsed);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a small document", () => {
  const item = message("t.Item", [[1, "sku", { kind: "string" }], [3, "count", { kind: "int32" }], [12, "weight", { kind: "double" }]]); // prettier-ignore
  const types: readonly FieldType[] = [
    { kind: "message", message: item },
    { kind: "list", element: { kind: "message", message: item }, set: false },
    { kind: "list", element: { kind: "bool" }, set: false },
    { kind: "list", element: { kind: "double" }, set: false },
    { kind: "list", element: { kind: "decimal", precision: 18, scale: 2 }, set: false },
    { kind: "map", key: { kind: "string" }, value: { kind: "int64" } },
    { kind: "map", key: { kind: "bool" }, value: { kind: "message", message: item } },
  ];
  /** Texts that are nearly these documents, where a change of any character tells. */
  const texts = fc.constantFrom(
    '{"1":"a","3":1,"12":2.5}',
    '[{"1": "a", "3": -7}, {"12": 1e3}]',
    "[{},{}]",
    "[true,false]",
    "[0,-0,1.5,-12e-2,123456789012345,9007199254740993,0.1]",
    '["1.50","15","-0.01"]',
    '[["a","1"],["a","2"]]',
    '[["true",{"1":"x"}],["false",{}]]',
    "[]",
    "{}",
    "null",
  );

  it.each([
    '{"3":1,"1":"a"}',
    '{"1":"a","1":"b"}',
    '{"1":"a","7":[1]}',
    '{"sku":"a"}',
    '{"01":"a"}',
    '{"1":null}',
    '{"1":"a"}x',
    '{"1":"a"',
    ' {"1":"a"} ',
    '{"1":"\\u0061"}',
    '{"1":"\t"}',
    '{"3":01}',
    '{"3":1.}',
    '{"3":"1"}',
    "",
  ])("like %s", (text) => {
    for (const type of types) {
      const { inPlace, parsed } = bothWays(documentCodec(type), text);
      expect(inPlace).toStrictEqual(parsed);
    }
  });

  it("with any characters that are others", () => {
    fc.assert(
      fc.property(fc.constantFrom(...types), texts, changes, (type, text, made) => {
        let written: string = text;
        for (const one of made) written = changed(written, one);
        const { inPlace, parsed } = bothWays(documentCodec(type), written);
        expect(inPlace, written).toStrictEqual(parsed);
      }),
      { numRuns: 10_000 },
    );
  });

  it("has null for what a list lacks", () => {
    const codec = documentCodec({ kind: "list", element: { kind: "string" }, set: false });
    expect(codec.write(["a", undefined])).toBe(JSON.stringify(codec.encode(["a", undefined])));
  });

  it("that is usual is not parsed", () => {
    const codec = documentCodec({ kind: "message", message: item });
    const blind: DocumentCodec = {
      ...codec,
      decode: () => {
        throw new DocumentError("parsed");
      },
    };
    for (const text of ['{"1":"a","3":1}', '{"1": "a", "12": 2.5}', "{}"])
      expect(readDocument(blind, text)).toEqual(plainly(codec, text));
    expect(() => readDocument(blind, '{"1":"\\u0061"}')).toThrow("parsed");
  });
});
