/** Values of raw statements as the driver takes and gives them: told by the column's type, never guessed. */

import { Fault } from "../../../model/fault.ts";
import type { StatementValue } from "../../statements.ts";
import type { CqlValue } from "../cluster/driver.ts";
import type { CqlColumnType } from "../cluster/session.ts";

const MILLISECOND = 1_000_000n;

/** The driver turns digits into whatever number the place wants, and refuses those that do not fit. */
export function parameterOf(value: StatementValue): CqlValue {
  switch (value.type) {
    case "null":
      return null;
    case "bool":
    case "double":
    case "decimal":
    case "string":
    case "date":
    case "time":
    case "json":
    case "uuid":
      return value.value;
    case "int64":
    case "uint64":
      return String(value.value);
    case "bytes":
      return Buffer.from(value.value);
    case "timestamp":
      if (value.value % MILLISECOND !== 0n)
        throw new Fault("TIMESTAMP_INVALID", "a timestamp of this store has whole milliseconds; truncate it");
      return new Date(Number(value.value / MILLISECOND));
    case "list":
      return value.value.map(parameterOf);
  }
}

/** https://github.com/apache/cassandra/blob/trunk/doc/native_protocol_v4.spec, 4.2.5.2 */
const NAMES: readonly (string | undefined)[] = [
  "custom", "ascii", "bigint", "blob", "boolean", "counter", "decimal", "double", "float", "int", "text",
  "timestamp", "uuid", "text", "varint", "timeuuid", "inet", "date", "time", "smallint", "tinyint", "duration",
]; // prettier-ignore
const [LIST, MAP, SET, NAMED, TUPLE] = [0x20, 0x21, 0x22, 0x30, 0x31];

/** As CQL writes it. */
export function nameOf(type: CqlColumnType): string {
  const inner = partsOf(type).map(nameOf).join(", ");
  switch (type.code) {
    case LIST:
      return `list<${inner}>`;
    case SET:
      return `set<${inner}>`;
    case MAP:
      return `map<${inner}>`;
    case TUPLE:
      return `tuple<${inner}>`;
    case NAMED:
      return hasName(type.info) ? type.info.name : "named type";
    default:
      return NAMES[type.code] ?? "custom";
  }
}

function hasName(info: unknown): info is { readonly name: string } {
  return typeof info === "object" && info !== null && "name" in info && typeof info.name === "string";
}

function isType(info: unknown): info is CqlColumnType {
  return typeof info === "object" && info !== null && "code" in info && typeof info.code === "number";
}

/** What a type is made of, in order. */
function partsOf({ code, info }: CqlColumnType): readonly CqlColumnType[] {
  if (code === NAMED) return fieldsOf(info).map(({ type }) => type);
  if (Array.isArray(info)) return info.filter(isType);
  return isType(info) ? [info] : [];
}

interface NamedField {
  readonly name: string;
  readonly type: CqlColumnType;
}

function fieldsOf(info: unknown): readonly NamedField[] {
  const fields: unknown = typeof info === "object" && info !== null && "fields" in info ? info.fields : undefined;
  return Array.isArray(fields) ? (fields as readonly NamedField[]) : []; // as the driver describes named types
}

/** A map is a list of pairs, and a value of a named type the list of its fields. */
export function valueOf(type: CqlColumnType, stored: CqlValue | undefined): StatementValue {
  if (stored === null || stored === undefined) return { type: "null" };
  const parts = partsOf(type);
  switch (type.code) {
    case LIST:
    case SET:
      return { type: "list", value: iterated(stored).map((each) => valueOf(partAt(parts, 0), each)) };
    case MAP:
      return {
        type: "list",
        value: [...mapOf(stored)].map(([key, value]) => ({
          type: "list",
          value: [valueOf(partAt(parts, 0), key), valueOf(partAt(parts, 1), value)],
        })),
      };
    case TUPLE:
      return { type: "list", value: parts.map((part, i) => valueOf(part, elementsOf(stored)[i])) };
    case NAMED: {
      const fields = new Map(Object.entries(stored as object)); // an object by the names of its fields
      return { type: "list", value: fieldsOf(type.info).map((field) => valueOf(field.type, fields.get(field.name))) };
    }
    default:
      return scalarOf(NAMES[type.code] ?? "custom", stored);
  }
}

function scalarOf(name: string, stored: NonNullable<CqlValue>): StatementValue {
  switch (name) {
    case "boolean":
      return { type: "bool", value: stored === true };
    case "int":
    case "smallint":
    case "tinyint":
    case "bigint":
    case "counter":
      return { type: "int64", value: BigInt(textOf(stored)) };
    case "float":
    case "double":
      return { type: "double", value: Number(stored) };
    case "decimal":
    case "varint": // has no end
      return { type: "decimal", value: textOf(stored) };
    case "timestamp":
      return { type: "timestamp", value: BigInt(stored instanceof Date ? stored.getTime() : 0) * MILLISECOND };
    case "uuid":
    case "timeuuid":
      return { type: "uuid", value: textOf(stored) };
    case "date":
      return { type: "date", value: textOf(stored) };
    case "time":
      return { type: "time", value: textOf(stored) };
    case "blob":
    case "custom":
      return stored instanceof Uint8Array
        ? { type: "bytes", value: Uint8Array.from(stored) }
        : { type: "string", value: textOf(stored) };
    default:
      return { type: "string", value: textOf(stored) };
  }
}

/** The driver's values print as CQL writes them. */
function textOf(stored: NonNullable<CqlValue>): string {
  return typeof stored === "string" ? stored : `${stored as unknown as string}`;
}

function partAt(parts: readonly CqlColumnType[], i: number): CqlColumnType {
  return parts[i] ?? { code: 0 };
}

function iterated(stored: NonNullable<CqlValue>): readonly CqlValue[] {
  return Array.isArray(stored) || stored instanceof Set ? [...(stored as Iterable<CqlValue>)] : [];
}

function mapOf(stored: NonNullable<CqlValue>): ReadonlyMap<CqlValue, CqlValue> {
  return stored instanceof Map ? (stored as ReadonlyMap<CqlValue, CqlValue>) : new Map();
}

function elementsOf(stored: NonNullable<CqlValue>): readonly CqlValue[] {
  const elements: unknown = typeof stored === "object" && "elements" in stored ? stored.elements : undefined;
  return Array.isArray(elements) ? (elements as readonly CqlValue[]) : [];
}
