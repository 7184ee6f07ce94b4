/** Moments as servers write them: the quick way reads what the plain one does, and refuses the same. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyMoment, momentOf, momentText, momentTexts } from "../../../../../src/adapter/sql/server/moment.ts";
import { Fault } from "../../../../../src/model/fault.ts";

const MICROSECOND = 1_000n;
const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

const outcomeOf = (read: () => bigint): bigint | string => {
  try {
    return read();
  } catch (error) {
    return error instanceof Fault ? error.reason : String(error);
  }
};

describe("a moment", () => {
  it("is read as it was written, in every year of protobuf's", () => {
    fc.assert(
      fc.property(fc.bigInt(FIRST, LAST), (micros) => {
        expect(momentOf(momentText(micros * MICROSECOND))).toBe(micros * MICROSECOND);
      }),
    );
  });

  it("is written alike whatever was written before", () => {
    const few = fc.bigInt(FIRST, FIRST + 2n);
    fc.assert(
      fc.property(fc.array(fc.oneof(few, fc.bigInt(FIRST, LAST))), (moments) => {
        const textOf = momentTexts();
        const written = moments.map((micros) => textOf(micros * MICROSECOND));
        expect(written).toEqual(moments.map((micros) => momentText(micros * MICROSECOND)));
      }),
    );
  });

  it("may have any number of digits behind the point, and something behind it all", () => {
    fc.assert(
      fc.property(fc.bigInt(FIRST, LAST), fc.nat(6), fc.constantFrom("", "+00"), (micros, digits, behind) => {
        const whole = momentText(micros * MICROSECOND);
        const text = digits === 0 ? whole.slice(0, -7) : whole.slice(0, whole.length - 6 + digits);
        expect(momentOf(`${text}${behind}`, text.length)).toBe(anyMoment(text));
      }),
    );
  });

  it("is read at the ends of months, in leap years and others, and refused where there is no such day", () => {
    const two = (number: number): string => String(number).padStart(2, "0");
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 4, 99, 100, 400, 1582, 1899, 1900, 1969, 1970, 1972, 2000, 2024, 2026, 2100, 9999),
        fc.integer({ min: 0, max: 13 }),
        fc.constantFrom(0, 1, 2, 27, 28, 29, 30, 31, 32),
        fc.constantFrom("00:00:00", "23:59:59.999999", "23:59:60", "24:00:00", "12:60:00", "07:08:09.5"),
        (year, month, day, time) => {
          const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${time}`;
          expect(outcomeOf(() => momentOf(text))).toBe(outcomeOf(() => anyMoment(text)));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("with a character that is another is read, or refused, as the plain way does", () => {
    fc.assert(
      fc.property(
        fc.bigInt(FIRST, LAST),
        fc.nat(26),
        fc.constantFrom("0", "1", "3", "7", "9", "-", ":", " ", ".", "+", "T", "\u0660"),
        (micros, at, other) => {
          const whole = momentText(micros * MICROSECOND);
          const text = `${whole.slice(0, at)}${other}${whole.slice(at + 1)}`;
          expect(outcomeOf(() => momentOf(text))).toBe(outcomeOf(() => anyMoment(text)));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    "0000-00-00 00:00:00",
    "2026-02-30 00:00:00",
    "2026-13-01 00:00:00",
    "infinity",
    "-infinity",
    "",
    "2026-01-01",
  ])("is not %j, unless the plain way takes it", (text) =>
    expect(outcomeOf(() => momentOf(text))).toBe(outcomeOf(() => anyMoment(text))),
  );

  it.each([
    "2024-02-30 00:00:00",
    "2023-02-29 12:00:00.5",
    "2024-04-31 00:00:00",
    "2024-01-01 24:00:00",
    "0000-01-01 00:00:00",
    "0000-00-00 00:00:00",
    "10000-01-01 00:00:00",
  ])("is not %j, which is no day of a Timestamp's years: another one is never read for it", (text) =>
    expect(() => momentOf(text)).toThrow(Fault),
  );
});
