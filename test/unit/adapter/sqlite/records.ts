/** Random records of any entity, in normal form, with the extremes of test/cases 40 to 43 among the values. */

import fc from "fast-check";
import type { EntityModel } from "../../../../src/model/entity.ts";
import type { ElementType, FieldType, MapKeyType, MessageType, ScalarType } from "../../../../src/model/field.ts";
import { distinct } from "../../../../src/model/record.ts";
import type { MapKey, EntityRecord, Value } from "../../../../src/model/value.ts";
import { absentValue } from "../../../../src/model/zero.ts";

const DEEPEST = 3;

/** Timestamps of the entity itself are whole microseconds, as the repository hands them down. */
export function anyRecord(
  entity: EntityModel,
  key: (ordinal: number) => fc.Arbitrary<Value> | undefined,
): fc.Arbitrary<EntityRecord> {
  const parts = entity.fields.map((field) => {
    const given = key(field.ordinal);
    if (given) return given;
    const absent = absentValue(field);
    const value =
      field.type.kind === "timestamp" ? anyTimestamp.map((nanos) => (nanos / 1000n) * 1000n) : anyValue(field.type, 0);
    return fc.option(value, { nil: absent, freq: 2 });
  });
  return fc.tuple(...parts);
}

export function anyValue(type: FieldType, depth: number): fc.Arbitrary<Value> {
  if (type.kind === "list") {
    const lists = fc.array(anyElement(type.element, depth), { maxLength: 3 });
    return type.set ? lists.map((values) => distinct(type.element, values)) : lists;
  }
  if (type.kind === "map") {
    return fc
      .array(fc.tuple(anyKey(type.key), anyElement(type.value, depth)), { maxLength: 3 })
      .map((entries) => new Map<MapKey, Value>(entries));
  }
  return anyElement(type, depth);
}

function anyElement(type: ElementType, depth: number): fc.Arbitrary<Value> {
  return type.kind === "message" ? anyMessage(type.message, depth + 1) : anyScalar(type);
}

function anyMessage(message: MessageType, depth: number): fc.Arbitrary<Value> {
  if (message.name === "google.protobuf.Value") {
    const fields = message.fields.filter((field) => depth < DEEPEST || field.type.kind !== "message");
    return fc.oneof(
      fc.constant(message.fields.map(() => undefined)), // with nothing set
      ...fields.map((field) =>
        (field.type.kind === "enum" ? fc.constant(0) : anyValue(field.type, depth)).map((value) =>
          message.fields.map((other) => (other === field ? value : undefined)),
        ),
      ),
    );
  }
  const parts = message.fields.map((field) => {
    const absent = absentValue(field);
    const isDeep = field.type.kind === "message" && depth >= DEEPEST;
    return isDeep ? fc.constant(absent) : fc.option(anyValue(field.type, depth), { nil: absent });
  });
  return fc.tuple(...parts);
}

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "ab",
    "\uFEFFa",
    "é",
    "e\u0301",
    "\u{10FFFF}",
    "\uFFFD",
    "__proto__",
    "constructor",
    "' OR 1=1--",
    '"; DROP',
    "%_",
    "\\",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
);

const anyInt64 = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);

const anyUint64 = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

const anyTimestamp = fc.oneof(
  fc.constantFrom(-62_135_596_800_000_000_000n, 253_402_300_799_999_999_999n, -1n, 0n, 1n, -1_000_000_001n),
  fc.bigInt({ min: -62_135_596_800_000_000_000n, max: 253_402_300_799_999_999_999n }),
);

const LONGEST = 315_576_000_000_999_999_999n;

const anyDuration = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, LONGEST, -LONGEST),
  fc.bigInt({ min: -LONGEST, max: LONGEST }),
);

export function anyScalar(type: ScalarType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int32":
      return fc.oneof(fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)), fc.integer());
    case "uint32":
      return fc.oneof(fc.constantFrom(0, 1, 2 ** 32 - 1), fc.nat());
    case "enum":
      return fc.oneof(fc.constantFrom(...type.enum.values.map((value) => value.number)), fc.integer());
    case "int64":
      return anyInt64;
    case "uint64":
      return anyUint64;
    case "float":
      return fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    case "double":
      return fc.oneof(
        fc.constantFrom(5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 0.1, 2 ** 53 + 2, 0),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      );
    case "string":
      return anyText;
    case "bytes":
      return fc.uint8Array({ maxLength: 6 });
    case "timestamp":
      return anyTimestamp;
    case "duration":
      return anyDuration;
    case "decimal": {
      const most = 10n ** BigInt(type.precision) - 1n;
      return fc.oneof(fc.constantFrom(0n, 1n, -1n, most, -most), fc.bigInt({ min: -most, max: most }));
    }
  }
}

function anyKey(type: MapKeyType): fc.Arbitrary<MapKey> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int32":
      return fc.integer();
    case "uint32":
      return fc.nat();
    case "int64":
      return anyInt64;
    case "uint64":
      return anyUint64;
    case "string":
      return anyText;
  }
}
