/** Columns that others made: which types hold which fields exactly, and how they are compared. */

import type { ElementType, Field } from "../../model/field.ts";
import { isList, type Value } from "../../model/value.ts";
import type { Dialect, FoundColumn } from "../sql/dialect.ts";
import { DocumentError } from "../document/json.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { digitsOf, namedEnum, uuidStorage } from "../sql/server/tables/found-storage.ts";
import { momentOf, momentText } from "../sql/server/moment.ts";
import { plain, wider, within, type Storage } from "../sql/storage.ts";
import { arrayText, textsOf } from "./array-text.ts";
import { PLACE } from "./place.ts";
import { storageOf } from "./storage.ts";

type Adopt = NonNullable<Dialect["adopt"]>;

const WHOLE = /^(?:smallint|integer|bigint)$/u;
const TEXT = /^(?:text|character varying(?:\(\d+\))?)(?: COLLATE ".*"( \(nondeterministic\))?)?$/u;

export const adopt: Adopt = (field, { sql, isKey, isIndexed }, found) => {
  const { type } = found;
  if (field.type.kind === "list" && type.endsWith("[]")) return arrayOf(field, field.type.element, found);
  const own = storageOf(field.type, undefined);
  switch (field.type.kind) {
    case "int32":
      return isWhole(type) ? numberIn("integer", -2_147_483_648, 2_147_483_647) : undefined;
    case "uint32":
      return isWhole(type) ? numberIn("bigint", 0, 4_294_967_295) : undefined;
    case "int64":
      return isWhole(type) ? bigintIn("bigint", -(2n ** 63n), 2n ** 63n - 1n) : undefined;
    case "uint64":
      return isWhole(type) ? bigintIn("numeric(20,0)", 0n, 2n ** 64n - 1n) : undefined;
    case "enum":
      if (isWhole(type)) return numberIn("integer", -2_147_483_648, 2_147_483_647);
      if (isIndexed || (!found.labels && !TEXT.test(type))) return undefined; // names do not sort as numbers do
      return namedEnum(field, field.type.enum, type, found.labels ?? []);
    case "float":
      return type === "double precision" ? plain(type, Number, exactFloat) : undefined;
    case "decimal": {
      const digits = digitsOf(type);
      return digits && digits.fraction >= field.type.scale ? { ...own, declared: "numeric", sums: false } : undefined;
    }
    case "timestamp":
      if (type === "timestamp with time zone") return own;
      if (!/^timestamp(?:\(6\))? without time zone$/u.test(type)) return undefined; // fewer digits are rounded
      return plain(
        "timestamp without time zone",
        (value) => momentText(integer(value)),
        (stored) => momentOf(String(stored)),
      );
    case "duration":
      return type === "bigint" || digitsOf(type)?.fraction === 0 ? own : undefined;
    case "string":
      if (type === "uuid") return uuidStorage(field);
      if (found.labels) return isIndexed ? undefined : { ...plain(type, String, String), isOpaque: true };
      return textOf(own, type, { sql, isKey });
    case "list":
    case "map":
    case "message":
      if (type !== "json" && !TEXT.test(type)) return undefined;
      return {
        ...own,
        declared: type.replace(/ COLLATE .*$/u, ""),
        comparing: { sql: `${sql}::jsonb`, parameter: PLACE, equality: () => "other" },
      };
    case "bool":
    case "double":
    case "bytes":
      return undefined;
  }
};

function isWhole(type: string): boolean {
  return WHOLE.test(type) || digitsOf(type)?.fraction === 0;
}

/**
 * Equal texts are equal bytes in every collation that is deterministic; only their order is another. One that is not takes other
 * texts as equal: an index is asked first, and the bytes are then compared. A key of that kind would let one row stand for another.
 */
function textOf(
  own: Storage,
  type: string,
  { sql, isKey }: { readonly sql: string; readonly isKey: boolean },
): Storage | undefined {
  const [isText, folds] = TEXT.exec(type) ?? [];
  if (isText === undefined || (isKey && folds !== undefined)) return undefined;
  const equality = folds === undefined ? "exact" : "wider";
  return {
    ...own,
    declared: "text",
    comparing: { sql: `(${sql} COLLATE "C")`, parameter: PLACE, equality: () => equality },
  };
}

/** A number is compared in the field's type: the column's may be too small for it. */
function numberIn(declared: string, least: number, most: number): Storage {
  const read = (stored: SqlValue): number => within(Number(stored), least, most);
  return { ...plain(declared, Number, read), parameter: `${PLACE}::${declared}`, sums: false };
}

function bigintIn(declared: string, least: bigint, most: bigint): Storage {
  const read = (stored: SqlValue): bigint => {
    const value = BigInt(String(stored));
    if (value < least || value > most) throw wider();
    return value;
  };
  return { ...plain(declared, integer, read), parameter: `${PLACE}::${declared}`, sums: false };
}

function integer(value: Value): bigint {
  if (typeof value === "bigint") return value;
  throw new TypeError("a bigint expected");
}

function exactFloat(stored: NonNullable<SqlValue>): number {
  const value = Number(stored);
  if (Math.fround(value) !== value) throw wider();
  return value;
}

/** A list of scalars as an array of one dimension. */
function arrayOf(field: Field, element: ElementType, { type }: FoundColumn): Storage | undefined {
  if (element.kind === "message" || element.kind === "enum") return undefined;
  const found = { type: type.slice(0, -2), notNull: true };
  const own = storageOf(element, undefined);
  const base = own.declared.replace(/ COLLATE .*$/u, "");
  const storage =
    found.type === base ? own : adopt({ ...field, type: element }, { sql: "", isKey: false, isIndexed: false }, found);
  if (!storage) return undefined;
  const read = (stored: NonNullable<SqlValue>): Value =>
    textsOf(String(stored)).map((text) => {
      if (text === null) throw new DocumentError("a stored list holds a NULL");
      return storage.read(text);
    });
  const bind = (value: Value): string => arrayText(isList(value) ? value.map((item) => storage.bind(item ?? "")) : []);
  return { ...plain(type, bind, read), document: true, isOpaque: true };
}
