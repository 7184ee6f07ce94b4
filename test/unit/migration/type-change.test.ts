/** Every pair of types: values that are converted mean the same before and after, and those that cannot are found. */

import { describe, expect, it } from "vitest";
import { columnOf } from "../../../src/adapter/sqlite/table.ts";
import { sqliteAbilities } from "../../../src/adapter/sqlite/abilities.ts";
import { converter } from "../../../src/migration/convert.ts";
import { NO_WIRE } from "../../../src/migration/contract-text.ts";
import { gravest, typeDifferences } from "../../../src/migration/type-change.ts";
import { decimalText, parseDecimal } from "../../../src/model/decimal.ts";
import type { Field, FieldType, MessageField } from "../../../src/model/field.ts";
import { isList, isMap, type Value, type ValueList } from "../../../src/model/value.ts";
import { sampleTypes, type SampleType } from "./types.ts";

const pairs = sampleTypes.flatMap((from) => sampleTypes.map((to): [SampleType, SampleType] => [from, to]));

function pairsThat(...verdicts: readonly string[]): readonly [SampleType, SampleType][] {
  return pairs.filter(([from, to]) => verdicts.includes(verdictOf(from.type, to.type)));
}

function verdictOf(from: FieldType, to: FieldType): string {
  return gravest(typeDifferences(from, to));
}

/** What a value means, whatever its type: a number by its digits, text and bytes by their bytes, a list by its elements. */
function meaning(type: FieldType, value: Value | undefined): unknown {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (isMap(value)) {
    const entry: FieldType = type.kind === "map" ? type.value : type;
    return Array.from(value, ([key, item]) => [String(key), meaning(entry, item)]);
  }
  if (isList(value)) {
    if (type.kind === "list") return value.map((item) => meaning(type.element, item));
    return type.kind === "message" ? type.message.fields.flatMap((inner) => memberMeaning(inner, value)) : undefined;
  }
  if (type.kind === "decimal" && typeof value === "bigint") return numberMeaning(decimalText(value, type.scale));
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  if (typeof value === "boolean") return numberMeaning(value ? "1" : "0");
  return Number.isInteger(value) ? numberMeaning(BigInt(value).toString()) : numberMeaning(String(value));
}

function memberMeaning({ number, ordinal, type }: MessageField, record: ValueList): readonly unknown[] {
  const item = meaning(type, record[ordinal]);
  return item === undefined ? [] : [[number, item]];
}

/** Without the members that the other message does not have; a rewrite carries them along unread. */
function known(found: unknown, type: FieldType): unknown {
  if (type.kind !== "message" || !Array.isArray(found)) return found;
  return found.filter(([number]) => type.message.fields.some((field) => field.number === number));
}

/** What must be read after the change. */
function expected(from: FieldType, to: FieldType, value: Value): unknown {
  if (from.kind === "list" && to.kind !== "list")
    return isList(value) && value[0] !== undefined ? expected(from.element, to, value[0]) : undefined;
  if (to.kind === "list") {
    if (from.kind !== "list") return [expected(from, to.element, value)];
    return isList(value)
      ? value.map((item) => (item === undefined ? undefined : expected(from.element, to.element, item)))
      : undefined;
  }
  if (from.kind === "decimal" && to.kind === "string" && typeof value === "bigint")
    return meaning(to, decimalText(value, from.scale));
  if (from.kind === "string" && to.kind === "decimal" && typeof value === "string") return numberMeaning(value);
  return known(meaning(from, value), to);
}

function numberMeaning(text: string): string {
  const parsed = parseDecimal(text);
  return parsed ? `${parsed.unscaled}e-${parsed.scale}` : text;
}

/** As it comes back from a column of SQLite. */
function stored(type: FieldType, value: Value): Value {
  const column = columnOf(field(type), false);
  return column.read(column.bind(value));
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
        expect(columnOf(field(to.type), false).read(raw)).toEqual(convert(value));
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
