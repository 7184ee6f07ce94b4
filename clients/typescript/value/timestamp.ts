/** google.protobuf.Timestamp as a value: a moment to the nanosecond, in UTC. */

import { ValueError } from "./value-error.ts";

/** What is taken where a moment is meant; a Date has milliseconds. */
export type TimestampInput = Timestamp | Date;

const least = -62_135_596_800; // 0001-01-01T00:00:00Z
const largest = 253_402_300_799; // 9999-12-31T23:59:59Z
const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const perSecond = 1_000_000_000;

/** Immutable. `<`, `<=`, `>` and `>=` compare two of them; `equals` tells whether they are the same moment. */
export class Timestamp {
  /** Since 1970-01-01T00:00:00Z; below 0 before it. */
  readonly seconds: number;
  /** Of the second that `seconds` begins: 0 to 999,999,999. */
  readonly nanos: number;

  /** @throws ValueError outside the years 1 to 9999 */
  constructor(seconds: number, nanos: number) {
    const isInside = Number.isInteger(seconds) && seconds >= least && seconds <= largest;
    if (!isInside || !Number.isInteger(nanos) || nanos < 0 || nanos >= perSecond)
      throw new ValueError("TIMESTAMP_INVALID", "a timestamp lies in the years 1 to 9999 and has whole nanoseconds");
    this.seconds = seconds;
    this.nanos = nanos;
  }

  /** @throws ValueError for a Date that is none, or lies outside the years 1 to 9999 */
  static from(moment: TimestampInput): Timestamp {
    if (moment instanceof Timestamp) return moment;
    const milliseconds = moment.getTime();
    if (Number.isNaN(milliseconds)) throw new ValueError("TIMESTAMP_INVALID", "the Date is invalid");
    return Timestamp.fromMilliseconds(milliseconds);
  }

  static fromMilliseconds(sinceEpoch: number): Timestamp {
    const seconds = Math.floor(sinceEpoch / 1000);
    return new Timestamp(seconds, Math.round((sinceEpoch - seconds * 1000) * 1e6));
  }

  static fromNanoseconds(sinceEpoch: bigint): Timestamp {
    const nanos = ((sinceEpoch % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    return new Timestamp(Number((sinceEpoch - nanos) / 1_000_000_000n), Number(nanos));
  }

  /** RFC 3339, for example `2026-11-27T10:00:00.000000001Z`. */
  static parse(text: string): Timestamp {
    const [, second, fraction = "", zone] = pattern.exec(text) ?? [];
    const milliseconds = second === undefined ? Number.NaN : Date.parse(`${second}${zone}`);
    if (Number.isNaN(milliseconds))
      throw new ValueError("TIMESTAMP_INVALID", `${JSON.stringify(text)} is no timestamp of RFC 3339`);
    return new Timestamp(milliseconds / 1000, Number(fraction.padEnd(9, "0")));
  }

  static now(): Timestamp {
    return Timestamp.fromMilliseconds(Date.now());
  }

  /** Cut to the millisecond. */
  toDate(): Date {
    return new Date(this.seconds * 1000 + Math.floor(this.nanos / 1e6));
  }

  toNanoseconds(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanos);
  }

  equals(other: TimestampInput): boolean {
    const { seconds, nanos } = Timestamp.from(other);
    return seconds === this.seconds && nanos === this.nanos;
  }

  /** Below 0 when this is the earlier, above 0 when it is the later. */
  compare(other: TimestampInput): number {
    const { seconds, nanos } = Timestamp.from(other);
    return this.seconds - seconds || this.nanos - nanos;
  }

  valueOf(): bigint {
    return this.toNanoseconds();
  }

  /** RFC 3339 with as many fraction digits as needed: none, 3, 6 or 9. */
  toString(): string {
    const whole = new Date(this.seconds * 1000).toISOString().slice(0, 19);
    return `${whole}${fractionOf(this.nanos)}Z`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** As the JSON form of protobuf writes it, with its point. */
export function fractionOf(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(?:000){1,2}$/, "")}`;
}
