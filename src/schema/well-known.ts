/** Messages of google.protobuf that are values of their own kind here, and what kind scalars are. */

import { ScalarType, type DescField, type DescMessage } from "@bufbuild/protobuf";
import type { NumberKind } from "../model/field.ts";

export type ScalarKind = NumberKind | "bool" | "string" | "bytes";

export const TIMESTAMP = "google.protobuf.Timestamp";
export const DURATION = "google.protobuf.Duration";

/** Wrapper message → the scalar in it. */
const WRAPPERS: ReadonlyMap<string, ScalarType> = new Map([
  ["google.protobuf.DoubleValue", ScalarType.DOUBLE],
  ["google.protobuf.FloatValue", ScalarType.FLOAT],
  ["google.protobuf.Int64Value", ScalarType.INT64],
  ["google.protobuf.UInt64Value", ScalarType.UINT64],
  ["google.protobuf.Int32Value", ScalarType.INT32],
  ["google.protobuf.UInt32Value", ScalarType.UINT32],
  ["google.protobuf.BoolValue", ScalarType.BOOL],
  ["google.protobuf.StringValue", ScalarType.STRING],
  ["google.protobuf.BytesValue", ScalarType.BYTES],
]);

/** The scalar that a wrapper message holds; undefined for every other message. */
export function wrapped(message: DescMessage): ScalarType | undefined {
  return WRAPPERS.get(message.typeName);
}

export function scalarKind(scalar: ScalarType): ScalarKind {
  switch (scalar) {
    case ScalarType.DOUBLE:
      return "double";
    case ScalarType.FLOAT:
      return "float";
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return "int64";
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return "uint64";
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return "int32";
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return "uint32";
    case ScalarType.BOOL:
      return "bool";
    case ScalarType.STRING:
      return "string";
    case ScalarType.BYTES:
      return "bytes";
  }
}

export type ValueKind = ScalarKind | "enum" | "timestamp" | "duration" | "message";

/** What one value of the field is: of the field itself, of a list's element, or of a map's value. */
export function valueKind(field: DescField): ValueKind {
  if (field.scalar !== undefined) return scalarKind(field.scalar);
  if (field.enum) return "enum";
  if (field.message?.typeName === TIMESTAMP) return "timestamp";
  if (field.message?.typeName === DURATION) return "duration";
  const scalar = field.message && wrapped(field.message);
  return scalar === undefined ? "message" : scalarKind(scalar);
}

/** Whether the field holds one value at most: neither a list nor a map. */
export function isSingular(field: DescField): boolean {
  return field.fieldKind !== "list" && field.fieldKind !== "map";
}
