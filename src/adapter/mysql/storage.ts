/**
 * How each kind of field is stored in a column. The driver gives whole numbers and fractions as they are, and decimals and times
 * as the server's own text.
 */

import type { FieldType } from "../../model/field.ts";
import type { ColumnUse } from "../sql/dialect.ts";
import { fromOrderedText, orderedText } from "../sql/ordered.ts";
import { momentOf, momentTexts } from "../sql/server/moment.ts";
import { bigintOf, bytesOf, decimalStorage } from "../sql/server/value-text.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { DocumentError } from "../document/json.ts";
import { documentStorage, DURATION_DIGITS, fitting, plain, within, type Storage } from "../sql/storage.ts";

/** Digits of the server's own decimals, and how many of them may be behind the point. */
const DIGITS = 65;
const FRACTION = 30;

/** Bytes of an indexed column that says nothing of its length; an index holds 3072 in all. */
const INDEXED_BYTES = 1_024;

/** Characters of a text that refers to a key and says nothing of its length: as a key's own. */
const REFERRING = 255;

export type StorageOf = (type: FieldType, earlier?: FieldType, use?: ColumnUse) => Storage;

/** @param collation of text */
export function storageWith(collation: string): StorageOf {
  return (type, earlier, { isIndexed, maxLength } = { isIndexed: false, maxLength: 0 }) => {
    switch (type.kind) {
      case "bool":
        return plain("tinyint", Number, (stored) => Number(stored) !== 0);
      case "int32":
      case "enum":
        return plain("int", Number, Number);
      case "uint32":
        return plain("bigint", Number, (stored) => within(Number(stored), 0, 4_294_967_295));
      case "int64":
        return plain("bigint", bigintOf, integerOf);
      case "uint64":
        return plain("bigint unsigned", bigintOf, integerOf);
      // The server's own float answers six digits.
      case "float":
        return plain("double", Number, (stored) => Math.fround(Number(stored)));
      case "double":
        return plain("double", Number, Number);
      case "timestamp": {
        const textOf = momentTexts();
        return plain(
          "datetime(6)",
          (value) => textOf(bigintOf(value)),
          (stored) => momentOf(String(stored)),
        );
      }
      case "duration":
        return plain(`decimal(${DURATION_DIGITS},0)`, bigintOf, integerOf);
      case "decimal":
        return type.precision <= DIGITS && type.scale <= FRACTION
          ? nativeDecimal(type.precision, type.scale)
          : longDecimal(type.precision);
      case "string":
        return plain(
          `${isIndexed ? `varchar(${maxLength || REFERRING})` : "longtext"} COLLATE ${collation}`,
          String,
          String,
        );
      case "bytes":
        return plain(isIndexed ? `varbinary(${maxLength || INDEXED_BYTES})` : "longblob", bytesOf, bytesIn);
      case "list":
      case "map":
      case "message":
        return documentStorage(`longtext COLLATE ${collation}`, type, earlier);
    }
  };
}

function nativeDecimal(precision: number, scale: number): Storage {
  const declared = `decimal(${precision},${scale})`;
  // A text would be compared with it, and added to it, as a double.
  return { ...decimalStorage(declared, precision, scale), parameter: `CAST(? AS ${declared})` };
}

/** Longer than the server's own: texts that sort as the numbers do. */
function longDecimal(precision: number): Storage {
  const storage = plain(
    `varchar(${precision + 1}) COLLATE ascii_bin`,
    (value) => orderedText(bigintOf(value), precision),
    (stored) => fitting(fromOrderedText(String(stored)), precision),
  );
  return { ...storage, sums: false };
}

function integerOf(stored: NonNullable<SqlValue>): bigint {
  if (stored instanceof Uint8Array) throw new DocumentError("an integer expected");
  return BigInt(stored);
}

/** A copy: what the driver gives is a part of what it received. */
function bytesIn(stored: NonNullable<SqlValue>): Uint8Array {
  if (!(stored instanceof Uint8Array)) throw new DocumentError("bytes expected");
  return new Uint8Array(stored);
}

export function literal(value: SqlValue, declared: string): string {
  if (value === null) return "NULL";
  const text =
    value instanceof Uint8Array
      ? `x'${Buffer.from(value).toString("hex")}'`
      : typeof value === "string"
        ? `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
        : String(value);
  // A column of any length has no default but an expression.
  return declared.startsWith("long") ? `(${text})` : text;
}
