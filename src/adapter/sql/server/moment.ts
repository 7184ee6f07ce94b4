/** Moments in UTC as text, as servers agree about it. */

import { microseconds, wider } from "../storage.ts";

const SECOND = 1_000_000n;

/** Of nanoseconds: `2026-01-02 03:04:05.678901` in UTC; always with six digits, so that texts sort as times do. */
export function momentText(nanos: bigint): string {
  const micros = microseconds(nanos);
  const rest = ((micros % SECOND) + SECOND) % SECOND;
  const text = new Date(Number((micros - rest) / 1_000n)).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}.${String(rest).padStart(6, "0")}`;
}

/** As `momentText`; the last text is kept, because rows that are written together were mostly made in one moment. */
export function momentTexts(): (nanos: bigint) => string {
  let last: bigint | undefined;
  let text = "";
  return (nanos) => {
    if (nanos === last) return text;
    text = momentText(nanos);
    last = nanos;
    return text;
  };
}

/** Nanoseconds of such a text, whose fraction may be shorter. @param end where it ends, if the text goes on */
export function momentOf(text: string, end: number = text.length): bigint {
  return usualMoment(text, end) ?? anyMoment(text.slice(0, end));
}

const MOMENT = /^(\d{4,5})-(\d\d)-(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/u;

/** Nanoseconds of any such text. @throws Fault where it is none of protobuf's */
export function anyMoment(text: string): bigint {
  const match = MOMENT.exec(text);
  const milliseconds = match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}Z`) : NaN;
  if (Number.isNaN(milliseconds)) throw wider(); // infinity, or before the year 1
  return (BigInt(milliseconds) * 1_000n + BigInt((match?.[5] ?? "").padEnd(MICRO_DIGITS, "0"))) * 1_000n;
}

/** Where seconds end, and how many digits are behind the point. */
const SECONDS_END = 19;
const MICRO_DIGITS = 6;

const [DASH, SPACE, COLON, POINT, ZERO] = [0x2d, 0x20, 0x3a, 0x2e, 0x30];

/** Without an expression and a Date, which take most of the time of reading a row; undefined where it may be anything else. */
function usualMoment(text: string, end: number): bigint | undefined {
  if (end < SECONDS_END || end > SECONDS_END + 1 + MICRO_DIGITS || end === SECONDS_END + 1) return undefined;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== SPACE) return undefined;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, SECONDS_END)];
  // What is no number is in no range. Date.UTC takes years below 100 for others, and days that a month may lack for the next one's.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= 28)) return undefined;
  if (!(hour < 24 && minute < 60 && second < 60)) return undefined;
  let micros = 0;
  if (end > SECONDS_END) {
    if (text.charCodeAt(SECONDS_END) !== POINT) return undefined;
    micros = digits(text, SECONDS_END + 1, end) * 10 ** (SECONDS_END + 1 + MICRO_DIGITS - end);
  }
  const all = Date.UTC(year, month - 1, day, hour, minute, second) * 1_000 + micros;
  return Number.isSafeInteger(all) ? BigInt(all) * 1_000n : undefined;
}

/** NaN where one is none. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    number = number * 10 + digit;
  }
  return number;
}
