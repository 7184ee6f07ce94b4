/** The size that rows are limited by, against their encoding: many of one value, so that no rest hides what it is said to take. */

import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { FieldType, MessageField } from "../../../../src/model/field.ts";
import { mostBytes, recordBytes } from "../../../../src/model/size.ts";
import type { MapKey, MutableRecord, Value } from "../../../../src/model/value.ts";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { Writer } from "../../../../src/schema/codec/writer.ts";
import { LIMITS, loadEntities } from "./entity-under-test.ts";

const { model } = (await loadEntities()).get("test.v1.Everything")!;
const codec = compileCodec(model, LIMITS);
const MANY = 1_000;

const integers = [0n, 1n, -1n, 127n, 128n, 2n ** 31n - 1n, 2n ** 62n, -(2n ** 63n)];
const seconds = [0n, 1n, 60n, 1_700_000_000n, 253_402_300_799n, -1n, -62_135_596_800n];
const times = seconds.flatMap((s) => [s, s * 1_000_000_000n, s * 1_000_000_000n + 123_456_789n]);

/** Values at which an encoding is short or long. */
function edges(type: FieldType): readonly Value[] {
  switch (type.kind) {
    case "string":
      return ["", "a", "x".repeat(127), "€".repeat(50)];
    case "bytes":
      return [new Uint8Array(), new Uint8Array(200)];
    case "bool":
      return [true];
    case "int32":
      return [0, 1, -1, 2 ** 31 - 1];
    case "uint32":
      return [0, 1, 2 ** 32 - 1];
    case "int64":
      return integers;
    case "uint64":
      return integers.map((value) => BigInt.asUintN(64, value));
    case "float":
    case "double":
      return [0, 1.5];
    case "timestamp":
    case "duration":
      return times;
    case "decimal":
      return [0n, 1n, -1n, 10n ** BigInt(type.precision) - 1n, -(10n ** BigInt(type.precision - 1))];
    case "enum":
      return type.enum.values.map(({ number }) => number);
    case "message":
    case "list":
    case "map":
      return [];
  }
}

function keys(field: MessageField, type: FieldType): readonly MapKey[] {
  if (field.type.kind === "map" && type.kind === "bool") return [true, false];
  const numbers = Array.from({ length: MANY }, (_, i) => i);
  if (type.kind === "string") return numbers.map(String);
  return type.kind === "int64" || type.kind === "uint64" ? numbers.map(BigInt) : numbers;
}

function named(value: Value): string {
  if (typeof value === "string") return value.slice(0, 30);
  return value instanceof Uint8Array ? `${value.length} bytes` : inspect(value);
}

const cases = model.fields.flatMap((field): (readonly [string, MessageField, Value])[] => {
  const { type } = field;
  if (type.kind === "list")
    return edges(type.element).map((value) => [
      `${field.name} of ${named(value)}`,
      field,
      Array.from({ length: MANY }, () => value),
    ]);
  if (type.kind !== "map") return [];
  return edges(type.value).map((value) => [
    `${field.name} of ${named(value)}`,
    field,
    new Map(keys(field, type.key).map((key) => [key, value])),
  ]);
});

test.each(cases)("%s has about as many bytes as it is said to have", (_, field, value) => {
  const record: MutableRecord = model.fields.map(() => undefined);
  record[field.ordinal] = value;
  const writer = new Writer();
  codec.record.encode(record, writer);
  const bytes = writer.finish().length;
  const said = recordBytes(model.message, record);
  expect(said).toBeGreaterThanOrEqual(bytes * 0.8);
  expect(said).toBeLessThanOrEqual(bytes * 1.2);
  expect(mostBytes(record)).toBeGreaterThanOrEqual(Math.max(said, bytes));
});
