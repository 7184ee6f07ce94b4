/** Keys as bytes sort as their values do, mean one key each, and are the beginning of no other. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intervalOf, keyBytes, rangeInterval, type ByteOrder } from "../../../../src/adapter/ordered/interval.ts";
import { prefixBytes, successor, termBytes } from "../../../../src/adapter/ordered/key-bytes.ts";
import type { Bound, Range } from "../../../../src/adapter/plan.ts";
import { orderComparator } from "../../../../src/model/compare.ts";
import type { EntityModel, OrderTerm } from "../../../../src/model/entity.ts";
import { compileFilter } from "../../../../src/model/evaluate.ts";
import type { FieldType } from "../../../../src/model/field.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import type { EntityRecord, Value } from "../../../../src/model/value.ts";
import { bool, bytes, double, entityOf, int32, int64, text, timestamp, uint32, uint64 } from "../../model/sample.ts";

const big: FieldType = { kind: "decimal", precision: 60, scale: 4 };
const status: FieldType = {
  kind: "enum",
  enum: { name: "Status", values: [0, 1, -5].map((number) => ({ number, name: `S${number}` })) },
};

const whole = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(fc.constantFrom(0n, min, max, ...[1n, 255n, 256n, -1n, -255n, -256n].filter((n) => n >= min && n <= max)), fc.bigInt({ min, max })); // prettier-ignore
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "\0", "\u0001", "\uffff", "\u{10000}", "ÿ"), maxLength: 4 }),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const anyBytes = fc.oneof(
  fc.array(fc.constantFrom(0, 1, 2, 0xfe, 0xff), { maxLength: 4 }),
  fc.array(fc.nat({ max: 255 }), { maxLength: 6 }),
);

/** Every kind that a key or an index may have, with values that meet and lie at the edges. */
const KINDS: readonly (readonly [name: string, type: FieldType, values: fc.Arbitrary<Value>])[] = [
  ["text", text, anyText],
  ["blob", bytes, anyBytes.map((list) => Uint8Array.from(list))],
  ["flag", bool, fc.boolean()],
  ["small", int32, fc.oneof(fc.constantFrom(0, 1, -1, 255, 256), fc.integer())],
  ["natural", uint32, fc.oneof(fc.constantFrom(0, 1, 2 ** 32 - 1), fc.nat())],
  ["large", int64, whole(-(2n ** 63n), 2n ** 63n - 1n)],
  ["huge", uint64, whole(0n, 2n ** 64n - 1n)],
  ["ratio", double, fc.double({ noNaN: true }).map((value) => value + 0)],
  ["at", timestamp, whole(-62_135_596_800_000_000_000n, 253_402_300_799_999_999_999n)],
  ["money", big, whole(-(10n ** 60n) + 1n, 10n ** 60n - 1n)],
  ["status", status, fc.constantFrom(0, 1, -5, 2 ** 31 - 1)],
];

const entity: EntityModel = entityOf({
  fields: Object.fromEntries(KINDS.map(([name, type]) => [name, type])),
  key: ["text"],
});

const valueAt = (ordinal: number): fc.Arbitrary<Value> => KINDS[ordinal]?.[2] ?? fc.constant("");
const record: fc.Arbitrary<EntityRecord> = fc.tuple(
  ...KINDS.map(([, , values]) => fc.option(values, { nil: undefined, freq: 6 })),
);
const order: fc.Arbitrary<readonly OrderTerm[]> = fc.uniqueArray(
  fc.record({ ordinal: fc.nat({ max: KINDS.length - 1 }), desc: fc.boolean() }),
  { minLength: 1, maxLength: 4, selector: ({ ordinal }) => ordinal },
);
const prefix = Buffer.of(7);

const sign = (compared: number): number => Number(compared > 0) - Number(compared < 0);

/** Two rows that often share values, so that later terms decide. */
const pair = record.chain((a) =>
  fc.tuple(fc.constant(a), record, fc.array(fc.boolean(), { minLength: KINDS.length, maxLength: KINDS.length })),
).map(([a, b, shares]) => [a, b.map((value, i) => (shares[i] ? a[i] : value))] as const); // prettier-ignore

describe("keys of several terms", () => {
  it("sort as the model sorts the rows, and are equal where it finds them equal", () => {
    fc.assert(
      fc.property(order, pair, (terms, [a, b]) => {
        const of = (row: EntityRecord): Buffer => keyBytes({ entity, prefix, terms }, row);
        expect(sign(Buffer.compare(of(a), of(b)))).toBe(sign(orderComparator(entity.fields, terms)(a, b)));
      }),
      { numRuns: 3_000 },
    );
  });

  it("are the beginning of no other", () => {
    fc.assert(
      fc.property(order, pair, (terms, [a, b]) => {
        const [one, other] = [a, b].map((row) => keyBytes({ entity, prefix, terms }, row)) as [Buffer, Buffer];
        fc.pre(!one.equals(other));
        expect(other.subarray(0, one.length).equals(one)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe.each(KINDS)("one term of %s", (_, type, values) => {
  it("sorts, ascending and descending, with absent values at the right end", () => {
    const ordinal = entity.fields.findIndex((field) => field.type === type);
    fc.assert(
      fc.property(fc.option(values, { nil: undefined }), fc.option(values, { nil: undefined }), fc.boolean(), (a, b, desc) => {
        const row = (value: Value | undefined): EntityRecord => entity.fields.map((_field, i) => (i === ordinal ? value : undefined));
        const expected = orderComparator(entity.fields, [{ ordinal, desc }])(row(a), row(b));
        expect(sign(Buffer.compare(termBytes(type, a, desc), termBytes(type, b, desc)))).toBe(sign(expected));
      }),
    ); // prettier-ignore
  });
});

describe("prefixes and successors", () => {
  it("the texts that begin with a prefix are those whose bytes do", () => {
    fc.assert(
      fc.property(anyText, anyText, fc.boolean(), (given, rest, desc) => {
        const begins = (value: string): boolean => {
          const term = termBytes(text, value, desc);
          const start = prefixBytes(given, desc);
          return term.subarray(0, start.length).equals(start);
        };
        expect([begins(given + rest), begins(rest)]).toEqual([true, rest.startsWith(given)]);
      }),
    );
  });

  it("an interval holds exactly what begins with its bytes", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (head, bytesOf) => {
        const [start, key] = [Buffer.of(1, ...head), Buffer.of(1, ...bytesOf)];
        const interval = intervalOf(start);
        const isInside = Buffer.compare(interval.start, key) <= 0 && Buffer.compare(key, interval.end) < 0;
        expect(isInside).toBe(key.subarray(0, start.length).equals(start));
      }),
    );
    expect(() => successor(Buffer.of(0xff, 0xff))).toThrow(RangeError);
  });
});

const bound = (ordinal: number): fc.Arbitrary<Bound> => fc.record({ value: valueAt(ordinal), inclusive: fc.boolean() });

/** Equal values on leading terms, then bounds or a prefix on the next, or nothing. */
const ranged = order.chain((terms) =>
  fc.nat({ max: terms.length }).chain((depth) => {
    const next = terms[depth]?.ordinal;
    const bounds: fc.Arbitrary<Omit<Range, "eq">> =
      next === undefined
        ? fc.constant({})
        : fc.oneof(
            fc.constant({}),
            fc.record({ lower: bound(next), upper: bound(next) }, { requiredKeys: [] }),
            ...(entity.fields[next]?.type === text ? [fc.record({ prefix: anyText })] : []),
          );
    const eq = fc.tuple(...terms.slice(0, depth).map(({ ordinal }) => valueAt(ordinal)));
    return fc.record({ terms: fc.constant(terms), range: fc.tuple(eq, bounds).map(([values, rest]): Range => ({ eq: values, ...rest })) });
  }),
); // prettier-ignore

function filterOf(terms: readonly OrderTerm[], range: Range): Filter {
  const next = terms[range.eq.length]?.ordinal ?? -1;
  const { lower, upper, prefix: begins } = range;
  const kind = "condition";
  const conditions: Filter[] = range.eq.map((value, i) => ({
    kind,
    op: "eq",
    ordinal: terms[i]?.ordinal ?? -1,
    value,
  }));
  if (lower) conditions.push({ kind, op: lower.inclusive ? "gte" : "gt", ordinal: next, value: lower.value });
  if (upper) conditions.push({ kind, op: upper.inclusive ? "lte" : "lt", ordinal: next, value: upper.value });
  if (begins !== undefined) conditions.push({ kind, op: "starts_with", ordinal: next, value: begins });
  return { kind: "group", op: "and", terms: conditions };
}

it("a range is the interval of the rows that fulfil it", () => {
  fc.assert(
    fc.property(ranged, record, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), ({ terms, range }, base, takes) => {
      // Rows that hold the range's own values are near its edges.
      const values = [...range.eq, range.lower?.value ?? range.upper?.value ?? range.prefix];
      const row = base.map((value, ordinal) => {
        const i = terms.findIndex((term) => term.ordinal === ordinal);
        return i >= 0 && i < values.length && takes[i] ? (values[i] ?? value) : value;
      });
      const byteOrder: ByteOrder = { entity, prefix, terms };
      const { start, end } = rangeInterval(byteOrder, range);
      const key = keyBytes(byteOrder, row);
      const isInside = Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;
      expect(isInside).toBe(compileFilter(entity, filterOf(terms, range))(row));
    }),
    { numRuns: 5_000 },
  ); // prettier-ignore
});
