/** Keys as text: they sort as values do, and two rows never have one. */

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { keyPath } from "../../../../../src/adapter/planner/access-path.ts";
import { textPath, type Path } from "../../../../../src/adapter/dynamodb/items/path.ts";
import { couldMeet, textOf, valueText } from "../../../../../src/adapter/dynamodb/items/template.ts";
import { compileTemplate, type FieldPart } from "../../../../../src/adapter/item-template.ts";
import { comparatorOf } from "../../../../../src/model/compare.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import type { Field, FieldType } from "../../../../../src/model/field.ts";
import type { Value } from "../../../../../src/model/value.ts";

/** What is written as `USER#` and the like, and what an attacker would try. */
const text = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }).filter((each) => !each.includes("\0")),
  fc.string({
    unit: fc.constantFrom("#", "$", "!", " ", "%", "2", "3", "a", "_", "\u{10ffff}"),
    minLength: 1,
    maxLength: 8,
  }),
  fc.constantFrom("a#b", "a", "b", "$23", "#", "ORDER#", "{id}", "a#ORDER#b"),
);

const SAMPLES: readonly (readonly [FieldType, fc.Arbitrary<Value>])[] = [
  [{ kind: "string" }, fc.oneof(text, fc.constant(""))],
  [{ kind: "bytes" }, fc.uint8Array({ maxLength: 4 })],
  [{ kind: "bool" }, fc.boolean()],
  [{ kind: "int32" }, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [{ kind: "uint32" }, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [{ kind: "int64" }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: "uint64" }, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [{ kind: "double" }, fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0)],
  [{ kind: "duration" }, fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })],
  [{ kind: "timestamp" }, fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n })],
  [{ kind: "decimal", precision: 78, scale: 0 }, fc.bigInt({ min: -(10n ** 78n) + 1n, max: 10n ** 78n - 1n })],
  [{ kind: "decimal", precision: 18, scale: 2 }, fc.bigInt({ min: -999_999n, max: 999_999n })],
];

const byBytes = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe("values of keys as text", () => {
  test.each(SAMPLES.map(([type, values]) => [type.kind, type, values] as const))(
    "sort as they do: %s",
    (_, type, values) => {
      const part = (turned: boolean): FieldPart => ({ kind: "field", ordinal: 0, type, turned, ends: new Set() });
      fc.assert(
        fc.property(values, values, (a, b) => {
          const compared = Math.sign(comparatorOf(type)(a, b));
          const [first, second] = [a, b].map((each) => `${valueText(part(false), each)}#~`);
          expect(byBytes(first!, second!)).toBe(compared);
          const [last, next] = [a, b].map((each) => `${valueText(part(true), each)}#~`);
          expect(byBytes(next!, last!)).toBe(compared);
        }),
        { numRuns: 300 },
      );
    },
  );
});

/** An entity of key fields, the first `partition` of them the partition's. */
function entityOf(types: readonly FieldType[], partition: number): EntityModel {
  const fields = types.map((type, ordinal): Field => {
    const wire = { encoding: "length" } as Field["wire"];
    const name = `f${ordinal}`;
    const flags = { immutable: false, sensitive: false, required: false, maxLength: 0, renamedFrom: [] };
    return { name, number: ordinal + 1, ordinal, type, presence: false, wire, column: name, ...flags };
  });
  const key = fields.map(({ ordinal }) => ({ ordinal, desc: false, partition: ordinal < partition }));
  const message = { name: "t.E", fields, ignored: [] };
  const named = { name: "t.E", service: "t.ERepository", store: "default", table: "es", renamedFrom: [] };
  return { ...named, fields, message, key, indexes: [], managed: {}, defaultOrder: [] };
}

function pathOf(entity: EntityModel, partition: string, sort: string): Path {
  const names = { partitionName: "PK", sortName: "SK", type: "S" as const };
  return textPath({ entity, access: keyPath(entity), ...names }, { partition, sort });
}

const rows = fc.tuple(text, text, fc.bigInt({ min: -3n, max: 3n }), text);
const TYPES: readonly FieldType[] = [{ kind: "string" }, { kind: "string" }, { kind: "int64" }, { kind: "string" }];

describe("items of rows", () => {
  const TEMPLATES: readonly (readonly [string, string])[] = [
    ["A#{f0}", "{f1}#{f2}#{f3}"],
    ["{f0}", "ORDER#{f1}_{f2}-{f3}"],
    ["T|{f1}|{f0}", "{f2}|{f3}"],
    ["{f0}/{f1}", "a{f2}b{f3}"],
    ["ALL", "{f0}#{f1}#{f2}#{f3}"],
    ["{f1}{f2}#{f0}", "{f3}"],
  ].map(([partition, sort]) => [partition!, sort!]);

  test.each(TEMPLATES)("never meet: %s and %s", (partition, sort) => {
    const path = pathOf(entityOf(TYPES, 3), partition, sort);
    const keyOf = (row: readonly Value[]): string => {
      const { partition: own, sort: within } = path.keyOf(row);
      return JSON.stringify([String(own), String(within)]);
    };
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const isSame = a.every((value, i) => value === b[i]);
        expect(keyOf(a) === keyOf(b)).toBe(isSame);
      }),
      { numRuns: 3_000 },
    );
  });

  test("lie in the order of the key where their literals let them", () => {
    const entity = entityOf(TYPES, 1);
    expect(pathOf(entity, "A#{f0}", "{f1}#{f2}#{f3}").lie).toBe("total");
    expect(pathOf(entity, "A#{f0}", "{f1}_{f2}#{f3}").lie).toBe("none");
    expect(pathOf(entity, "A#{f0}", "{f2}_{f1}").lie).toBe("none"); // in another order than the key
    const path = pathOf(entity, "A#{f0}", "X#{f1}#{f2}#{f3}");
    const order = entity.key.slice(1);
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const compared = order
          .map(({ ordinal }) => comparatorOf(TYPES[ordinal]!)(a[ordinal]!, b[ordinal]!))
          .find((each) => each !== 0);
        const [first, second] = [a, b].map((row) => path.keyOf(row).sort!);
        expect(Math.sign(Buffer.compare(first!, second!))).toBe(Math.sign(compared ?? 0));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("items of two entities", () => {
  const entity = entityOf(TYPES, 1);
  const meet = (a: string, b: string): boolean => couldMeet(compileTemplate(entity, a), compileTemplate(entity, b));

  it.each([
    ["USER#{f0}", "USER#{f0}", true],
    ["USER#{f0}", "ORDER#{f0}", false],
    ["USER#{f0}", "USER#{f0}#X", false],
    ["{f0}", "USER#{f1}", false],
    ["{f0}", "USER_{f1}", true],
    ["A{f0}", "{f0}B", true],
    ["{f0}#{f1}", "{f0}", false],
    ["{f0}#{f1}", "X#{f3}", true],
  ])("%s and %s: %s", (a, b, expected) => {
    expect(meet(a, b)).toBe(expected);
    expect(meet(b, a)).toBe(expected);
  });

  test("that are told apart have no text in common", () => {
    const parts = fc.array(fc.constantFrom("{f0}", "{f1}", "#", "_", "A", "$2", "{f2}"), {
      minLength: 1,
      maxLength: 4,
    });
    const template = parts.map((each) => each.join("")).filter((each) => !each.includes("}{") && !/\}\$/u.test(each));
    fc.assert(
      fc.property(template, template, rows, rows, (a, b, x, y) => {
        const made = (one: string, row: readonly Value[]): string =>
          textOf(compileTemplate(entity, one), (ordinal) => row[ordinal]).text;
        expect(meet(a, b) || made(a, x) !== made(b, y)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
