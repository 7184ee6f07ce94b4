/** One codec for every scalar type, and the wrapper messages around some of them. */

import {
  decimalFits,
  decimalText,
  isDecimalText,
  MOST_DIGITS,
  parseDecimal,
  rescale,
  shortDecimal,
  type Decimal,
} from "../../model/decimal.ts";
import { Fault } from "../../model/fault.ts";
import type { ScalarType, WireEncoding } from "../../model/field.ts";
import type { Value } from "../../model/value.ts";
import { zeroOf } from "../../model/zero.ts";
import { bigintOf, bytesOf, textOf, type ElementCodec, type OnUnknown } from "./element-codec.ts";
import { mistyped } from "./fault-path.ts";
import { BOOL, enumCodec, numberCodec } from "./number-codec.ts";
import { WIRE } from "./reader.ts";
import { durationCodec, timestampCodec } from "./time-codec.ts";

export function scalarCodec(type: ScalarType, encoding: WireEncoding, unknown: OnUnknown): ElementCodec {
  switch (type.kind) {
    case "bool":
      return BOOL;
    case "string":
      return STRING;
    case "bytes":
      return BYTES;
    case "enum":
      return enumCodec(type.enum);
    case "timestamp":
      return timestampCodec(unknown);
    case "duration":
      return durationCodec(unknown);
    case "decimal":
      return decimalCodec(type.precision, type.scale);
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
      return numberCodec(type.kind, encoding);
  }
}

/** A scalar that is field 1 of a message of its own, as in google.protobuf.Int64Value. */
export function wrapperCodec(type: ScalarType, unknown: OnUnknown): ElementCodec {
  const inner = scalarCodec(type, type.kind === "float" || type.kind === "double" ? "fixed" : "varint", unknown);
  const tag = 8 | inner.wireType;
  const zero = zeroOf(type);
  return {
    wireType: WIRE.length,
    read(reader, earlier) {
      let value = earlier ?? zero;
      const outer = reader.enter(reader.length());
      while (reader.more()) {
        const found = reader.tag();
        if (found === tag) value = inner.read(reader, value);
        else if (found >>> 3 === 1) throw mistyped("a wrapper", "value", 1);
        else unknown(reader, found, "a wrapper");
      }
      reader.leave(outer);
      return value;
    },
    write(writer, value) {
      const mark = writer.open();
      // A decimal's zero is text, "0.00", and not the zero of its wrapper.
      if (type.kind === "decimal" || !isPlainZero(value)) {
        writer.uint32(tag);
        inner.write(writer, value);
      }
      writer.close(mark);
    },
  };
}

/** What a field without presence is not sent for. */
export function isPlainZero(value: Value | undefined): boolean {
  return !value || (value instanceof Uint8Array && value.length === 0);
}

const STRING: ElementCodec = {
  wireType: WIRE.length,
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string(textOf(value)),
};

const BYTES: ElementCodec = {
  wireType: WIRE.length,
  read: (reader) => reader.bytes(),
  write: (writer, value) => writer.bytes(bytesOf(value)),
};

function decimalCodec(precision: number, scale: number): ElementCodec {
  return {
    wireType: WIRE.length,
    read(reader) {
      const text = reader.string();
      if (text === "") return undefined;
      const unscaled = shortDecimal(text, scale);
      if (unscaled === undefined) return decimalOf(text, precision, scale);
      return fitting(unscaled, precision, scale);
    },
    write: (writer, value) => writer.string(decimalText(bigintOf(value), scale)),
  };
}

/** @throws Fault that says what is wrong with the text */
export function requireDecimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed) return parsed;
  const message = isDecimalText(text)
    ? `A decimal may have ${MOST_DIGITS} digits beside zeros that change nothing.`
    : 'A decimal is written as digits, with "-" before and ".digits" after if need be.';
  throw new Fault("DECIMAL_INVALID", message);
}

function decimalOf(text: string, precision: number, scale: number): bigint {
  const decimal = requireDecimal(text);
  const { value, exact } = rescale(decimal.unscaled, decimal.scale, scale);
  if (!exact) throw new Fault("DECIMAL_INVALID", `At most ${scale} digits may follow the point; none are rounded.`);
  return fitting(value, precision, scale);
}

function fitting(value: bigint, precision: number, scale: number): bigint {
  if (!decimalFits(value, precision))
    throw new Fault("DECIMAL_INVALID", `At most ${precision - scale} digits may precede the point.`);
  return value;
}
