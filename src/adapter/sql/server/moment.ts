/** Moments in UTC as text, as servers agree about it. */

import { toNanoseconds } from "../../../model/int64.ts";
import { millisecondsOf } from "../../document/moment.ts";
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

const MOMENT = /^(\d{4,5}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/u;

/** Nanoseconds of any such text. @throws Fault where it is none of protobuf's */
export function anyMoment(text: string): bigint {
  const match = MOMENT.exec(text);
  const milliseconds = match ? millisecondsOf(`${match[1]}T${match[2]}`) : undefined;
  // Infinity, before the year 1, or a day that is none, which MySQL may be told to keep.
  if (milliseconds === undefined) throw wider();
  return (BigInt(milliseconds) * 1_000n + BigInt((match?.[3] ?? "").padEnd(MICRO_DIGITS, "0"))) * 1_000n;
}

/** Where seconds end, and how many digits are behind the point. */
const SECONDS_END = 19;
const MICRO_DIGITS = 6;

const [DASH, SPACE, COLON, POINT, ZERO] = [0x2d, 0x20, 0x3a, 0x2e, 0x30];

/** Without an expression, a Date and bigints, which take most of the time of reading a row; undefined where it may be anything else. */
function usualMoment(text: string, end: number): bigint | undefined {
  if (end < SECONDS_END || end > SECONDS_END + 1 + MICRO_DIGITS || end === SECONDS_END + 1) return undefined;
  if (text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH || text.charCodeAt(10) !== SPACE) return undefined;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysBefore(year, month + 1) - daysBefore(year, month))
    return undefined;
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  const seconds = daysUntil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
  if (end === SECONDS_END) return toNanoseconds(seconds, 0);
  if (text.charCodeAt(SECONDS_END) !== POINT) return undefined;
  let fraction = 0;
  for (let i = SECONDS_END + 1; i <= SECONDS_END + MICRO_DIGITS; i += 1) {
    const digit = i < end ? text.charCodeAt(i) - ZERO : 0;
    if (digit < 0 || digit > 9) return undefined;
    fraction = fraction * 10 + digit;
  }
  return toNanoseconds(seconds, fraction * 1_000);
}

/** Days before each month of a year that is no leap year; months are numbered from 1. */
const BEFORE: readonly number[] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

function daysBefore(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return (BEFORE[month] ?? 0) + (isLeap && month > 2 ? 1 : 0);
}

/** From 1970-01-01 until a day of the Gregorian calendar, from year 1 on. */
function daysUntil(year: number, month: number, day: number): number {
  const past = year - 1;
  const leaps = (past >> 2) - Math.trunc(past / 100) + Math.trunc(past / 400);
  return 365 * past + leaps + daysBefore(year, month) + day - 719_163;
}

/** What two characters are that are not both digits: below every number, also beside a hundred times another pair. */
const NONE = -1_000_000;

/** A number of two digits. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NONE;
}
