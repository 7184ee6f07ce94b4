/**
 * How each kind of field is stored in a column. Values travel as text both ways, written and read here: a driver would
 * round numbers and times.
 */

import type { FieldType } from "../../model/field.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { DocumentError } from "../document/json.ts";
import { momentOf, momentTexts } from "../sql/server/moment.ts";
import { bigintOf, bytesOf, decimalStorage, integerIn } from "../sql/server/value-text.ts";
import { documentStorage, DURATION_DIGITS, plain, within, type Storage } from "../sql/storage.ts";

export function storageOf(type: FieldType, earlier: FieldType | undefined): Storage {
  switch (type.kind) {
    case "bool":
      return plain("boolean", Number, (stored) => stored === "t");
    case "int32":
    case "enum":
      return plain("integer", Number, Number);
    case "uint32":
      return plain("bigint", Number, (stored) => within(Number(stored), 0, 4_294_967_295));
    case "int64":
      return plain("bigint", bigintOf, integerOf);
    case "uint64":
      return plain("numeric(20,0)", bigintOf, integerOf);
    case "float":
      return plain("real", Number, (stored) => Math.fround(Number(stored)));
    case "double":
      return plain("double precision", Number, Number);
    case "timestamp": {
      const textOf = momentTexts();
      return plain("timestamp(6) with time zone", (value) => `${textOf(bigintOf(value))}+00`, timestampOf);
    }
    case "duration":
      return plain(`numeric(${DURATION_DIGITS},0)`, bigintOf, integerOf);
    case "decimal":
      return decimalStorage(`numeric(${type.precision},${type.scale})`, type.precision, type.scale);
    case "string":
      return plain('text COLLATE "C"', String, String);
    case "bytes":
      return plain("bytea", bytesOf, bytesIn);
    case "list":
    case "map":
    case "message":
      return documentStorage("jsonb", type, earlier);
  }
}

/** As the server writes it under `DateStyle ISO` and `TimeZone UTC`. */
function timestampOf(stored: NonNullable<SqlValue>): bigint {
  const text = String(stored);
  return momentOf(text, text.endsWith("+00") ? text.length - 3 : text.length);
}

function integerOf(stored: NonNullable<SqlValue>): bigint {
  if (typeof stored !== "string") throw new DocumentError("an integer expected");
  return integerIn(stored);
}

/** As the server writes it under `bytea_output hex`. */
function bytesIn(stored: NonNullable<SqlValue>): Uint8Array {
  if (typeof stored !== "string" || !stored.startsWith("\\x")) throw new DocumentError("bytes expected");
  return new Uint8Array(Buffer.from(stored.slice(2), "hex"));
}

export function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString("hex")}'`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
