/** google.protobuf.Duration as a value: a span to the nanosecond. */

import { fractionOf } from "./timestamp.ts";
import { ValueError } from "./value-error.ts";

const largest = 315_576_000_000; // seconds: about 10,000 years
const pattern = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/;

/** Immutable. Both members have the same sign. `<` and its kin compare two of them. */
export class Duration {
  readonly seconds: number;
  readonly nanos: number;

  /** @throws ValueError beyond 10,000 years, or with members of different signs */
  constructor(seconds: number, nanos: number) {
    const isInside = Number.isInteger(seconds) && Math.abs(seconds) <= largest;
    const isFraction = Number.isInteger(nanos) && Math.abs(nanos) < 1e9 && seconds * nanos >= 0;
    if (!isInside || !isFraction)
      throw new ValueError("NUMBER_INVALID", "a duration has whole nanoseconds and at most 315,576,000,000 seconds");
    this.seconds = seconds;
    this.nanos = nanos;
  }

  static fromMilliseconds(milliseconds: number): Duration {
    const seconds = Math.trunc(milliseconds / 1000);
    return new Duration(seconds, Math.round((milliseconds - seconds * 1000) * 1e6));
  }

  /** As the JSON form of protobuf has it, for example `1.500s`. */
  static parse(text: string): Duration {
    const [, sign, seconds, fraction = ""] = pattern.exec(text) ?? [];
    if (seconds === undefined) throw new ValueError("NUMBER_INVALID", `${JSON.stringify(text)} is no duration`);
    const factor = sign === "-" ? -1 : 1;
    return new Duration(Number(seconds) * factor || 0, Number(fraction.padEnd(9, "0")) * factor || 0);
  }

  toMilliseconds(): number {
    return this.seconds * 1000 + this.nanos / 1e6;
  }

  toNanoseconds(): bigint {
    return BigInt(this.seconds) * 1_000_000_000n + BigInt(this.nanos);
  }

  valueOf(): bigint {
    return this.toNanoseconds();
  }

  toString(): string {
    const sign = this.seconds < 0 || this.nanos < 0 ? "-" : "";
    return `${sign}${Math.abs(this.seconds)}${fractionOf(Math.abs(this.nanos))}s`;
  }

  toJSON(): string {
    return this.toString();
  }
}
