/** Documents as they are stored: what goes in comes out, also through the text. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldType } from "../../../../src/model/field.ts";
import type { Value } from "../../../../src/model/value.ts";
import { documentCodec } from "../../../../src/adapter/sql/document.ts";
import { DocumentError, parseJson } from "../../../../src/adapter/sql/json.ts";

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
