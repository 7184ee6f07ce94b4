/** 64-bit integers between two halves of 32 bits and one bigint, without arithmetic on bigints. */

// A scratch pad that holds nothing between two calls: a new one for every number would cost more than the number.
const pad = new DataView(new ArrayBuffer(8));

/** Halves may be given signed or unsigned. */
export function signed(low: number, high: number): bigint {
  if (high === low >> 31) return BigInt(low | 0);
  pad.setInt32(0, low, true);
  pad.setInt32(4, high, true);
  return pad.getBigInt64(0, true);
}

/** Of a safe integer: in a third of the time that BigInt takes, which a row is read with some ten times. */
export function whole(number: number): bigint {
  return signed(number | 0, Math.floor(number / 4_294_967_296));
}

/** Halves may be given signed or unsigned. */
export function unsigned(low: number, high: number): bigint {
  if (high === 0) return BigInt(low >>> 0);
  pad.setInt32(0, low, true);
  pad.setInt32(4, high, true);
  return pad.getBigUint64(0, true);
}

/** Both signed. A value beyond 64 bits is cut to them. */
export function split(value: bigint): { readonly low: number; readonly high: number } {
  pad.setBigInt64(0, value, true);
  return { low: pad.getInt32(0, true), high: pad.getInt32(4, true) };
}

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
const BILLION = 1_000_000_000;
const WIDE_BILLION = 1_000_000_000n;

/** Seconds and nanoseconds as Timestamp and Duration hold them. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

/** Exact for every second that is a safe integer. */
export function toNanoseconds(seconds: number, nanos: number): bigint {
  // 2^63 nanoseconds are 292 years: products within are made of exact parts below 2^53.
  if (seconds < -9_000_000_000 || seconds > 9_000_000_000) return BigInt(seconds) * WIDE_BILLION + BigInt(nanos);
  const upper = Math.floor(seconds / 65_536);
  const high = upper * BILLION; // times 2^16
  const rest = (seconds - upper * 65_536) * BILLION + nanos;
  const middle = Math.floor(high / 65_536);
  const low = (high - middle * 65_536) * 65_536 + rest;
  const carry = Math.floor(low / 4_294_967_296);
  return signed((low - carry * 4_294_967_296) | 0, (middle + carry) | 0);
}

/** Nanos from 0 to 999,999,999, as in Timestamp: rounds down. */
export function fromNanoseconds(value: bigint): Instant {
  if (value < LEAST || value > MOST) return fromWide(value);
  // Long division by 10^9 in digits of 16 bits, so that every remainder stays exact.
  const { low, high } = split(value);
  const first = Math.floor(high / BILLION);
  const upper = (high - first * BILLION) * 65_536 + (low >>> 16);
  const second = Math.floor(upper / BILLION);
  const lower = (upper - second * BILLION) * 65_536 + (low & 0xffff);
  const third = Math.floor(lower / BILLION);
  return { seconds: first * 4_294_967_296 + second * 65_536 + third, nanos: lower - third * BILLION };
}

function fromWide(value: bigint): Instant {
  const rest = value % WIDE_BILLION;
  const nanos = rest < 0n ? rest + WIDE_BILLION : rest;
  return { seconds: Number((value - nanos) / WIDE_BILLION), nanos: Number(nanos) };
}
