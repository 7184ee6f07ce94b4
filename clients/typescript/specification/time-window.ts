/** Conditions on a timestamp: spans of time in UTC, from their first moment up to, and not with, their last. */

import { Timestamp, type TimestampInput } from "../value/timestamp.ts";

/** As a condition of `where`. */
export interface TimeWindow {
  readonly gte: Timestamp;
  readonly lt: Timestamp;
}

const hour = 3_600_000;
const day = 24 * hour;

/** `now` is the present when absent; the others follow it. */
export function lastHours(hours: number, now: TimestampInput = new Date()): TimeWindow {
  return lasting(hours * hour, now);
}

export function lastDays(days: number, now: TimestampInput = new Date()): TimeWindow {
  return lasting(days * day, now);
}

/** From midnight to midnight. */
export function today(now: TimestampInput = new Date()): TimeWindow {
  const start = startOfDay(now);
  return fromTo(start, start + day);
}

/** From Monday. */
export function thisWeek(now: TimestampInput = new Date()): TimeWindow {
  const start = startOfDay(now);
  const monday = start - ((new Date(start).getUTCDay() + 6) % 7) * day;
  return fromTo(monday, monday + 7 * day);
}

export function thisMonth(now: TimestampInput = new Date()): TimeWindow {
  const date = Timestamp.from(now).toDate();
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return fromTo(utc(year, month), utc(year, month + 1));
}

/** @throws RangeError where the end is before the start */
export function between(start: TimestampInput, end: TimestampInput): TimeWindow {
  const window = { gte: Timestamp.from(start), lt: Timestamp.from(end) };
  if (window.gte.compare(window.lt) > 0) throw new RangeError("a window ends before it starts");
  return window;
}

/** `span` cut into windows of so many milliseconds, the last as long as is left. */
export function* windows({ gte, lt }: TimeWindow, milliseconds: number): Generator<TimeWindow, void> {
  if (!(milliseconds >= 1)) throw new RangeError("a window lasts a millisecond at least");
  const step = BigInt(Math.floor(milliseconds)) * 1_000_000n;
  const end = lt.toNanoseconds();
  for (let at = gte.toNanoseconds(); at < end; at += step) {
    const next = at + step < end ? at + step : end;
    yield { gte: Timestamp.fromNanoseconds(at), lt: Timestamp.fromNanoseconds(next) };
  }
}

function lasting(milliseconds: number, now: TimestampInput): TimeWindow {
  const end = Timestamp.from(now);
  const start = end.toNanoseconds() - BigInt(Math.round(milliseconds)) * 1_000_000n;
  return { gte: Timestamp.fromNanoseconds(start), lt: Timestamp.fromNanoseconds(end.toNanoseconds() + 1n) };
}

function startOfDay(now: TimestampInput): number {
  const milliseconds = Timestamp.from(now).toDate().getTime();
  return Math.floor(milliseconds / day) * day;
}

/** Date.UTC takes the years 0 to 99 for others. */
function utc(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1);
}

function fromTo(start: number, end: number): TimeWindow {
  return { gte: Timestamp.fromMilliseconds(start), lt: Timestamp.fromMilliseconds(end) };
}
