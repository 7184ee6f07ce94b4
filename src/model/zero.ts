/** What a field reads as where nothing is stored. */

import type { FieldType, MessageField } from "./field.ts";
import type { MapKey, Value, ValueList, ValueMap } from "./value.ts";

/** What a field reads as where nothing is stored: its zero without presence, an empty list or map, else undefined. */
export function absentValue(field: MessageField): Value | undefined {
  if (field.type.kind === "list") return EMPTY_LIST;
  if (field.type.kind === "map") return EMPTY_MAP;
  return field.presence ? undefined : zeroOf(field.type);
}

/** Shared, as values are never changed. */
const EMPTY_LIST: ValueList = Object.freeze([]);
const EMPTY_MAP: ValueMap = new Map<MapKey, Value>();
const EMPTY_BYTES = new Uint8Array(0);

/** The zero of a type that can lack presence; undefined for those that cannot. */
export function zeroOf(type: FieldType): Value | undefined {
  switch (type.kind) {
    case "bool":
      return false;
    case "string":
      return "";
    case "bytes":
      return EMPTY_BYTES;
    case "int32":
    case "uint32":
    case "float":
    case "double":
    case "enum":
      return 0;
    case "int64":
    case "uint64":
      return 0n;
    case "list":
      return EMPTY_LIST;
    case "map":
      return EMPTY_MAP;
    case "decimal":
    case "timestamp":
    case "duration":
    case "message":
      return undefined;
  }
}
