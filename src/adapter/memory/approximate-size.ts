/** About how many bytes a row has, for windows that are cut by size. */

import { isList, isMap, type Value } from "../../model/value.ts";

export function approximateSize(value: Value | undefined): number {
  if (value === undefined) return 0;
  if (typeof value === "string") return value.length + 2;
  if (value instanceof Uint8Array) return value.length + 2;
  if (isList(value)) return value.reduce<number>((sum, element) => sum + approximateSize(element), 2);
  if (isMap(value))
    return value.entries().reduce((sum, [key, entry]) => sum + approximateSize(key) + approximateSize(entry), 2);
  return 8;
}
