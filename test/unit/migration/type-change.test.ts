/** Every pair of types: values that are converted mean the same before and after, and those that cannot are found. */

import { describe, expect, it } from "vitest";
import { columnOf } from "../../../src/adapter/sqlite/tables/table.ts";
import { present } from "../../../src/adapter/sql/storage.ts";
import { sqliteAbilities } from "../../../src/adapter/sqlite/abilities.ts";
import { converter } from "../../../src/migration/convert.ts";
import { NO_WIRE } from "../../../src/migration/contract-text.ts";
import { gravest, typeDifferences } from "../../../src/migration/type-change.ts";
import type { Field, FieldType } from "../../../src/model/field.ts";
import type { Value } from "../../../src/model/value.ts";
import { expected, meaning } from "./meaning.ts";
import { sampleTypes, type SampleType } from "./types.ts";

const pairs = sampleTypes.flatMap((from) => sampleTypes.map((to): [SampleType, SampleType] => [from, to]));

function pairsThat(...verdicts: readonly string[]): readonly [SampleType, SampleType][] {
  return pairs.filter(([from, to]) => verdicts.includes(verdictOf(from.type, to.type)));
}

function verdictOf(from: FieldType, to: FieldType): string {
  return gravest(typeDifferences(from, to));
}

/** As it comes back from a column of SQLite. */
function stored(type: FieldType, value: Value): Value {
  const column = columnOf(field(type), false);
  return column.read(present(column.bind(value)));
}

function field(type: FieldType): Field {
  return {
    number: 2,
    name: "value",
    column: "value",
    ordinal: 0,
    type,
    presence: true,
    wire: NO_WIRE,
    renamedFrom: [],
    immutable: false,
    sensitive: false,
    required: false,
    maxLength: 0,
  };
}

describe("a change of type", () => {
  it("is the same for every type and itself", () => {
    for (const { type } of sampleTypes) expect(typeDifferences(type, type)).toEqual([]);
  });

  it.each(pairsThat("widened"))("widened: $name keeps every value", (from, to) => {
    const convert = converter(from.type, to.type);
    for (const value of from.values) {
      const converted = convert(stored(from.type, value));
      expect(converted).toBeDefined();
      const now = converted === undefined ? undefined : stored(to.type, converted);
      expect(meaning(to.type, now)).toEqual(expected(from.type, to.type, value));
    }
  });

  it.each(pairsThat("same", "widened").filter(([from, to]) => sqliteAbilities.isSameForm(from.type, to.type)))(
    "instant: the column of $name reads as the new type",
    (from, to) => {
      const convert = converter(from.type, to.type);
      for (const value of from.values) {
        const raw = columnOf(field(from.type), false).bind(value);
        expect(columnOf(field(to.type), false).read(present(raw))).toEqual(convert(value));
      }
    },
  );

  it.each(pairsThat("narrowed"))("narrowed: $name keeps what fits", (from, to) => {
    const convert = converter(from.type, to.type);
    for (const value of from.values) {
      const converted = convert(value);
      const now = converted === undefined ? undefined : stored(to.type, converted);
      expect([undefined, expected(from.type, to.type, value)]).toContainEqual(meaning(to.type, now));
    }
  });

  it("narrowed: every integer that is out of range is found", () => {
    const misfits = (from: FieldType, to: FieldType, values: readonly Value[]): readonly Value[] => {
      const convert = converter(from, to);
      return values.filter((value) => convert(value) === undefined);
    };
    const wide: readonly Value[] = [-(2n ** 31n) - 1n, -(2n ** 31n), -1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 53n + 1n];
    expect(misfits({ kind: "int64" }, { kind: "int32" }, wide)).toEqual([-(2n ** 31n) - 1n, 2n ** 31n, 2n ** 53n + 1n]);
    expect(misfits({ kind: "int64" }, { kind: "uint64" }, wide)).toEqual([-(2n ** 31n) - 1n, -(2n ** 31n), -1n]);
    expect(misfits({ kind: "int64" }, { kind: "double" }, wide)).toEqual([2n ** 53n + 1n]);
    expect(misfits({ kind: "int32" }, { kind: "bool" }, [-1, 0, 1, 2])).toEqual([-1, 2]);
    expect(misfits({ kind: "double" }, { kind: "float" }, [0.1, 0.5, 1e300])).toEqual([0.1, 1e300]);
    expect(
      misfits({ kind: "bytes" }, { kind: "string" }, [Uint8Array.of(0xff), Uint8Array.of(0), Uint8Array.of(65)]),
    ).toHaveLength(2);
  });

  it("finds a moved name in an enum, and a message under another's number", () => {
    const from: FieldType = { kind: "enum", enum: { name: "t.E", values: [{ number: 1, name: "A" }, { number: 2, name: "B" }] } }; // prettier-ignore
    const to: FieldType = { kind: "enum", enum: { name: "t.E", values: [{ number: 1, name: "B" }, { number: 2, name: "A" }] } }; // prettier-ignore
    expect(verdictOf(from, to)).toBe("impossible");
  });
});
