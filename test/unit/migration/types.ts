/** The types that are changed into each other, each with its extremes. */

import type { EnumType, FieldType, MessageField, MessageType } from "../../../src/model/field.ts";
import { NO_WIRE } from "../../../src/migration/contract-text.ts";
import type { Value } from "../../../src/model/value.ts";

export interface SampleType {
  /** As in the table's head. */
  readonly name: string;
  readonly type: FieldType;
  readonly values: readonly Value[];
}

export function message(name: string, fields: readonly (readonly [number, string, FieldType])[]): MessageType {
  return {
    name,
    ignored: [],
    fields: fields.map(([number, field, type], ordinal): MessageField => ({
      number,
      name: field,
      ordinal,
      type,
      presence: type.kind !== "list" && type.kind !== "map",
      wire: NO_WIRE,
    })),
  };
}

export function enumType(name: string, values: readonly (readonly [number, string])[]): EnumType {
  return { name, values: values.map(([number, value]) => ({ number, name: value })) };
}

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };

export const status: EnumType = enumType("t.Status", [[0, "UNKNOWN"], [1, "OPEN"], [2, "PAID"]]); // prettier-ignore
export const grownStatus: EnumType = enumType("t.Status", [[0, "UNKNOWN"], [1, "OPEN"], [2, "PAID"], [3, "SHIPPED"]]); // prettier-ignore
const colour = enumType("t.Colour", [[0, "NONE"], [1, "RED"], [2, "BLUE"]]); // prettier-ignore

export const address: MessageType = message("t.Address", [[1, "street", text], [2, "floor", int32]]); // prettier-ignore
export const grownAddress: MessageType = message("t.Address", [[1, "street", text], [2, "floor", int32], [3, "city", text]]); // prettier-ignore
export const wideAddress: MessageType = message("t.Address", [[1, "road", text], [2, "floor", int64]]); // prettier-ignore
const money = message("t.Money", [[1, "currency", text], [2, "amount", int32]]); // prettier-ignore
const struct = message("google.protobuf.Struct", [[1, "fields", { kind: "map", key: { kind: "string" }, value: { kind: "string" } }]]); // prettier-ignore

const INT32 = [-2_147_483_648, -1, 0, 1, 2_147_483_647];
const UINT32 = [0, 1, 4_294_967_295];
const INT64 = [-(2n ** 63n), -1n, 0n, 1n, 3_000_000_000n, 2n ** 63n - 1n];
const UINT64 = [0n, 1n, 2n ** 63n, 2n ** 64n - 1n];
const FLOAT = [0, 1, -1.5, Math.fround(3.4028234e38), Math.fround(1e-45)];
const DOUBLE = [0, 1, 0.1, -1.5, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53];
const TEXT = ["", "a", "1.50", "zwölf", "\u{10ffff}"];
const BYTES = [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0xff, 0xfe), new Uint8Array(Buffer.from("zwölf"))];
const MOMENT = [-62_135_596_800_000_000_000n, 0n, 1_767_225_600_000_000_000n, 253_402_300_799_999_999_000n];
const DURATION = [-315_576_000_000_000_000_000n, 0n, 315_576_000_000_000_000_000n];
const ADDRESS: readonly Value[] = [
  ["a", -2_147_483_648],
  [undefined, undefined],
];

function decimal(precision: number, scale: number): SampleType {
  const most = 10n ** BigInt(precision) - 1n;
  return {
    name: `decimal(${precision},${scale})`,
    type: { kind: "decimal", precision, scale },
    values: [-most, -1n, 0n, 1n, 1999n, most],
  };
}

function list(name: string, element: Exclude<FieldType, { kind: "list" | "map" }>, values: readonly Value[], set = false): SampleType {
  return { name, type: { kind: "list", element, set }, values: [[], values.slice(0, 1), values, [...values, ...(set ? [] : values)]] };
} // prettier-ignore

function map(name: string, key: "string" | "int32", value: Exclude<FieldType, { kind: "list" | "map" }>, values: readonly Value[]): SampleType {
  const entries = values.map((item, i): [string | number, Value] => [key === "string" ? `k${i}` : i, item]);
  return { name, type: { kind: "map", key: { kind: key }, value }, values: [new Map(), new Map(entries)] };
} // prettier-ignore

export const sampleTypes: readonly SampleType[] = [
  { name: "bool", type: { kind: "bool" }, values: [false, true] },
  { name: "int32", type: int32, values: INT32 },
  { name: "uint32", type: { kind: "uint32" }, values: UINT32 },
  { name: "int64", type: int64, values: INT64 },
  { name: "uint64", type: { kind: "uint64" }, values: UINT64 },
  { name: "float", type: { kind: "float" }, values: FLOAT },
  { name: "double", type: { kind: "double" }, values: DOUBLE },
  { name: "string", type: text, values: TEXT },
  { name: "bytes", type: { kind: "bytes" }, values: BYTES },
  { name: "Timestamp", type: { kind: "timestamp" }, values: MOMENT },
  { name: "Duration", type: { kind: "duration" }, values: DURATION },
  decimal(10, 2),
  decimal(10, 4),
  decimal(18, 2),
  decimal(30, 2),
  decimal(40, 4),
  { name: "enum Status", type: { kind: "enum", enum: status }, values: [0, 1, 2] },
  { name: "enum Status + SHIPPED", type: { kind: "enum", enum: grownStatus }, values: [0, 1, 2, 3] },
  { name: "enum Colour", type: { kind: "enum", enum: colour }, values: [0, 1, 2] },
  { name: "Address", type: { kind: "message", message: address }, values: ADDRESS },
  { name: "Address + city", type: { kind: "message", message: grownAddress }, values: [["a", 1, "c"]] },
  { name: "Address, floor int64", type: { kind: "message", message: wideAddress }, values: [["a", 3_000_000_000n], ["b", 7n]] },
  { name: "Money", type: { kind: "message", message: money }, values: [["EUR", 1]] },
  { name: "Struct", type: { kind: "message", message: struct }, values: [] },
  list("repeated int32", int32, INT32),
  list("repeated int64", { kind: "int64" }, INT64),
  list("repeated string", { kind: "string" }, TEXT),
  list("set of string", { kind: "string" }, TEXT, true),
  list("repeated Address", { kind: "message", message: address }, ADDRESS),
  map("map<string, int32>", "string", { kind: "int32" }, INT32),
  map("map<string, int64>", "string", { kind: "int64" }, INT64),
  map("map<int32, string>", "int32", { kind: "string" }, TEXT),
  map("map<string, Address>", "string", { kind: "message", message: address }, ADDRESS),
]; // prettier-ignore
