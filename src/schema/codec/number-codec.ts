/** Numbers, bools and enums: every kind in every encoding protobuf has for it. */

import { Fault } from "../../model/fault.ts";
import type { EnumType, NumberKind, WireEncoding } from "../../model/field.ts";
import { bigintOf, booleanOf, numberOf, type ElementCodec } from "./element-codec.ts";
import { WIRE } from "./reader.ts";

export function numberCodec(kind: NumberKind, encoding: WireEncoding): ElementCodec {
  switch (kind) {
    case "int32":
      if (encoding === "zigzag") return SINT32;
      return encoding === "fixed" ? SFIXED32 : INT32;
    case "uint32":
      return encoding === "fixed" ? FIXED32 : UINT32;
    case "int64":
      if (encoding === "zigzag") return SINT64;
      return encoding === "fixed" ? SFIXED64 : INT64;
    case "uint64":
      return encoding === "fixed" ? FIXED64 : UINT64;
    case "float":
      return FLOAT;
    case "double":
      return DOUBLE;
  }
}

/** Refuses numbers that the enum does not declare, whether it is open or closed. */
export function enumCodec(type: EnumType): ElementCodec {
  const declared = new Set(type.values.map((value) => value.number));
  return {
    wireType: WIRE.varint,
    read(reader) {
      const number = reader.int32();
      if (!declared.has(number)) throw new Fault("ENUM_UNKNOWN", `${type.name} has no value with this number.`);
      return number;
    },
    write: (writer, value) => writer.int32(numberOf(value)),
  };
}

/** Adding 0 makes −0 the 0 that every store keeps. */
function finite(value: number): number {
  if (Number.isFinite(value)) return value + 0;
  throw new Fault("NUMBER_INVALID", "NaN and infinities cannot be stored or compared.");
}

export const BOOL: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.bool(booleanOf(value)),
};

const INT32: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.int32(),
  write: (writer, value) => writer.int32(numberOf(value)),
};

const SINT32: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.sint32(),
  write: (writer, value) => writer.sint32(numberOf(value)),
};

const SFIXED32: ElementCodec = {
  wireType: WIRE.fixed32,
  read: (reader) => reader.sfixed32(),
  write: (writer, value) => writer.fixed32(numberOf(value)),
};

const UINT32: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.uint32(),
  write: (writer, value) => writer.uint32(numberOf(value)),
};

const FIXED32: ElementCodec = {
  wireType: WIRE.fixed32,
  read: (reader) => reader.fixed32(),
  write: (writer, value) => writer.fixed32(numberOf(value)),
};

const INT64: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.int64(),
  write: (writer, value) => writer.int64(bigintOf(value)),
};

const SINT64: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.sint64(),
  write: (writer, value) => writer.sint64(bigintOf(value)),
};

const SFIXED64: ElementCodec = {
  wireType: WIRE.fixed64,
  read: (reader) => reader.sfixed64(),
  write: (writer, value) => writer.fixed64(bigintOf(value)),
};

const UINT64: ElementCodec = {
  wireType: WIRE.varint,
  read: (reader) => reader.uint64(),
  write: (writer, value) => writer.int64(bigintOf(value)),
};

const FIXED64: ElementCodec = {
  wireType: WIRE.fixed64,
  read: (reader) => reader.fixed64(),
  write: (writer, value) => writer.fixed64(bigintOf(value)),
};

const FLOAT: ElementCodec = {
  wireType: WIRE.fixed32,
  read: (reader) => finite(reader.float()),
  write: (writer, value) => writer.float(numberOf(value)),
};

const DOUBLE: ElementCodec = {
  wireType: WIRE.fixed64,
  read: (reader) => finite(reader.double()),
  write: (writer, value) => writer.double(numberOf(value)),
};
