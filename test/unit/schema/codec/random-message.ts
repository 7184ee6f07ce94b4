/** Random messages of any descriptor, with values that a Record can hold; made by protobuf-es, encoded by protobuf-es. */

import { ScalarType, toBinary, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import fc from "fast-check";
import { createAnnotations } from "../../../../src/schema/annotations.ts";

const annotations = createAnnotations();

/** Levels of messages inside each other. */
const DEEPEST = 4;

export function randomMessage(desc: DescMessage): fc.Arbitrary<ReflectMessage> {
  return messageAt(desc, 0);
}

export function encoded(message: ReflectMessage): Uint8Array {
  return toBinary(message.desc, message.message);
}

/** A field's value, ready to be put into the message. */
type Assignment = (into: ReflectMessage) => void;

function messageAt(desc: DescMessage, depth: number): fc.Arbitrary<ReflectMessage> {
  if (desc.typeName === "google.protobuf.Timestamp") return timestamp(desc);
  if (desc.typeName === "google.protobuf.Duration") return duration(desc);
  if (desc.typeName === "google.protobuf.Value") return structValue(desc, depth);
  const fields = desc.fields.filter((field) => !annotations.field(field).ignore && (depth < DEEPEST || !field.message));
  const absent = fields.length > 20 ? 4 : 1; // to one that is present
  return fc
    .tuple(
      ...fields.map((field) =>
        fc.oneof(
          { arbitrary: fc.constant(undefined), weight: absent },
          { arbitrary: assignment(field, depth), weight: 2 },
        ),
      ),
    )
    .map((assignments) => {
      const message = reflect(desc);
      for (const assign of assignments) assign?.(message);
      return message;
    });
}

function assignment(field: DescField, depth: number): fc.Arbitrary<Assignment> {
  switch (field.fieldKind) {
    case "list":
      return fc.array(element(field, depth), { maxLength: 4 }).map((values) => (into) => {
        for (const value of values) into.get(field).add(value);
      });
    case "map":
      return fc
        .array(fc.tuple(scalar(field.mapKey), element(field, depth)), { maxLength: 4 })
        .map((entries) => (into) => {
          for (const [key, value] of entries) into.get(field).set(key, value);
        });
    case "scalar":
    case "enum":
    case "message":
      return element(field, depth).map((value) => (into) => into.set(field, value));
  }
}

function element(field: DescField, depth: number): fc.Arbitrary<unknown> {
  const { decimal } = annotations.field(field);
  if (decimal) return decimalText(decimal.precision, decimal.scale);
  if (field.enum) return fc.constantFrom(...field.enum.values.map((value) => value.number));
  if (field.message) return messageAt(field.message, depth + 1);
  return scalar(field.scalar ?? ScalarType.STRING);
}

function decimalText(precision: number, scale: number): fc.Arbitrary<string> {
  const most = 10n ** BigInt(precision) - 1n;
  return fc.bigInt({ min: -most, max: most }).map((unscaled) => {
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
    const sign = unscaled < 0n ? "-" : "";
    return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  });
}

function timestamp(desc: DescMessage): fc.Arbitrary<ReflectMessage> {
  const seconds = fc.oneof(
    fc.constantFrom(-62_135_596_800n, 253_402_300_799n, -1n, 0n, -9_223_372_037n, 9_223_372_036n, 9_223_372_037n),
    fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }),
  );
  const nanos = fc.oneof(fc.constantFrom(0, 1, 999_999_999), fc.integer({ min: 0, max: 999_999_999 }));
  return fc.tuple(seconds, nanos).map(([s, n]) => parts(desc, s, n));
}

function duration(desc: DescMessage): fc.Arbitrary<ReflectMessage> {
  const seconds = fc.bigInt({ min: 0n, max: 315_576_000_000n });
  return fc
    .tuple(fc.boolean(), seconds, fc.integer({ min: 0, max: 999_999_999 }))
    .map(([negative, s, n]) => (negative ? parts(desc, -s, 0 - n) : parts(desc, s, n)));
}

function parts(desc: DescMessage, seconds: bigint, nanos: number): ReflectMessage {
  const message = reflect(desc);
  message.set(desc.field["seconds"]!, seconds);
  message.set(desc.field["nanos"]!, nanos);
  return message;
}

/** Always of some kind: a Value without one is no JSON, and protobuf-es refuses it in a Struct. */
function structValue(desc: DescMessage, depth: number): fc.Arbitrary<ReflectMessage> {
  const kinds = desc.fields.filter((field) => depth < DEEPEST || !field.message);
  return fc.oneof(...kinds.map((field) => assignment(field, depth))).map((assign) => {
    const message = reflect(desc);
    assign(message);
    return message;
  });
}

/** No NUL, well formed; the characters that codecs stumble over are among them. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }).map((value) => value.replaceAll("\0", "")),
  fc.string({ unit: "binary", maxLength: 12 }).map((value) => value.replaceAll("\0", "")),
  fc.constantFrom("", "\uFEFFmark", "é", "e\u0301", "\u{1F4A9}\u{10FFFF}", "\uFFFD", "__proto__", "constructor"),
  fc.string({ minLength: 120, maxLength: 300 }).map((value) => value.replaceAll("\0", "")),
);

const double: fc.Arbitrary<number> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.constantFrom(5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 0.1, 2 ** 53 + 2),
);

const float: fc.Arbitrary<number> = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.constantFrom(2 ** -149, 3.4028234663852886e38, Math.fround(0.1)),
);

const int64: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 31n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)),
);

const uint64: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 127n, 128n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
);

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 40 });
    case ScalarType.DOUBLE:
      return double;
    case ScalarType.FLOAT:
      return float;
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return fc.oneof(fc.nat(), fc.constantFrom(0, 127, 128, 2 ** 32 - 1));
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return int64;
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return uint64;
  }
}
