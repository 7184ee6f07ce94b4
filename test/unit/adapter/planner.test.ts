/** The planner: golden plans, and random ones whose rows are held against filtering and sorting everything. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Adapter } from "../../../src/adapter/adapter.ts";
import { createMemory } from "../../../src/adapter/memory/memory.ts";
import { reference, weak, type Profile } from "../../../src/adapter/memory/profile.ts";
import type { Plan } from "../../../src/adapter/plan.ts";
import { createCall, type Call } from "../../../src/model/call.ts";
import { compareInOrder } from "../../../src/model/compare.ts";
import type { EntityModel, OrderTerm } from "../../../src/model/entity.ts";
import { compileFilter } from "../../../src/model/evaluate.ts";
import type { Filter } from "../../../src/model/filter.ts";
import { keyOf } from "../../../src/model/key.ts";
import { normalise } from "../../../src/model/record.ts";
import type { EntityRecord } from "../../../src/model/value.ts";
import { entityOf, int32, ordinalOf, text } from "../model/sample.ts";
import { openOptions } from "./sqlite/store.ts";

const call: Call = createCall({ timeout: Infinity, requestId: "test" }).call;
const visible = { deleted: true, now: 0n };

function open(entity: EntityModel, profile: Profile): Adapter {
  return createMemory(openOptions([entity], { dataDir: "", clock: { now: () => 0n } }), profile);
}

const job = entityOf({
  fields: { tenant: text, id: text, status: text, at: int32, name: text, due: int32 },
  key: ["tenant", "id"],
  indexes: [["status", "at desc"], ["due"]],
  unique: [["name"]],
});
const at = (name: string): number => ordinalOf(job, name);
const eq = (name: string, value: string | number): Filter => ({
  kind: "condition",
  op: "eq",
  ordinal: at(name),
  value,
});
const and = (...terms: readonly Filter[]): Filter => ({ kind: "group", op: "and", terms });
const by = (...terms: readonly string[]): readonly OrderTerm[] =>
  terms.map((term) => ({ ordinal: at(term.split(" ")[0] ?? ""), desc: term.endsWith(" desc") }));

/** A plan in few words. */
function summary(plan: Plan): string {
  const { access } = plan;
  const path = access.kind === "index" ? access.index.name : access.kind;
  const ranges = access.kind === "full" ? "" : ` ×${access.ranges.length}${access.reverse ? " reverse" : ""}`;
  const left = `${plan.pushed ? " +filter" : ""}${plan.residual ? " +residual" : ""}`;
  const verdict = !plan.needsScan
    ? "served"
    : `${plan.ordered ? "ordered" : "unordered"}, wants ${plan.wanted ?? "nothing"}`;
  return `${path}${ranges}${left}: ${verdict}`;
}

describe("golden plans", () => {
  const adapter = open(job, reference);
  const plans: readonly [string, Filter | undefined, readonly string[], string][] = [
    ["everything", undefined, [], "full: served"],
    ["everything by key", undefined, ["tenant", "id"], "full: served"],
    ["everything by key backwards", undefined, ["tenant desc", "id desc"], "key ×1 reverse: served"],
    ["everything by an index", undefined, ["due"], "by_due ×1: served"],
    ["everything by no index", undefined, ["at"], "full: unordered, wants (at)"],
    ["one row", and(eq("tenant", "t"), eq("id", "a")), [], "key ×1: served"],
    ["one row in any order", and(eq("tenant", "t"), eq("id", "a")), ["at"], "key ×1: served"],
    ["a partition", eq("tenant", "t"), ["id"], "key ×1: served"],
    ["a partition, newest first", eq("tenant", "t"), ["id desc"], "key ×1 reverse: served"],
    ["a status in the order of its index", eq("status", "s"), ["at desc"], "by_status_at_desc ×1: served"],
    ["a status backwards", eq("status", "s"), ["at"], "by_status_at_desc ×1 reverse: served"],
    [
      "a status from a moment on",
      and(eq("status", "s"), { kind: "condition", op: "gte", ordinal: at("at"), value: 3 }),
      [],
      "by_status_at_desc ×1: served",
    ],
    [
      "a status and what no index has",
      and(eq("status", "s"), eq("due", 1)),
      ["at desc"],
      "by_status_at_desc ×1 +filter: served",
    ],
    [
      "several statuses merged",
      { kind: "condition", op: "in", ordinal: at("status"), values: ["a", "b"] },
      ["at desc"],
      "by_status_at_desc ×2: served",
    ],
    [
      "several statuses",
      { kind: "condition", op: "in", ordinal: at("status"), values: ["a", "b"] },
      [],
      "by_status_at_desc ×2: served",
    ],
    ["a unique value", and(eq("status", "s"), eq("name", "n")), [], "by_name ×1 +filter: served"],
    [
      "an order with a filter left over",
      { kind: "condition", op: "contains", ordinal: at("name"), value: "x" },
      ["due"],
      "by_due ×1 +filter: ordered, wants nothing",
    ],
    [
      "a filter without a range",
      { kind: "condition", op: "contains", ordinal: at("name"), value: "x" },
      [],
      "full +filter: ordered, wants nothing",
    ],
    ["a field without an index", eq("at", 1), [], "full +filter: ordered, wants (at)"],
    [
      "a filter and an order without an index",
      eq("at", 1),
      ["name desc"],
      "by_name ×1 reverse +filter: ordered, wants (at, name desc)",
    ],
    [
      "an order with a constant in between",
      eq("at", 3),
      ["status", "tenant desc"],
      "by_status_at_desc ×1 +filter: ordered, wants (at, status, tenant desc)",
    ],
    ["a range", { kind: "condition", op: "lt", ordinal: at("due"), value: 5 }, [], "by_due ×1: served"],
    [
      "a prefix",
      { kind: "condition", op: "starts_with", ordinal: at("name"), value: "a" },
      ["name"],
      "by_name ×1: served",
    ],
    [
      "a group of one",
      { kind: "group", op: "or", terms: [and(eq("status", "s"))] },
      [],
      "by_status_at_desc ×1: served",
    ],
    [
      "absence",
      { kind: "condition", op: "is_null", ordinal: at("due"), value: true },
      [],
      "full +filter: ordered, wants nothing",
    ],
  ];

  test.each(plans)("%s", (_name, where, order, expected) => {
    expect(summary(adapter.plan({ entity: job, ...(where && { where }), order: by(...order) }))).toBe(expected);
  });

  test("ties follow the key in the direction of the last term", () => {
    expect(adapter.plan({ entity: job, order: by("due desc") }).order).toEqual(
      by("due desc", "tenant desc", "id desc"),
    );
    expect(adapter.plan({ entity: job, where: eq("status", "s"), order: by("at desc") }).order).toEqual(
      by("at desc", "tenant desc", "id desc"),
    );
    expect(adapter.plan({ entity: job, where: eq("status", "s"), order: by("at") }).order).toEqual(
      by("at", "tenant", "id"),
    );
  });

  test("the tightest of several bounds is the range", () => {
    const where = and(
      { kind: "condition", op: "gt", ordinal: at("due"), value: 1 },
      { kind: "condition", op: "gte", ordinal: at("due"), value: 3 },
      { kind: "condition", op: "gt", ordinal: at("due"), value: 3 },
      { kind: "condition", op: "lte", ordinal: at("due"), value: 9 },
      { kind: "condition", op: "lt", ordinal: at("due"), value: 20 },
    );
    const plan = adapter.plan({ entity: job, where, order: [] });
    expect(plan.access).toMatchObject({
      ranges: [{ eq: [], lower: { value: 3, inclusive: false }, upper: { value: 9, inclusive: true } }],
    });
    expect(plan.pushed).toBeUndefined();
  });

  test("more than a hundred ranges are not tried", () => {
    const many = (name: string): Filter => ({
      kind: "condition",
      op: "in",
      ordinal: at(name),
      values: Array.from({ length: 11 }, (_, i) => `${i}`),
    });
    expect(summary(adapter.plan({ entity: job, where: and(many("tenant"), many("id")), order: [] }))).toBe(
      "key ×11 +filter: served",
    );
  });
});

describe("golden plans of a store with hashed keys and sparse indexes", () => {
  const adapter = open(job, weak);

  test("a partition is served, its order is not", () => {
    expect(summary(adapter.plan({ entity: job, where: eq("tenant", "t"), order: [] }))).toBe("key ×1: served");
    expect(summary(adapter.plan({ entity: job, where: eq("tenant", "t"), order: by("id") }))).toBe(
      "key ×1: unordered, wants (tenant, id)",
    );
    expect(summary(adapter.plan({ entity: job, where: eq("id", "a"), order: [] }))).toBe(
      "full +residual: ordered, wants (id)",
    );
    expect(summary(adapter.plan({ entity: job, order: by("due") }))).toBe("full: unordered, wants (due)");
  });

  test("an index serves only filters that imply presence of all its fields", () => {
    const present: Filter = { kind: "condition", op: "is_null", ordinal: at("at"), value: false };
    expect(summary(adapter.plan({ entity: job, where: eq("status", "s"), order: [] }))).toBe(
      "full +residual: ordered, wants (status)",
    );
    expect(summary(adapter.plan({ entity: job, where: and(eq("status", "s"), present), order: [] }))).toBe(
      "by_status_at_desc ×1: served",
    );
    expect(summary(adapter.plan({ entity: job, where: eq("due", 1), order: [] }))).toBe("by_due ×1: served");
  });
});

/** Small worlds, so that rows meet: three texts and four numbers, each also absent outside the key. */
const terms = ["a", "b", "b\u{10000}"] as const;
const fieldNames = ["p", "q", "x", "y", "n", "m"] as const;
type Name = (typeof fieldNames)[number];
const isText = (name: Name): boolean => name !== "n" && name !== "m";
const direction = fc.constantFrom("", " desc");
const parts = (from: readonly Name[], least: number): fc.Arbitrary<string[]> =>
  fc
    .subarray([...from], { minLength: least, maxLength: 3 })
    .chain((names) =>
      fc
        .tuple(
          fc.shuffledSubarray(names, { minLength: names.length }),
          fc.array(direction, { minLength: names.length, maxLength: names.length }),
        )
        .map(([shuffled, directions]) => shuffled.map((name, i) => `${name}${directions[i] ?? ""}`)),
    );
const entities = fc
  .record({ key: parts(["p", "q", "n"], 1), indexes: fc.array(parts(fieldNames, 1), { maxLength: 3 }) })
  .map(({ key, indexes }) =>
    entityOf({
      fields: { p: text, q: text, x: text, y: { type: text, plain: true }, n: int32, m: int32 },
      key,
      indexes: indexes.filter((index, i) => indexes.findIndex((other) => other.join() === index.join()) === i),
    }),
  );
const textValue = fc.constantFrom(...terms);
const numberValue = fc.integer({ min: 0, max: 3 });
const valueFor = (name: Name): fc.Arbitrary<string | number> => (isText(name) ? textValue : numberValue);
const kind = fc.constant("condition" as const);
const conditions: fc.Arbitrary<Filter> = fc.constantFrom(...fieldNames).chain((name) => {
  const ordinal = fieldNames.indexOf(name);
  return fc.oneof(
    fc.record({
      kind,
      op: fc.constantFrom(
        "eq" as const,
        "eq" as const,
        "ne" as const,
        "lt" as const,
        "lte" as const,
        "gt" as const,
        "gte" as const,
      ),
      ordinal: fc.constant(ordinal),
      value: valueFor(name),
    }),
    fc.record({
      kind,
      op: fc.constant("in" as const),
      ordinal: fc.constant(ordinal),
      values: fc.uniqueArray(valueFor(name), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind, op: fc.constant("is_null" as const), ordinal: fc.constant(ordinal), value: fc.boolean() }),
    ...(isText(name)
      ? [
          fc.record({
            kind,
            op: fc.constantFrom("starts_with" as const, "contains" as const),
            ordinal: fc.constant(ordinal),
            value: fc.constantFrom("", "b", "a"),
          }),
        ]
      : []),
  );
});
const filters: fc.Arbitrary<Filter> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(conditions, { minLength: 1, maxLength: 4 })
      .map((all): Filter => ({ kind: "group", op: "and", terms: all })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(conditions, { minLength: 1, maxLength: 2 })
      .map((any): Filter => ({ kind: "group", op: "or", terms: any })),
  },
  { weight: 1, arbitrary: conditions.map((term): Filter => ({ kind: "not", term })) },
  conditions,
);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const rowsOf = fc.array(
  fc.tuple(textValue, textValue, optional(textValue), textValue, numberValue, optional(numberValue)),
  { maxLength: 40 },
);
const orders = fc.uniqueArray(fc.record({ ordinal: fc.nat({ max: 5 }), desc: fc.boolean() }), {
  maxLength: 3,
  selector: (term) => term.ordinal,
});

interface World {
  readonly entity: EntityModel;
  readonly rows: readonly EntityRecord[];
  readonly where: Filter | undefined;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
}

const worlds: fc.Arbitrary<World> = fc.record({
  entity: entities,
  rows: rowsOf,
  where: optional(filters),
  order: orders,
  limit: fc.integer({ min: 1, max: 7 }),
});

async function pages(adapter: Adapter, plan: Plan, limit: number): Promise<readonly EntityRecord[]> {
  const rows: EntityRecord[] = [];
  for (let after: Uint8Array | undefined; ;) {
    const window = await adapter.scan(
      plan,
      { limit, maxBytes: 1e6, fields: undefined, visible, consistency: undefined, ...(after && { after }) },
      call,
    );
    rows.push(...window.rows);
    if (!window.next) return rows;
    after = window.next;
  }
}

describe.each([
  ["the reference", reference],
  ["the weak profile", weak],
])("random plans of %s", (_name, profile) => {
  test("deliver what filtering everything delivers, in the order that sorting gives, page by page", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ({ entity, rows, where, order, limit }) => {
        const adapter = open(entity, profile);
        const stored = new Map<string, EntityRecord>();
        for (const row of rows) {
          const record = normalise(entity.message, row);
          const key = keyOf(entity, record);
          await adapter.write(
            {
              mutations: [{ kind: "put", entity, key, now: 1n, record, generated: [], restore: false }],
              atomic: false,
              returning: false,
              consistency: undefined,
            },
            call,
          );
          stored.set(JSON.stringify(key), record);
        }
        const plan = adapter.plan({ entity, order, ...(where && { where }) });
        const residual = plan.residual ? compileFilter(entity, plan.residual) : () => true;
        const delivered = await pages(adapter, plan, limit);
        const expected = [...stored.values()].filter(where ? compileFilter(entity, where) : () => true);
        const kept = delivered.filter(residual);
        expect(kept.toSorted((a, b) => compareInOrder(entity.fields, entity.key, a, b))).toEqual(
          expected.toSorted((a, b) => compareInOrder(entity.fields, entity.key, a, b)),
        );
        const sorted = (all: readonly EntityRecord[], by: readonly OrderTerm[]): readonly EntityRecord[] =>
          all.toSorted((a, b) => compareInOrder(entity.fields, by, a, b));
        expect(delivered).toEqual(sorted(delivered, plan.order));
        expect(kept).toEqual(plan.ordered ? sorted(kept, order) : kept);
        const counted = plan.residual
          ? undefined
          : await adapter.count?.(plan, { visible, consistency: undefined }, call);
        expect(counted ?? expected.length).toBe(expected.length);
        await adapter.close();
      }),
      { numRuns: 1_000 },
    );
  });
});
