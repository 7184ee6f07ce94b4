/** Decimal text and unscaled integers: 12.50 with scale 2 is 1250n. */

/** A decimal as written: `unscaled / 10 ** scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  /** Digits after the point, as written. */
  readonly scale: number;
}

/** Longest text that is read; the widest decimal has 78 digits, and a hostile one must not cost seconds. */
const LONGEST_TEXT = 1_000;

const GRAMMAR = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Grammar `-?digits[.digits]`: no plus sign, no exponent, no spaces, ASCII digits. Undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const match = GRAMMAR.exec(text);
  if (!match) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  return { unscaled: BigInt(`${whole}${fraction}`) * (sign ? -1n : 1n), scale: fraction.length };
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
