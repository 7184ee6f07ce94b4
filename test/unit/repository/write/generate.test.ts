/** Generated ids: unique and ascending, whatever the clock does. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareText } from "../../../../src/model/compare.ts";
import { createGenerators, type Generators, type LocalGenerator } from "../../../../src/repository/write/generate.ts";
import { createRandom } from "../../../../src/repository/write/random.ts";
import { bytes, int64, text } from "../../model/sample.ts";

/** Milliseconds the clock shows, one after the other. */
function generatorsAt(moments: readonly number[]): Generators {
  let i = 0;
  const clock = { now: () => BigInt(moments[Math.min(i++, moments.length - 1)] ?? 0) * 1_000_000n };
  return createGenerators({ clock, random: createRandom(), node: 5 });
}

const NOW = 1_800_000_000_000;
const moments = fc.array(fc.integer({ min: NOW - 5, max: NOW + 5 }), { minLength: 1, maxLength: 200 });

describe("ids with a time in front", () => {
  it.each(["uuid_v7", "ulid"] as const)(
    "%s ascend as text and as bytes, also when the clock goes back",
    (generator) => {
      fc.assert(
        fc.property(moments, (given) => {
          for (const type of [text, bytes]) {
            const ids = generatorsAt(given);
            const made = given.map(() => ids.next(generator, type));
            const keys = made.map((id) =>
              id instanceof Uint8Array ? Buffer.from(id).toString("hex") : `${id as string}`,
            );
            expect(keys.toSorted(compareText)).toEqual(keys);
            expect(new Set(keys).size).toBe(keys.length);
          }
        }),
      );
    },
  );

  it("snowflakes ascend, and hold time, node and sequence", () => {
    fc.assert(
      fc.property(moments, (given) => {
        const ids = generatorsAt(given);
        const made = given.map(() => BigInt(ids.next("snowflake", int64) as bigint)); // a number field gets a bigint
        made.slice(1).forEach((id, i) => expect(id > (made[i] ?? 0n)).toBe(true));
        for (const id of made) expect((id >> 12n) & 1023n).toBe(5n);
        expect(made[0]).toBeDefined();
        expect(Number((made[0] ?? 0n) >> 22n) + 1_704_067_200_000).toBe(given[0]);
      }),
    );
  });

  it("go on within one moment for longer than their counters last", () => {
    for (const generator of ["uuid_v7", "ulid", "snowflake"] as const satisfies readonly LocalGenerator[]) {
      const ids = generatorsAt([NOW]);
      const type = generator === "snowflake" ? int64 : text;
      const made = Array.from({ length: 10_000 }, () => ids.next(generator, type));
      expect(new Set(made).size).toBe(made.length);
    }
  });

  it("are made before 1970 and before Snowflake's epoch as well", () => {
    const ids = generatorsAt([-5]);
    expect(ids.next("uuid_v7", text)).toMatch(/^00000000-0000-7/);
    expect(ids.next("snowflake", int64)).toBe(5n << 12n);
  });
});

describe("forms", () => {
  it("have their version and variant, and the moment in front", () => {
    const ids = generatorsAt([0x0123456789ab]);
    expect(ids.next("uuid_v4", text)).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(ids.next("uuid_v7", text)).toMatch(/^01234567-89ab-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });

  it("write a ULID as its specification does", () => {
    const random = (count: number): Uint8Array => new Uint8Array(count).fill(0xff);
    const clock = { now: () => 1_469_918_176_385n * 1_000_000n };
    const ids = createGenerators({ clock, random, node: 0 });
    expect(ids.next("ulid", text)).toBe(`01ARYZ6S41${"Z".repeat(16)}`);
  });

  it("refuse a node outside its ten bits", () => {
    const clock = { now: () => 0n };
    expect(() => createGenerators({ clock, random: createRandom(), node: 1024 })).toThrow(RangeError);
  });
});
