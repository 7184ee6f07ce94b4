/** Values that travel as text, as servers agree about it: decimals; moments are in `moment.ts`. */

import { decimalText, parseDecimal, rescale, shortDecimal } from "../../../model/decimal.ts";
import type { Value } from "../../../model/value.ts";
import { DocumentError } from "../../document/json.ts";
import type { SqlValue } from "../sql-value.ts";
import { fitting, plain, wider, type Storage } from "../storage.ts";

/** A decimal as the server's own type, which reads and writes it in digits. */
export function decimalStorage(declared: string, precision: number, scale: number): Storage {
  const read = (stored: NonNullable<SqlValue>): bigint => {
    const text = String(stored);
    const short = shortDecimal(text, scale);
    if (short !== undefined) return fitting(short, precision);
    const parsed = parseDecimal(text);
    if (!parsed) throw new DocumentError("a stored decimal is malformed");
    const { value, exact } = rescale(parsed.unscaled, parsed.scale, scale);
    if (!exact) throw wider();
    return fitting(value, precision);
  };
  const compare = (a: SqlValue, b: SqlValue): number => {
    if (a === null || b === null) return Number(b === null) - Number(a === null);
    const left = read(a);
    const right = read(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
  return { ...plain(declared, (value) => decimalText(bigintOf(value), scale), read), compare };
}

/** An integer as the server writes it. @throws SyntaxError where it is none */
export function integerIn(text: string): bigint {
  return shortDecimal(text, 0) ?? BigInt(text);
}

export function bigintOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  throw new TypeError("a bigint expected");
}

export function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("bytes expected");
}
