/**
 * What values are in memory. A value carries no tag: its field's type says how to read it.
 *
 * | field type | value |
 * |---|---|
 * | bool | boolean |
 * | int32, uint32, enum, float, double | number (never NaN, infinite or −0) |
 * | int64, uint64 | bigint |
 * | decimal | bigint, unscaled: 12.50 with scale 2 is 1250n |
 * | timestamp, duration | bigint, nanoseconds (since 1970-01-01T00:00:00Z) |
 * | string | string, well formed, without NUL |
 * | bytes | Uint8Array |
 * | list, set | array of element values |
 * | map | Map |
 * | message | record of that message's fields |
 */
export type Value = boolean | number | bigint | string | Uint8Array | ValueList | ValueMap;

/** A list, a set, or a nested record; the field's type says which. */
export type ValueList = readonly (Value | undefined)[];

/** A protobuf map. Its order has no meaning. */
export type ValueMap = ReadonlyMap<MapKey, Value>;

/** Types that protobuf allows as map keys. */
export type MapKey = string | number | bigint | boolean;

/**
 * One message's values, positional by field ordinal; absent is undefined, and the array is exactly as long as the
 * message has stored fields. In normal form (see `record.ts`) fields without presence, lists and maps are never absent.
 */
export type EntityRecord = readonly (Value | undefined)[];

/** A record under construction, before it is shared. */
export type MutableRecord = (Value | undefined)[];

/** A list, a set or a nested record. */
export function isList(value: Value | undefined): value is ValueList {
  return Array.isArray(value);
}

export function isMap(value: Value | undefined): value is ValueMap {
  return value instanceof Map;
}
