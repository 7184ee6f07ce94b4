/** Windows: every row once, in order, over keys and indexes, forwards and backwards, whatever their size. */

import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cursor, Window } from "../../../../../src/adapter/adapter.ts";
import type { SqliteAdapter } from "../../../../../src/adapter/sqlite/open.ts";
import { orderComparator } from "../../../../../src/model/compare.ts";
import type { EntityModel, OrderTerm } from "../../../../../src/model/entity.ts";
import { keyOf, keyText as keyTextOf } from "../../../../../src/model/key.ts";
import { compileFilter } from "../../../../../src/model/evaluate.ts";
import type { Filter } from "../../../../../src/model/filter.ts";
import type { EntityRecord } from "../../../../../src/model/value.ts";
import { anyCall, createOf, entity, NOW, openStore, ordinalOf, recordWith, writeAll } from "../store.ts";

const everything = entity("test.v1.Everything");
const composite = entity("test.v1.Composite");

const LIVE = { deleted: false, now: NOW };

/** Few values, so that ties and absences are common. */
const anyRow: fc.Arbitrary<EntityRecord> = fc
  .record({
    id: fc.uuid(),
    color: fc.option(fc.constantFrom(1, 2, 3), { nil: undefined }),
    happened_at: fc.option(fc.constantFrom(NOW, NOW + 1000n, NOW - 1000n), { nil: undefined }),
    int64_value: fc.option(fc.constantFrom(-(2n ** 63n), 0n, 2n ** 53n + 1n), { nil: undefined }),
    uint64_value: fc.option(fc.constantFrom(0n, 2n ** 64n - 1n), { nil: undefined }),
    double_value: fc.option(fc.constantFrom(-1.5, 0, 1e300), { nil: undefined }),
    huge_decimal: fc.option(fc.constantFrom(-(10n ** 77n), -1n, 10n ** 77n), { nil: undefined }),
    string_value: fc.option(fc.constantFrom("", "a", "ab", "b", "\u{10FFFF}"), { nil: undefined }),
    money_decimal: fc.option(fc.constantFrom(-1n, 0n, 100n), { nil: undefined }),
    deleted_at: fc.option(fc.constant(NOW), { nil: undefined, freq: 6 }),
    expires_at: fc.option(fc.constantFrom(NOW - 1000n, NOW, NOW + 1000n), { nil: undefined, freq: 4 }),
    bool_value: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map((values) => recordWith(everything, values));

const anyCompositeRow: fc.Arbitrary<EntityRecord> = fc
  .record({
    tenant: fc.constantFrom("a", "b"),
    shard: fc.constantFrom(-1n, 1n),
    number: fc.constantFrom(-5n, 5n, 2n ** 53n + 1n),
    at: fc.constantFrom(NOW, NOW + 1000n),
    name: fc.constantFrom("x", "y", "z", "é"),
  })
  .map((values) => recordWith(composite, values));

const at = (name: string): number => ordinalOf(everything, name);
const up = (name: string): OrderTerm => ({ ordinal: at(name), desc: false });
const down = (name: string): OrderTerm => ({ ordinal: at(name), desc: true });

interface Question {
  readonly name: string;
  readonly entity: EntityModel;
  readonly where?: Filter;
  readonly order: readonly OrderTerm[];
}

const is = (name: string, value: number | string | bigint): Filter => ({
  kind: "condition",
  op: "eq",
  ordinal: at(name),
  value,
});
const of = (name: string): number => ordinalOf(composite, name);

const QUESTIONS: readonly Question[] = [
  { name: "everything", entity: everything, order: [] },
  { name: "the key backwards", entity: everything, order: [down("id")] },
  { name: "an index", entity: everything, order: [up("int64_value")] },
  { name: "an index backwards", entity: everything, order: [down("int64_value")] },
  { name: "unsigned numbers", entity: everything, order: [up("uint64_value")] },
  { name: "doubles", entity: everything, order: [down("double_value")] },
  { name: "huge decimals, as declared", entity: everything, order: [down("huge_decimal")] },
  { name: "huge decimals, backwards", entity: everything, order: [up("huge_decimal")] },
  { name: "two fields", entity: everything, order: [up("string_value"), up("money_decimal")] },
  { name: "two directions", entity: everything, order: [up("color"), down("happened_at")] },
  { name: "one value, then an order", entity: everything, where: is("color", 2), order: [down("happened_at")] },
  {
    name: "one value, then the order turned around",
    entity: everything,
    where: is("color", 2),
    order: [up("happened_at")],
  },
  {
    name: "several values, one after the other",
    entity: everything,
    where: { kind: "condition", op: "in", ordinal: at("color"), values: [3, 1] },
    order: [],
  },
  {
    name: "several values, merged",
    entity: everything,
    where: { kind: "condition", op: "in", ordinal: at("color"), values: [1, 2, 3] },
    order: [down("happened_at")],
  },
  {
    name: "a range and a filter",
    entity: everything,
    where: {
      kind: "group",
      op: "and",
      terms: [
        { kind: "condition", op: "gte", ordinal: at("int64_value"), value: -5n },
        { kind: "condition", op: "eq", ordinal: at("bool_value"), value: true },
      ],
    },
    order: [down("int64_value")],
  },
  {
    name: "a prefix",
    entity: everything,
    where: { kind: "condition", op: "starts_with", ordinal: at("string_value"), value: "a" },
    order: [up("string_value"), up("money_decimal")],
  },
  {
    name: "a range of a range",
    entity: everything,
    where: {
      kind: "group",
      op: "and",
      terms: [is("color", 1), { kind: "condition", op: "lt", ordinal: at("happened_at"), value: NOW + 1000n }],
    },
    order: [up("happened_at")],
  },
  {
    name: "a partition of a composite key",
    entity: composite,
    where: {
      kind: "group",
      op: "and",
      terms: [
        { kind: "condition", op: "eq", ordinal: of("tenant"), value: "a" },
        { kind: "condition", op: "eq", ordinal: of("shard"), value: 1n },
      ],
    },
    order: [],
  },
  { name: "a composite key", entity: composite, order: [] },
];

const stages = [
  { url: "sqlite:scan.db", pace: "" },
  { url: "sqlite::memory:", pace: "" },
  { url: "sqlite::memory:", pace: ", each look at the clock 30 ms after the one before" },
];

describe.each(stages)("windows of $url$pace", ({ url, pace }) => {
  // As on a machine that is so busy that every window ends as soon as it may.
  if (pace !== "") {
    let now = 0;
    beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(() => (now += 30)));
    afterEach(() => void vi.restoreAllMocks());
  }
  let store: SqliteAdapter;
  let rows: readonly EntityRecord[] = [];
  let compositeRows: readonly EntityRecord[] = [];

  beforeAll(async () => {
    store = await openStore([everything, composite], { url: new URL(url) });
    rows = fc.sample(anyRow, 300);
    await writeAll(
      store,
      rows.map((row) => createOf(everything, row)),
    );
    const unique = new Map(fc.sample(anyCompositeRow, 200).map((row) => [row.map(String).join(), row]));
    compositeRows = [...unique.values()];
    await writeAll(
      store,
      compositeRows.map((row) => createOf(composite, row)),
    );
  });
  afterAll(() => store.close());

  type Bounds = Pick<Window, "limit" | "maxBytes" | "maxExamined">;
  const paged = async (question: Question, bounds: () => Bounds): Promise<EntityRecord[]> => {
    const plan = store.plan({
      order: question.order,
      entity: question.entity,
      ...(question.where && { where: question.where }),
    });
    expect(plan.ordered).toBe(true);
    const found: EntityRecord[] = [];
    for (let after: Cursor | undefined; ;) {
      const window: Window = {
        ...(after && { after }),
        ...bounds(),
        fields: undefined,
        visible: LIVE,
        consistency: undefined,
      };
      const page = await store.scan(plan, window, anyCall(Infinity));
      found.push(...page.rows);
      if (!page.next) return found;
      after = page.next;
    }
  };

  it.each(QUESTIONS)("$name", async (question) => {
    const { entity: model, order } = question;
    const { deletedAt, expiresAt } = model.managed;
    const holds = question.where ? compileFilter(model, question.where) : () => true;
    const wanted = (model === everything ? rows : compositeRows).filter((row) => {
      const expires = expiresAt === undefined ? undefined : row[expiresAt];
      if (deletedAt !== undefined && row[deletedAt] !== undefined) return false;
      return (typeof expires !== "bigint" || expires > NOW) && holds(row);
    });
    const compare = orderComparator(model.fields, order);
    const keyText = (row: EntityRecord): string => keyTextOf(keyOf(model, row));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1 }),
        fc.constantFrom(1, 3_000, 1e9),
        fc.constantFrom(20, 1e9),
        async (limits, maxBytes, maxExamined) => {
          let turn = 0;
          const bounds = (): Bounds => ({ limit: limits[turn++ % limits.length] ?? 1, maxBytes, maxExamined });
          const found = await paged(question, bounds);
          expect(found.map(keyText).toSorted()).toEqual(wanted.map(keyText).toSorted());
          const isMisplaced = (row: EntityRecord, i: number): boolean => i > 0 && compare(found[i - 1] ?? row, row) > 0;
          expect(found.findIndex(isMisplaced)).toBe(-1);
        },
      ),
      { numRuns: 12 },
    );
    const plan = store.plan({ order, entity: model, ...(question.where && { where: question.where }) });
    expect(await store.count?.(plan, { visible: LIVE, consistency: undefined }, anyCall(Infinity))).toBe(wanted.length);
  });
});

describe("a window between other calls", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("is full although the waits for them took longer than a window may work", async () => {
    const store = await openStore([everything], { url: new URL("sqlite::memory:") });
    const rows = fc.sample(fc.uuid(), 300).map((id) => recordWith(everything, { id }));
    await writeAll(
      store,
      rows.map((row) => createOf(everything, row)),
    );
    const plan = store.plan({ entity: everything, order: [] });
    let now = 0;
    let pauses = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 1)); // a turn ends after a few looks at the clock
    const occupy = (): void => {
      now += 1_000;
      pauses += 1;
      other = setImmediate(occupy);
    };
    let other = setImmediate(occupy);
    const page = await store.scan(
      plan,
      { limit: 60, maxBytes: 1e9, fields: undefined, visible: LIVE, consistency: undefined },
      anyCall(Infinity),
    );
    clearImmediate(other);
    expect(pauses).toBeGreaterThan(0);
    expect(page.rows).toHaveLength(60);
    await store.close();
  });
});
