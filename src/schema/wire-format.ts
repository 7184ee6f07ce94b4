/** How protobuf encodes a field, from its descriptor. */

import { ScalarType, type DescField } from "@bufbuild/protobuf";
import type { WireEncoding, WireFormat } from "../model/field.ts";
import { wrapped } from "./well-known.ts";

export function wireFormat(field: DescField): WireFormat {
  const wrapper = field.message !== undefined && wrapped(field.message) !== undefined;
  return {
    encoding: valueEncoding(field),
    ...(field.fieldKind === "map" && { key: scalarEncoding(field.mapKey) }),
    packed: field.fieldKind === "list" && field.packed,
    wrapper,
  };
}

/** Of a wrapper, the message's: how the scalar in it is encoded follows from its type. */
function valueEncoding(field: DescField): WireEncoding {
  if (field.scalar !== undefined) return scalarEncoding(field.scalar);
  if (field.enum) return "varint";
  return isDelimited(field) ? "group" : "length";
}

/** Whether the message in it is written as a group, between two tags. */
export function isDelimited(field: DescField): boolean {
  return "delimitedEncoding" in field && field.delimitedEncoding;
}

function scalarEncoding(scalar: ScalarType): WireEncoding {
  switch (scalar) {
    case ScalarType.INT32:
    case ScalarType.INT64:
    case ScalarType.UINT32:
    case ScalarType.UINT64:
    case ScalarType.BOOL:
      return "varint";
    case ScalarType.SINT32:
    case ScalarType.SINT64:
      return "zigzag";
    case ScalarType.FIXED32:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED32:
    case ScalarType.SFIXED64:
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return "fixed";
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return "length";
  }
}
