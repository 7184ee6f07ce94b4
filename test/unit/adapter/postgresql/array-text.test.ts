/** Arrays as PostgreSQL reads them: whichever way an item is quoted, a quote and a backslash have a backslash before them, and nothing else has. */

import fc from "fast-check";
import { expect, it } from "vitest";
import { arrayText, textsOf } from "../../../../src/adapter/postgresql/array-text.ts";

const plain = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom('"', "\\", "{", "}", ",", " ", "\n", "\t", "\u0001", "\u007f", "\u2028", "é", "😀", "N"),
    }),
    fc.json(),
  ),
);

it("quotes every text as the plain way does", () => {
  fc.assert(
    fc.property(texts, (items) => {
      expect(arrayText(items)).toBe(`{${items.map(plain).join(",")}}`);
    }),
    { numRuns: 500 },
  );
});

it("is read back as it was, with what is absent and bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string({ unit: "binary" }))), (items) => {
      expect(textsOf(arrayText(items))).toEqual(items);
    }),
  );
  expect(arrayText([null, "NULL", new Uint8Array([0, 255]), 7, 7n])).toBe(String.raw`{NULL,"NULL","\\x00ff","7","7"}`);
});
