/** Columns that others made: which types hold which fields exactly, and how they are compared. */

import type { Value } from "../../model/value.ts";
import type { Dialect } from "../sql/dialect.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import { digitsOf, namedEnum, uuidStorage } from "../sql/server/tables/found-storage.ts";
import { plain, wider, within, type Storage } from "../sql/storage.ts";
import type { StorageOf } from "./storage.ts";

type Adopt = NonNullable<Dialect["adopt"]>;

const WHOLE = /^(?:tiny|small|medium|big)?int(?: unsigned)?$/u;
/** A char is padded: what comes back is not what was given. `var_string` is a text that a view of TiDB computes. */
const TEXT = /^(?:var(?:char|_string)\(\d+\)|(?:tiny|medium|long)?text)(?: COLLATE (\w+))?$/u;
const BYTES = /^(?:varbinary\(\d+\)|(?:tiny|medium|long)?blob)$/u;
const LABELS = /^(?:enum)\(.*\)(?: COLLATE \w+)?$/u;

/** @param collation of text that compares by code point */
export function adoptWith(collation: string, storageOf: StorageOf): Adopt {
  return (field, { sql, isIndexed }, { type, labels }) => {
    const own = storageOf(field.type);
    switch (field.type.kind) {
      case "bool":
        return type === "tinyint unsigned" ? own : undefined;
      case "int32":
        return isWhole(type) ? numberIn(type, -2_147_483_648, 2_147_483_647) : undefined;
      case "uint32":
        return isWhole(type) ? numberIn(type, 0, 4_294_967_295) : undefined;
      case "int64":
        return isWhole(type) ? bigintIn(type, -(2n ** 63n), 2n ** 63n - 1n) : undefined;
      case "uint64":
        return isWhole(type) ? bigintIn(type, 0n, 2n ** 64n - 1n) : undefined;
      case "enum":
        if (isWhole(type)) return numberIn(type, -2_147_483_648, 2_147_483_647);
        if (isIndexed || (!LABELS.test(type) && !TEXT.test(type))) return undefined; // names do not sort as numbers do
        return namedEnum(field, field.type.enum, type, labels ?? []);
      case "decimal": {
        const digits = digitsOf(type);
        if (!digits || own.sums === false || digits.fraction < field.type.scale) return undefined;
        return { ...own, sums: false };
      }
      case "timestamp":
        return type === "timestamp(6)" ? own : undefined; // fewer digits are rounded
      case "duration":
        return type === "bigint" || digitsOf(type)?.fraction === 0 ? own : undefined;
      case "string":
        if (type === "uuid") return { ...uuidStorage(field), comparing: textual(sql, collation, "exact") };
        if (LABELS.test(type)) return isIndexed ? undefined : { ...plain(type, String, String), isOpaque: true };
        return textIn(own, type, { sql, collation });
      case "bytes":
        return BYTES.test(type) ? own : undefined;
      case "list":
      case "map":
      case "message":
        if (type !== "json" && !TEXT.test(type)) return undefined;
        return { ...own, comparing: textual(sql, collation, "other") };
      case "float": // the server answers six digits of one
      case "double":
        return undefined;
    }
  };
}

function isWhole(type: string): boolean {
  return WHOLE.test(type) || digitsOf(type)?.fraction === 0;
}

/** Other collations take more texts as equal, or pad them: an index is asked first, and the bytes are then compared. */
function textIn(
  own: Storage,
  type: string,
  { sql, collation }: { readonly sql: string; readonly collation: string },
): Storage | undefined {
  const [isText, found] = TEXT.exec(type) ?? [];
  if (isText === undefined) return undefined;
  return found === collation ? own : { ...own, comparing: textual(sql, collation, "wider") };
}

function textual(
  sql: string,
  collation: string,
  equality: "exact" | "wider" | "other",
): NonNullable<Storage["comparing"]> {
  const text = `(CAST(${sql} AS CHAR CHARACTER SET utf8mb4) COLLATE ${collation})`;
  return { sql: text, parameter: "?", equality: () => equality };
}

function numberIn(declared: string, least: number, most: number): Storage {
  const read = (stored: SqlValue): number => within(Number(stored), least, most);
  return { ...plain(declared, Number, read), sums: false };
}

function bigintIn(declared: string, least: bigint, most: bigint): Storage {
  const read = (stored: SqlValue): bigint => {
    const value = BigInt(String(stored));
    if (value < least || value > most) throw wider();
    return value;
  };
  return { ...plain(declared, integer, read), sums: false };
}

function integer(value: Value): bigint {
  if (typeof value === "bigint") return value;
  throw new TypeError("a bigint expected");
}
