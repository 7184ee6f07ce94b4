/** What a range of sort keys says of an entity's fields: never more than the texts do. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { TextRange } from "../../../../src/adapter/collection.ts";
import { compileTemplate } from "../../../../src/adapter/item-template.ts";
import { compileFilter } from "../../../../src/model/evaluate.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import { narrow } from "../../../../src/repository/collection/member-plan.ts";
import { placeIn } from "../../../../src/repository/collection/text-range.ts";
import { bool, entityOf, int32, money, sparseOf, text, timestamp } from "../../model/sample.ts";

const entity = entityOf({ fields: { a: text, b: text, n: int32, flag: bool, t: timestamp, m: money }, key: ["a"] });

const templates = [
  "X#{a}", "{a}", "{a}#{b}", "{a}~{b}", "N#{n}#{a}", "{t}#{a}", "{t}", "{flag}#{a}", "{m}", "X", "{b}#{n}",
]; // prettier-ignore

const short = fc.string({
  unit: fc.constantFrom("#", "~", "a", "b", "$", "!", "\u{1F600}"),
  minLength: 1,
  maxLength: 3,
});
const moment = fc.oneof(
  fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n }),
  fc.integer({ min: 0, max: 800 }).map((days) => 1_767_225_600_000_000_000n + BigInt(days) * 43_200_000_000_000n),
);
const row: fc.Arbitrary<EntityRecord> = fc
  .record({
    a: short,
    b: short,
    n: fc.oneof(fc.integer(), fc.integer({ min: -12, max: 12 })),
    flag: fc.boolean(),
    t: moment,
    m: fc.bigInt({ min: -999_999n, max: 999_999n }),
  })
  .map((values) => sparseOf(entity, values));

/** Ranges about the texts of rows: whole ones, beginnings, and neighbours of these. */
const piece = fc.tuple(row, fc.nat(40), fc.constantFrom("", "", "#", "~", "0", "z", "-"));

test.each(templates)("%s", (source) => {
  const template = compileTemplate(entity, source);
  const bound = piece.map(([record, length, more]) => (template.encode(record) ?? "").slice(0, length) + more);
  const range: fc.Arbitrary<TextRange> = fc.oneof(
    bound.map((prefix): TextRange => (prefix === "" ? {} : { prefix })),
    fc
      .tuple(fc.option(bound, { nil: undefined }), fc.option(bound, { nil: undefined }), fc.boolean(), fc.boolean())
      .map(([lower, upper, below, above]): TextRange => ({
        ...(lower !== undefined && { lower: { text: lower, inclusive: below } }),
        ...(upper !== undefined && { upper: { text: upper, inclusive: above } }),
      })),
  );
  fc.assert(
    fc.property(row, range, fc.boolean(), (record, asked, isFixed) => {
      const [first] = template.ordinals;
      const value = first === undefined ? undefined : record[first];
      const fixed = new Map(isFixed && first !== undefined && value !== undefined ? [[first, value]] : []);
      if (placeIn(asked, template.encode(record) ?? "") !== 0) return;
      const said = narrow(template, fixed, asked);
      expect(said).not.toBe("nothing");
      for (const filter of said === "nothing" ? [] : said)
        expect([filter, compileFilter(entity, filter)(record)]).toEqual([filter, true]);
    }),
    { numRuns: 2_000 },
  );
});

test.each<[source: string, range: TextRange, said: unknown]>([
  ["TASK#{a}", { prefix: "TASK#b" }, [{ kind: "condition", op: "starts_with", ordinal: 0, value: "b" }]],
  ["TASK#{a}", { prefix: "TASK" }, []],
  ["TASK#{a}", { prefix: "USER" }, "nothing"],
  [
    "TASK#{a}",
    { lower: { text: "TASK#b", inclusive: false } },
    [{ kind: "condition", op: "gt", ordinal: 0, value: "b" }],
  ],
  [
    "TASK#{a}#{b}",
    { upper: { text: "TASK#b", inclusive: false } },
    [{ kind: "condition", op: "lte", ordinal: 0, value: "b" }],
  ],
  ["TASK#{a}", { upper: { text: "TASA", inclusive: true } }, "nothing"],
  ["TASK#{a}", { lower: { text: "TASZ", inclusive: true } }, "nothing"],
  [
    "{t}#{a}",
    { prefix: "1970-01-01" },
    [
      { kind: "condition", op: "gte", ordinal: 4, value: 0n },
      { kind: "condition", op: "lte", ordinal: 4, value: 86_399_999_999_999n },
    ],
  ],
  [
    "{m}#{a}",
    { prefix: "12" },
    [
      { kind: "condition", op: "gte", ordinal: 5, value: 120_000n },
      { kind: "condition", op: "lte", ordinal: 5, value: 129_999n },
    ],
  ],
])("%s within %j", (source, range, said) => {
  expect(narrow(compileTemplate(entity, source), new Map(), range)).toEqual(said);
});
