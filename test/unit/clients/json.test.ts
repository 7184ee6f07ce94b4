// Messages as JSON and back: nothing is lost, protobuf-es reads it alike, and what does not fit is refused with its field.
import { fromBinary, fromJson as esFromJson, toBinary, toJson as esToJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readMessage } from "../../../clients/typescript/codec/message-codec.ts";
import {
  changesFromJson,
  Duration,
  fromJson,
  initFromJson,
  InvalidRequestError,
  Timestamp,
  toJson,
  type EntityTable,
  type EnumTable,
  type MessageTable,
} from "../../../clients/typescript/index.ts";
import { desc, encoded, table, value } from "./every-kind.ts";

const through = (json: unknown): unknown => JSON.parse(JSON.stringify(json));

/** Without the sign of 0. */
function unsigned(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(unsigned);
  if (typeof given !== "object" || given === null || given instanceof Uint8Array) return given === 0 ? 0 : given;
  return Object.fromEntries(Object.entries(given).map(([name, member]) => [name, unsigned(member)]));
}

test("every kind of field survives JSON, and protobuf-es reads what we write and writes what we read", () => {
  fc.assert(
    fc.property(value, (given) => {
      const bytes = encoded(given);
      const message = readMessage(table, bytes);
      const json = through(toJson(table, message));
      expect(fromJson(table, json)).toEqual(message);
      expect(toBinary(desc, esFromJson(desc, json as never))).toEqual(toBinary(desc, fromBinary(desc, bytes)));
      const read = fromJson(table, through(esToJson(desc, fromBinary(desc, bytes))));
      expect(unsigned(read)).toEqual(unsigned(message)); // which JSON.stringify makes of −0 there
    }),
    { numRuns: 200 },
  );
});

const color: EnumTable = { name: "Color", values: { unspecified: 0, red: 1 } };
const rich: EntityTable = {
  name: "Rich",
  service: "RichRepository",
  api: "Rich",
  key: ["id"],
  version: "version",
  managed: ["version"],
  fields: [
    { name: "id", proto: "id", number: 1, kind: "string" },
    { name: "version", proto: "version", number: 2, kind: "int64", presence: true },
    { name: "madeAt", proto: "made_at", number: 3, kind: "timestamp" },
    { name: "span", proto: "span", number: 4, kind: "duration" },
    { name: "color", proto: "color", number: 5, kind: "enum", enum: color, presence: true },
    { name: "counts", proto: "counts", number: 6, kind: "int64", map: "int64" },
    { name: "anything", proto: "anything", number: 7, kind: "value" },
    { name: "object", proto: "object", number: 8, kind: "struct" },
    { name: "maybe", proto: "maybe", number: 9, kind: "uint64", wrapper: true },
    { name: "ratio", proto: "ratio", number: 10, kind: "double", presence: true },
    { name: "blob", proto: "blob", number: 11, kind: "bytes", presence: true },
    { name: "parts", proto: "parts", number: 12, kind: "message", list: true, message: () => part },
    { name: "price", proto: "price", number: 13, kind: "decimal" },
  ],
};
const part: MessageTable = {
  name: "Part",
  fields: [{ name: "size", proto: "size", number: 1, kind: "int64" }],
};

const whole = {
  id: "a",
  version: 9_007_199_254_740_993n,
  madeAt: Timestamp.parse("2026-11-27T10:00:00.000000001Z"),
  span: new Duration(-1, -500_000_000),
  color: 7,
  counts: Object.assign(Object.create(null), { "9007199254740993": -(2n ** 63n), ["__proto__"]: undefined }),
  anything: null,
  object: { a: [1, null, { b: true }] },
  maybe: 2n ** 64n - 1n,
  ratio: Number.NEGATIVE_INFINITY,
  blob: new Uint8Array([255, 0, 254]),
  parts: [{ size: 2n ** 60n }],
  price: "12.50",
};

test("what JSON has no form for is written as text, and comes back", () => {
  const json = toJson(rich, whole);
  expect(json).toEqual({
    id: "a",
    version: "9007199254740993",
    madeAt: "2026-11-27T10:00:00.000000001Z",
    span: "-1.500s",
    color: 7,
    counts: { "9007199254740993": "-9223372036854775808" },
    anything: null,
    object: { a: [1, null, { b: true }] },
    maybe: "18446744073709551615",
    ratio: "-Infinity",
    blob: "/wD+",
    parts: [{ size: "1152921504606846976" }],
    price: "12.50",
  });
  expect(fromJson(rich, through(json))).toEqual(whole);
});

test("a message that was sent without a field has its zero where it is never absent", () => {
  expect(fromJson(rich, { made_at: "2026-01-01T00:00:00Z", color: "red", version: 3, ratio: null })).toEqual({
    id: "",
    counts: {},
    parts: [],
    madeAt: Timestamp.parse("2026-01-01T00:00:00Z"),
    color: "red",
    version: 3n,
  });
});

test("what is to be written has what was given, and nothing else", () => {
  expect(initFromJson(rich, { id: "x", ratio: null, color: "red" })).toEqual({ id: "x", color: "red" });
  expect(changesFromJson(rich, { ratio: null, color: "red" })).toEqual({ ratio: null, color: "red" });
});

/** What it is refused with. */
function refusal(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    return { reason: error.reason, field: error.field, isRetryable: error.isRetryable };
  }
  return "it was taken";
}

test.each<[string, string, () => unknown]>([
  ["version", "FIELD_INVALID", () => fromJson(rich, { version: 9_007_199_254_740_992 })],
  ["version", "FIELD_INVALID", () => fromJson(rich, { version: "1.5" })],
  ["counts", "FIELD_INVALID", () => fromJson(rich, { counts: [] })],
  ["counts", "FIELD_INVALID", () => fromJson(rich, { counts: { x: "1" } })],
  ['counts["1"]', "FIELD_INVALID", () => fromJson(rich, { counts: { "1": {} } })],
  ["parts[1].size", "FIELD_INVALID", () => fromJson(rich, { parts: [{}, { size: true }] })],
  ["parts[0].colour", "FIELD_UNKNOWN", () => fromJson(rich, { parts: [{ colour: 1 }] })],
  ["colour", "FIELD_UNKNOWN", () => fromJson(rich, { colour: 1 })],
  ["__proto__", "FIELD_UNKNOWN", () => fromJson(rich, JSON.parse('{"__proto__": {}}'))],
  ["color", "ENUM_UNKNOWN", () => fromJson(rich, { color: "blue" })],
  ["madeAt", "TIMESTAMP_INVALID", () => fromJson(rich, { madeAt: "yesterday" })],
  ["madeAt", "FIELD_INVALID", () => fromJson(rich, { madeAt: 0 })],
  ["span", "NUMBER_INVALID", () => fromJson(rich, { span: "1 s" })],
  ["blob", "FIELD_INVALID", () => fromJson(rich, { blob: "%" })],
  ["price", "FIELD_INVALID", () => fromJson(rich, { price: 12.5 })],
  ["json", "FIELD_INVALID", () => fromJson(rich, "text")],
  ["version", "FIELD_INVALID", () => initFromJson(rich, { version: "1" })],
  ["id", "FIELD_INVALID", () => changesFromJson(rich, { id: "x" })],
])("refuses %s with %s", (field, reason, act) => {
  expect(refusal(act)).toEqual({ reason, field, isRetryable: false });
});

test("nesting without end is refused", () => {
  const self: MessageTable = {
    name: "Self",
    fields: [{ name: "own", proto: "own", number: 1, kind: "message", message: () => self }],
  };
  const circle: { own?: unknown } = {};
  circle.own = circle;
  expect(refusal(() => fromJson(self, circle))).toMatchObject({ reason: "FIELD_INVALID" });
});
