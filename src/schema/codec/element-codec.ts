/** The contract inside this folder: one value's bytes, without its tag. */

import type { MapKey, MutableRecord, Value, ValueMap } from "../../model/value.ts";
import { isList, isMap } from "../../model/value.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

export interface ElementCodec {
  /** The only wire type its values have. */
  readonly wireType: number;
  /**
   * Stands after the tag. `earlier` is what the same singular field held before in this message; messages merge with
   * it, scalars replace it. Undefined is an empty decimal, which is absent.
   */
  read(reader: Reader, earlier: Value | undefined): Value | undefined;
  write(writer: Writer, value: Value): void;
}

/** What happens to a field that the message does not declare: refused, or passed over. */
export type OnUnknown = (reader: Reader, tag: number, message: string) => void;

/** Values carry no tag; these make sure that a record was built by its type. */
export function numberOf(value: Value): number {
  if (typeof value === "number") return value;
  throw mismatch("number", value);
}

export function bigintOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  throw mismatch("bigint", value);
}

export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  throw mismatch("string", value);
}

export function booleanOf(value: Value): boolean {
  if (typeof value === "boolean") return value;
  throw mismatch("boolean", value);
}

export function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw mismatch("Uint8Array", value);
}

export function listOf(value: Value): readonly (Value | undefined)[] {
  if (isList(value)) return value;
  throw mismatch("list", value);
}

export function mapOf(value: Value): ValueMap {
  if (isMap(value)) return value;
  throw mismatch("map", value);
}

/** Text, a number, a bigint or a boolean. */
export function mapKeyOf(value: Value | undefined): MapKey {
  if (value !== undefined && typeof value !== "object") return value;
  throw mismatch("map key", value);
}

/** The list or record that this decoder itself began earlier, to go on with. */
export function mutable(value: Value | undefined): MutableRecord | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** The map that this decoder itself began earlier, to go on with. */
export function mutableMap(value: Value | undefined): Map<MapKey, Value> | undefined {
  return value instanceof Map ? value : undefined;
}

function mismatch(expected: string, value: Value | undefined): TypeError {
  return new TypeError(`a ${expected} was expected in a Record, not a ${typeof value}`);
}
