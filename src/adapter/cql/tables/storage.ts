/** How each kind of field is stored in a column: exact both ways, sorted as our values sort. */

import { decimalText, parseDecimal, rescale } from "../../../model/decimal.ts";
import type { ElementType, FieldType, MapKeyType } from "../../../model/field.ts";
import { isList, isMap, type MapKey, type Value } from "../../../model/value.ts";
import { comparatorOf } from "../../../model/compare.ts";
import { documentCodec } from "../../document/document.ts";
import { DocumentError, parseJson } from "../../document/json.ts";
import { fitting, within } from "../../sql/storage.ts";
import type { CqlValue } from "../cluster/driver.ts";

/** Timestamps are whole milliseconds. */
export const TIMESTAMP_PRECISION = 1_000_000n;

export interface Storage {
  /** As in CREATE TABLE. */
  readonly declared: string;
  /** Of a value that is there. An empty list or map is null, as the database has it. */
  readonly bind: (value: Value) => CqlValue;
  /** Of a column that is not null, as the driver gives it. */
  readonly read: (stored: NonNullable<CqlValue>) => Value;
  /** The value as it will be read again; absent where sets are the only thing that changes and there is none. */
  readonly settle?: (value: Value) => Value;
}

export function storageOf(type: FieldType): Storage {
  if (type.kind === "message") return documentStorage(type, () => false);
  if (type.kind === "list")
    return type.element.kind === "message" ? documentStorage(type, isEmptyList) : listStorage(type.element, type.set);
  if (type.kind === "map")
    return type.value.kind === "message" ? documentStorage(type, isEmptyMap) : mapStorage(type.key, type.value);
  return scalarStorage(type);
}

function scalarStorage(type: Exclude<ElementType, { readonly kind: "message" }>): Storage {
  switch (type.kind) {
    case "bool":
      return scalar(
        "boolean",
        (value) => value === true,
        (stored) => stored === true,
      );
    case "int32":
    case "enum":
      return scalar("int", Number, Number);
    case "uint32":
      return scalar(
        "bigint",
        (value) => BigInt(numberIn(value)),
        (stored) => within(Number(stored), 0, 4_294_967_295),
      );
    case "int64":
      return scalar("bigint", bigintIn, bigintOf);
    case "uint64":
      return scalar("varint", bigintIn, bigintOf);
    // CQL's own duration has months and days, no order, and holds 292 years.
    case "duration":
      return scalar("varint", bigintIn, bigintOf);
    case "float":
      return scalar("float", Number, Number);
    case "double":
      return scalar("double", Number, Number);
    case "timestamp":
      return scalar("timestamp", (value) => new Date(Number(milliseconds(bigintIn(value)))), timestampOf);
    case "decimal":
      return decimalStorage(type.precision, type.scale);
    case "string":
      return scalar("text", String, textOf);
    case "bytes":
      return scalar("blob", bufferOf, bytesOf);
  }
}

function scalar(
  declared: string,
  bind: (value: Value) => CqlValue,
  read: (stored: NonNullable<CqlValue>) => Value,
): Storage {
  return { declared, bind, read };
}

function decimalStorage(precision: number, scale: number): Storage {
  const read = (stored: NonNullable<CqlValue>): bigint => {
    const parsed = unscaledOf(stored) ?? parseDecimal(digitsOf(stored));
    if (!parsed) throw new DocumentError("a stored decimal is malformed");
    const { value, exact } = rescale(parsed.unscaled, parsed.scale, scale);
    if (!exact) return fitting(10n ** BigInt(precision), precision); // more digits than this version has: refused, never rounded
    return fitting(value, precision);
  };
  return scalar("decimal", (value) => decimalText(bigintIn(value), scale), read);
}

/** Scales that are read as numbers; beyond them a power of ten may have any size, and the text says whether it can be read. */
const MOST_SCALE = 1_000;

/** By the bytes that came, which the driver's decimal gives back. Its text it makes digit by digit, which was a third of a scan of rows with 78 digits. */
export function unscaledOf(
  stored: object | CqlValue,
): { readonly unscaled: bigint; readonly scale: number } | undefined {
  const type: unknown = typeof stored === "object" && stored !== null ? stored.constructor : undefined;
  if (typeof type !== "function" || !("toBuffer" in type) || typeof type.toBuffer !== "function") return undefined;
  const bytes: unknown = type.toBuffer(stored);
  if (!Buffer.isBuffer(bytes) || bytes.length < 5) return undefined;
  const scale = bytes.readInt32BE(0);
  if (Math.abs(scale) > MOST_SCALE) return undefined;
  return { unscaled: BigInt.asIntN((bytes.length - 4) * 8, BigInt(`0x${bytes.toString("hex", 4)}`)), scale };
}

/** The driver's decimal prints as its digits. */
function digitsOf(stored: NonNullable<CqlValue>): string {
  return `${stored as unknown as string}`; // a template calls what prints it
}

/** Documents as text: the database does not look inside. */
function documentStorage(type: FieldType, isEmpty: (value: Value) => boolean): Storage {
  const codec = documentCodec(type);
  return {
    declared: "text",
    bind: (value) => (isEmpty(value) ? null : JSON.stringify(codec.encode(value))),
    read: (stored) => codec.decode(parseJson(textOf(stored))),
  };
}

function listStorage(element: Exclude<ElementType, { readonly kind: "message" }>, isSet: boolean): Storage {
  const one = scalarStorage(element);
  const elements = (value: Value): readonly Value[] =>
    isList(value) ? value.filter((each) => each !== undefined) : [];
  const settle = (value: Value): Value => elements(value).toSorted(comparatorOf(element));
  return {
    declared: `${isSet ? "set" : "list"}<${one.declared}>`,
    bind: (value) => {
      const values = elements(value);
      return values.length === 0 ? null : values.map((each) => one.bind(each));
    },
    read: (stored) => arrayOf(stored).map((each) => one.read(present(each))),
    // The database keeps a set sorted.
    ...(isSet && { settle }),
  };
}

function mapStorage(keyType: MapKeyType, valueType: Exclude<ElementType, { readonly kind: "message" }>): Storage {
  const key = scalarStorage(keyType);
  const value = scalarStorage(valueType);
  return {
    declared: `map<${key.declared}, ${value.declared}>`,
    bind: (map) => {
      if (!isMap(map) || map.size === 0) return null;
      return new Map([...map].map(([name, entry]) => [key.bind(name), value.bind(entry)]));
    },
    read: (stored) => {
      if (!(stored instanceof Map)) throw new DocumentError("a map expected");
      const entries = new Map<MapKey, Value>();
      // The driver's Map holds what the column's type says.
      for (const [name, entry] of stored as ReadonlyMap<CqlValue, CqlValue>)
        entries.set(mapKeyOf(key.read(present(name))), value.read(present(entry)));
      return entries;
    },
  };
}

function isEmptyList(value: Value): boolean {
  return isList(value) && value.length === 0;
}

function isEmptyMap(value: Value): boolean {
  return isMap(value) && value.size === 0;
}

/** Towards the past, so that what is stored is never later than what was given. */
function milliseconds(nanos: bigint): bigint {
  const rest = nanos % TIMESTAMP_PRECISION;
  return nanos / TIMESTAMP_PRECISION - (rest < 0n ? 1n : 0n);
}

function timestampOf(stored: NonNullable<CqlValue>): bigint {
  if (!(stored instanceof Date)) throw new DocumentError("a timestamp expected");
  return BigInt(stored.getTime()) * TIMESTAMP_PRECISION;
}

function mapKeyOf(value: Value): MapKey {
  if (typeof value === "object") throw new DocumentError("a map has a key that is none");
  return value;
}

function present(stored: CqlValue | undefined): NonNullable<CqlValue> {
  if (stored === null || stored === undefined) throw new DocumentError("a value expected");
  return stored;
}

function arrayOf(stored: NonNullable<CqlValue>): readonly CqlValue[] {
  if (!Array.isArray(stored)) throw new DocumentError("a list expected");
  return stored as readonly CqlValue[]; // the driver gives nothing else
}

function textOf(stored: NonNullable<CqlValue>): string {
  if (typeof stored !== "string") throw new DocumentError("a text expected");
  return stored;
}

function numberIn(value: Value): number {
  if (typeof value !== "number") throw new TypeError("a number expected");
  return value;
}

function bigintIn(value: Value): bigint {
  if (typeof value !== "bigint") throw new TypeError("a bigint expected");
  return value;
}

function bigintOf(stored: NonNullable<CqlValue>): bigint {
  if (typeof stored !== "bigint") throw new DocumentError("an integer expected");
  return stored;
}

function bufferOf(value: Value): Buffer {
  if (!(value instanceof Uint8Array)) throw new TypeError("bytes expected");
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}

/** A copy: the driver's bytes are a part of what came over the network. */
function bytesOf(stored: NonNullable<CqlValue>): Uint8Array {
  if (!(stored instanceof Uint8Array)) throw new DocumentError("bytes expected");
  return Uint8Array.from(stored);
}
