// Windows of time: half-open, in UTC, weeks from Monday.
import { between, lastDays, lastHours, thisMonth, thisWeek, Timestamp, today, windows } from "pannier/client";
import { expect, test } from "vitest";

const now = Timestamp.parse("2026-11-27T10:30:00.000000001Z"); // a Friday
const text = ({ gte, lt }: { gte: Timestamp; lt: Timestamp }): string => `${gte.toString()} ${lt.toString()}`;

test("days, weeks and months begin at midnight UTC", () => {
  expect(text(today(now))).toBe("2026-11-27T00:00:00Z 2026-11-28T00:00:00Z");
  expect(text(thisWeek(now))).toBe("2026-11-23T00:00:00Z 2026-11-30T00:00:00Z");
  expect(text(thisWeek(Timestamp.parse("2026-11-29T23:59:59.999999999Z")))).toBe(text(thisWeek(now)));
  expect(text(thisMonth(Timestamp.parse("2026-12-31T23:59:59Z")))).toBe("2026-12-01T00:00:00Z 2027-01-01T00:00:00Z");
  expect(text(today(Timestamp.parse("1969-12-31T12:00:00Z")))).toBe("1969-12-31T00:00:00Z 1970-01-01T00:00:00Z");
});

test("the last hours and days end with the present moment", () => {
  expect(text(lastHours(1, now))).toBe("2026-11-27T09:30:00.000000001Z 2026-11-27T10:30:00.000000002Z");
  expect(lastDays(2, now).gte.toString()).toBe("2026-11-25T10:30:00.000000001Z");
});

test("windows follow each other without a gap, the last as long as is left", () => {
  const span = between(Timestamp.parse("2026-01-01T00:00:00Z"), new Date("2026-01-01T02:30:00Z"));
  expect([...windows(span, 3_600_000)].map(text)).toEqual([
    "2026-01-01T00:00:00Z 2026-01-01T01:00:00Z",
    "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z",
    "2026-01-01T02:00:00Z 2026-01-01T02:30:00Z",
  ]);
  expect(() => between(now, Timestamp.parse("2026-01-01T00:00:00Z"))).toThrow(RangeError);
  expect(() => [...windows(span, 0)]).toThrow(RangeError);
});

test("timestamps keep nanoseconds, compare, and refuse what they cannot be", () => {
  expect(Timestamp.parse("2026-11-27T11:30:00.000000001+01:00").equals(now)).toBe(true);
  expect(now > Timestamp.parse("2026-11-27T10:30:00Z")).toBe(true);
  expect(Timestamp.fromNanoseconds(now.toNanoseconds())).toEqual(now);
  expect(Timestamp.from(new Date(-1)).toString()).toBe("1969-12-31T23:59:59.999Z");
  expect(JSON.stringify({ now })).toBe('{"now":"2026-11-27T10:30:00.000000001Z"}');
  expect(() => new Timestamp(253_402_300_800, 0)).toThrow(/years 1 to 9999/);
  expect(() => Timestamp.parse("yesterday")).toThrow(/RFC 3339/);
});
