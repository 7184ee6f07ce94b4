/** Folding: the same meaning, without constants, in the store's precision. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFilter } from "../../../../src/model/evaluate.ts";
import { collectOrdinals, type Filter } from "../../../../src/model/filter.ts";
import { foldCondition, foldFilter } from "../../../../src/repository/read/filter.ts";
import { compileEntityLayout } from "../../../../src/repository/entity-layout.ts";
import { truncateTime } from "../../../../src/repository/timestamps.ts";
import { normalise } from "../../../../src/model/record.ts";
import { at, eq, faultIn, order, sparse } from "../fixture.ts";

const PRECISION = 1_000n;
const layout = compileEntityLayout(order, PRECISION);

const moment = fc.bigInt(-3_500n, 3_500n);
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.boolean().map((value): Filter => ({ kind: "const", value })),
  fc.record({
    kind: fc.constant("condition"),
    op: fc.constantFrom("eq", "ne", "lt", "lte", "gt", "gte"),
    ordinal: fc.constant(at("due")),
    value: moment,
  }),
  fc.record({
    kind: fc.constant("condition"),
    op: fc.constant("in"),
    ordinal: fc.constant(at("due")),
    values: fc.array(moment, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("condition"),
    op: fc.constant("is_null"),
    ordinal: fc.constantFrom(at("due"), at("plain"), at("id")),
    value: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("condition"),
    op: fc.constantFrom("starts_with", "contains"),
    ordinal: fc.constantFrom(at("customer"), at("id")),
    value: fc.constantFrom("", "a"),
  }),
  fc.record({
    kind: fc.constant("condition"),
    op: fc.constantFrom("has_any", "has_all"),
    ordinal: fc.constant(at("tags")),
    values: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
  }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({
      kind: fc.constant("group"),
      op: fc.constantFrom("and", "or"),
      terms: fc.array(tie("filter"), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("not"), term: tie("filter") }),
  ),
}));

function holdsConstant(folded: Filter): boolean {
  if (folded.kind === "group") return folded.terms.some(holdsConstant);
  return folded.kind === "not" ? holdsConstant(folded.term) : folded.kind === "const";
}

describe("a folded filter", () => {
  it("holds for the same stored rows, and has no constants inside", () => {
    const rows = fc.record({
      due: fc.option(moment),
      customer: fc.option(fc.constantFrom("", "a", "b")),
      tags: fc.subarray(["a", "b"]),
    });
    fc.assert(
      fc.property(filter, rows, (given, { due, customer, tags }) => {
        const stored = normalise(
          order.message,
          sparse({
            tenant: "t",
            id: "a",
            tags,
            ...(due !== null && { due: truncateTime(due, PRECISION) }),
            ...(customer !== null && { customer }),
          }),
        );
        const expected = compileFilter(order, given)(stored);
        const folded = foldFilter(layout, given, 100);
        const isSome = folded.kind === "some";
        expect(isSome ? compileFilter(order, folded.filter)(stored) : folded.kind === "all").toBe(expected);
        expect(isSome && holdsConstant(folded.filter)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("is flat, and one value of one_of is eq", () => {
    const given: Filter = {
      kind: "group",
      op: "and",
      terms: [
        {
          kind: "group",
          op: "and",
          terms: [eq("status", 1), { kind: "condition", op: "in", ordinal: at("plain"), values: [2] }],
        },
      ],
    };
    expect(foldFilter(layout, given, 100)).toEqual({
      kind: "some",
      filter: { kind: "group", op: "and", terms: [eq("status", 1), eq("plain", 2)] },
    });
  });

  it("tells the fields it looks at", () => {
    const seen = new Set<number>();
    collectOrdinals({ kind: "not", term: { kind: "group", op: "or", terms: [eq("status", 1), eq("plain", 1)] } }, seen);
    expect([...seen]).toEqual([at("status"), at("plain")]);
  });
});

describe("a condition", () => {
  it("that is decided already still tests the row", () => {
    expect(foldCondition(layout, { kind: "const", value: true }, 100)).toEqual({
      kind: "condition",
      op: "is_null",
      ordinal: at("tenant"),
      value: false,
    });
    expect(foldCondition(layout, { kind: "const", value: false }, 100)).toEqual({
      kind: "condition",
      op: "is_null",
      ordinal: at("tenant"),
      value: true,
    });
    expect(foldCondition(layout, undefined, 100)).toBeUndefined();
  });

  it("that says nothing is refused", () => {
    expect(faultIn(() => foldCondition(layout, { kind: "group", op: "and", terms: [] }, 100)).reason).toBe(
      "EMPTY_PREDICATE",
    );
  });
});
