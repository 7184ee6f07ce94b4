/** Values that travel as text, as servers agree about it: moments in UTC and decimals. */

import { decimalText, parseDecimal, rescale } from "../../../model/decimal.ts";
import type { Value } from "../../../model/value.ts";
import { DocumentError } from "../../document/json.ts";
import type { SqlValue } from "../sql-value.ts";
import { fitting, microseconds, plain, wider, type Storage } from "../storage.ts";

const SECOND = 1_000_000n;

/** Of nanoseconds: `2026-01-02 03:04:05.678901` in UTC; always with six digits, so that texts sort as times do. */
export function momentText(nanos: bigint): string {
  const micros = microseconds(nanos);
  const rest = ((micros % SECOND) + SECOND) % SECOND;
  const text = new Date(Number((micros - rest) / 1_000n)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}.${String(rest).padStart(6, "0")}`;
}

const MOMENT = /^(\d{4,5})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/u;

/** Nanoseconds of such a text, whose fraction may be shorter. */
export function momentOf(text: string): bigint {
  const match = MOMENT.exec(text);
  const milliseconds = match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}Z`) : NaN;
  if (Number.isNaN(milliseconds)) throw wider(); // infinity, or before the year 1
  return (BigInt(milliseconds) * 1_000n + BigInt((match?.[5] ?? "").padEnd(6, "0"))) * 1_000n;
}

/** A decimal as the server's own type, which reads and writes it in digits. */
export function decimalStorage(declared: string, precision: number, scale: number): Storage {
  const read = (stored: NonNullable<SqlValue>): bigint => {
    const parsed = parseDecimal(String(stored));
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

export function bigintOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  throw new TypeError("a bigint expected");
}

export function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("bytes expected");
}
