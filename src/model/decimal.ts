/** Decimal text and unscaled integers: 12.50 with scale 2 is 1250n. */

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
  if (!isDecimalText(text)) return undefined;
  const negative = text.startsWith("-");
  const [whole = "", written = ""] = (negative ? text.slice(1) : text).split(".");
  const fraction = withoutTrailingZeros(written);
  const digits = withoutLeadingZeros(whole) + fraction;
  if (digits.length > MOST_DIGITS) return undefined;
  return { unscaled: BigInt(digits) * (negative ? -1n : 1n), scale: fraction.length };
}

/** Leaves nothing of a zero, which reads as 0. */
function withoutLeadingZeros(digits: string): string {
  let start = 0;
  while (digits.charCodeAt(start) === 0x30) start++;
  return digits.slice(start);
}

/** By hand: a pattern would try every zero as the first of the last ones. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
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

const POWERS: readonly bigint[] = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));

function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}
