/** Decimal text and unscaled integers: 12.50 with scale 2 is 1250n. */

import { whole } from "./int64.ts";

/** A decimal's number: `unscaled / 10 ** scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Digits after the point, without zeros at the end. */
  readonly scale: number;
}

/** Most digits that are read; the widest decimal has 78, and a hostile one must not cost seconds. */
export const MOST_DIGITS = 1_000;

/** `-?digits[.digits]`: no plus sign, no exponent, no spaces, ASCII digits. */
const GRAMMAR = /^-?\d+(?:\.\d+)?$/;

export function isDecimalText(text: string): boolean {
  return GRAMMAR.test(text);
}

/** Undefined for what is no decimal text, or has too many digits. Zeros that change nothing may be as many as fit into a request. */
export function parseDecimal(text: string): Decimal | undefined {
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const point = pointOf(text, start);
  if (point === undefined) return undefined;
  let end = text.length;
  if (point < end) while (text.charCodeAt(end - 1) === ZERO) end--; // ends behind the point: it is no zero
  const scale = Math.max(end - point - 1, 0);
  const size =
    end - start <= EXACT_DIGITS
      ? shortInteger(text, start, end)
      : longInteger(text.slice(start, point), text.slice(point + 1, point + 1 + scale));
  return size === undefined ? undefined : { unscaled: start === 1 ? -size : size, scale };
}

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Index of the point, or the length where there is none; undefined where the text is no decimal. */
function pointOf(text: string, start: number): number | undefined {
  let point = text.length;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= NINE) continue;
    if (code !== POINT || point < text.length || i === start) return undefined;
    point = i;
  }
  return start === text.length || point === text.length - 1 ? undefined : point;
}

/** So many digits are exact in a double. */
const EXACT_DIGITS = 15;

/** The digits of a part without a sign, its point passed over. */
function shortInteger(text: string, start: number, end: number): bigint {
  let size = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code !== POINT) size = size * 10 + (code - ZERO);
  }
  return whole(size);
}

/** Undefined for too many digits. */
function longInteger(whole: string, fraction: string): bigint | undefined {
  const digits = withoutLeadingZeros(whole) + fraction;
  return digits.length > MOST_DIGITS ? undefined : BigInt(digits);
}

/** Leaves nothing of a zero, which reads as 0. */
function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (digits.charCodeAt(start) === 0x30) start++;
  return digits.slice(start);
}

/** To another scale, towards negative infinity where digits are lost; `exact` says that none was. */
export function rescale(
  unscaled: bigint,
  from: number,
  to: number,
): { readonly value: bigint; readonly exact: boolean } {
  if (to >= from) return { value: unscaled * powerOfTen(to - from), exact: true };
  const divisor = powerOfTen(from - to);
  const rest = unscaled % divisor;
  const truncated = unscaled / divisor;
  return { value: rest < 0n ? truncated - 1n : truncated, exact: rest === 0n };
}

/** Exactly `scale` digits after the point; no point at scale 0, never −0. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Whether it has at most `precision` digits. */
export function decimalFits(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision);
  return unscaled < limit && unscaled > -limit;
}

/** What most amounts are: short, unsigned, with exactly `scale` digits after the point. Undefined for all others, right or wrong. */
export function shortDecimal(text: string, scale: number): bigint | undefined {
  const point = scale === 0 ? -1 : text.length - 1 - scale;
  if (text.length > EXACT_DIGITS || text.length === 0 || (scale !== 0 && point < 1)) return undefined;
  let unscaled = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (at === point) {
      if (code !== POINT) return undefined;
    } else if (code < ZERO || code > NINE) return undefined;
    else unscaled = unscaled * 10 + (code - ZERO);
  }
  return whole(unscaled);
}

const POWERS: readonly bigint[] = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));

function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}
