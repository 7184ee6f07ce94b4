/** Texts of items: injective, read back as they were, and in the order of the values where that is said. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileItem, compileTemplate, textOrder } from "../../../src/adapter/item-template.ts";
import { compareText, orderComparator } from "../../../src/model/compare.ts";
import type { OrderTerm } from "../../../src/model/entity.ts";
import type { EntityRecord, Value } from "../../../src/model/value.ts";
import {
  bool,
  bytes,
  entityOf,
  int32,
  int64,
  money,
  ordinalOf,
  sparseOf,
  text,
  timestamp,
  uint32,
  uint64,
} from "../model/sample.ts";

const entity = entityOf({
  fields: {
    a: text,
    b: text,
    n: int32,
    u: uint32,
    big: int64,
    huge: uint64,
    flag: bool,
    t: timestamp,
    m: money,
    raw: bytes,
  },
  key: ["a"],
});

/** Texts of few characters, those of delimiters and escapes among them, so that two are often alike. */
const tricky = fc.string({
  unit: fc.constantFrom("#", "\\", "%", "a", "b", "!", "~", "\u{1F600}", "\uFFFD", "2", "3"),
  minLength: 1,
  maxLength: 4,
});
const row: fc.Arbitrary<EntityRecord> = fc
  .record({
    a: tricky,
    b: tricky,
    n: fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 })),
    u: fc.nat(),
    big: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -3n, max: 3n })),
    huge: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    flag: fc.boolean(),
    t: fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n }),
    m: fc.bigInt({ min: -999_999n, max: 999_999n }),
    raw: fc.uint8Array({ minLength: 1, maxLength: 4 }).map((array) => Uint8Array.from(array)),
  })
  .map((values) => sparseOf(entity, values));

const templates = [
  "USER#{a}", "{a}#{b}", "{a}~{b}", "{a}!{b}", "{a}23{b}", "X{a}##{b}#{a}", "{n}#{a}", "{big}#{huge}#{u}", "{t}#{a}", "{flag}#{n}", "{n}~{a}",
  "{m}#{n}#{b}", "{raw}#{a}", "ALL", "{a}#{t}#END",
]; // prettier-ignore

const valuesOf = (record: EntityRecord, ordinals: readonly number[]): readonly (Value | undefined)[] =>
  ordinals.map((ordinal) => record[ordinal]);

describe.each(templates)("%s", (source) => {
  const template = compileTemplate(entity, source);

  test("reads back what it has written", () => {
    fc.assert(
      fc.property(row, (record) => {
        const values = template.decode(template.encode(record) ?? "");
        expect(template.ordinals.map((ordinal) => values?.get(ordinal))).toEqual(valuesOf(record, template.ordinals));
      }),
    );
  });

  test("gives one text to equal values alone", () => {
    const seen = new Map<string, readonly (Value | undefined)[]>();
    fc.assert(
      fc.property(row, (record) => {
        const values = valuesOf(record, template.ordinals);
        const text = template.encode(record) ?? "";
        expect(seen.get(text) ?? values).toEqual(values);
        seen.set(text, values);
      }),
      { numRuns: 1_000 },
    );
  });

  const terms = textOrder(template, new Set());
  test.runIf(terms)("sorts as its fields do", () => {
    const compare = orderComparator(entity.fields, terms ?? []);
    fc.assert(
      fc.property(row, row, (one, other) => {
        const texts = compareText(template.encode(one) ?? "", template.encode(other) ?? "");
        expect(Math.sign(texts)).toBe(Math.sign(compare(one, other)));
      }),
    );
  });
});

test("values as they are written", () => {
  const written = (source: string, values: { readonly [name: string]: Value }): string | undefined =>
    compileTemplate(entity, source).encode(sparseOf(entity, values));
  expect(written("USER#{a}", { a: "a#b" })).toBe("USER#a$23b");
  expect(written("{a}~{b}", { a: "x~\u{1F600}", b: "$" })).toBe("x$7e\u{1F600}~$24");
  expect(written("{n}", { n: 42 })).toBe("0000000042");
  expect(written("{n}", { n: -1 })).toBe("-9999999999");
  expect(written("{m}", { m: 1250n })).toBe("0012.50");
  expect(written("{t}", { t: 1n })).toBe("1970-01-01T00:00:00.000000001Z");
  expect(written("{flag}", { flag: false })).toBe("false");
  expect(written("{raw}", { raw: Uint8Array.of(0, 255) })).toBe("00ff");
});

test.each<[field: string, values: readonly Value[]]>([
  ["n", [-(2 ** 31), 2 ** 31 - 1]],
  ["u", [0, 2 ** 32 - 1]],
  ["big", [-(2n ** 63n), 2n ** 63n - 1n]],
  ["huge", [0n, 2n ** 64n - 1n]],
])("the least and the greatest value of %s are read back, and nothing beyond them", (name, values) => {
  const template = compileTemplate(entity, `{${name}}`);
  const texts = values.map((value) => template.encode(sparseOf(entity, { [name]: value })) ?? "");
  expect(texts.map((text) => template.decode(text)?.get(ordinalOf(entity, name)))).toEqual(values);
  const nines = texts.map((text) => text.replaceAll(/\d/gu, "9"));
  expect(template.decode(nines[1] ?? "")).toBeUndefined();
});

test.each<[what: string, values: { readonly [name: string]: Value }]>([
  ["an absent field", {}],
  ["an empty string", { a: "" }],
])("%s has no text", (_what, values) => {
  expect(compileTemplate(entity, "USER#{a}").encode(sparseOf(entity, values))).toBeUndefined();
});

test.each([
  ["USER#{a}", "USER#"],
  ["USER#{a}", "USERS#1"],
  ["{n}", "42"],
  ["{n}", "9999999999"],
  ["{n}#{a}", "0000000042"],
  ["{a}#{b}", "x"],
  ["{a}", "a#b"],
  ["{a}#{a}", "x#y"],
  ["{t}", "2026-02-30T00:00:00.000000000Z"],
  ["{raw}", "0G"],
])("%s has not written %j", (source, written) => {
  expect(compileTemplate(entity, source).decode(written)).toBeUndefined();
});

test("what follows a text must sort before it, where the text is not the same in all; nothing that is escaped may sort behind", () => {
  const template = compileTemplate(entity, "{a}~{n}");
  expect(textOrder(template, new Set())).toBeUndefined();
  expect(textOrder(template, new Set([ordinalOf(entity, "a")]))).toEqual([
    { ordinal: ordinalOf(entity, "n"), desc: false },
  ]);
  expect(textOrder(compileTemplate(entity, "{n}~{a}"), new Set())).toBeUndefined();
});

test("a field of another direction than the first is turned", () => {
  const term = (name: string, desc: boolean): OrderTerm => ({ ordinal: ordinalOf(entity, name), desc });
  const { sort } = compileItem(entity, { partition: "{a}", sort: "{n}#{b}" }, [
    term("a", false),
    term("n", false),
    term("b", true),
  ]);
  expect(textOrder(sort, new Set())).toEqual([term("n", false), term("b", true)]);
  const text = (b: string): string => sort.encode(sparseOf(entity, { n: 1, b })) ?? "";
  expect([text("ab"), text("a"), text("b")].toSorted(compareText)).toEqual([text("b"), text("ab"), text("a")]);
});
