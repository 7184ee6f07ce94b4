/** A type as people write it. */

import type { FieldType } from "../model/field.ts";

export function typeText(type: FieldType): string {
  switch (type.kind) {
    case "list":
      return type.set ? `set of ${typeText(type.element)}` : `repeated ${typeText(type.element)}`;
    case "map":
      return `map<${type.key.kind}, ${typeText(type.value)}>`;
    case "message":
      return type.message.name;
    case "enum":
      return type.enum.name;
    case "decimal":
      return `decimal(${type.precision}, ${type.scale})`;
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    case "bool":
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
    case "string":
    case "bytes":
      return type.kind;
  }
}
