/** The planner: golden plans, and random ones whose rows are held against filtering and sorting everything. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { createMemory } from "../../../../src/adapter/memory/memory.ts";
import { reference, weak, type Profile } from "../../../../src/adapter/memory/profile.ts";
import type { Plan } from "../../../../src/adapter/plan.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import type { EntityModel, OrderTerm } from "../../../../src/model/entity.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import { keyOf } from "../../../../src/model/key.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import { entityOf, int32, ordinalOf, text } from "../../model/sample.ts";
import { play, storedRows, worlds } from "./random-plans.ts";
import { openOptions } from "../sqlite/store.ts";

const call: Call = createCall({ timeout: Infinity, requestId: "test" }).call;

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
    ? `served${plan.wanted === undefined ? "" : `, wants ${plan.wanted}`}`
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

describe.each([
  ["the reference", reference],
  ["the weak profile", weak],
])("random plans of %s", (_name, profile) => {
  test("deliver what filtering everything delivers, in the order that sorting gives, page by page", async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const { entity } = world;
        const adapter = open(entity, profile);
        const stored = storedRows(world);
        const mutations = stored.map((record): Mutation => {
          const key = keyOf(entity, record);
          return { kind: "put", entity, key, now: 1n, record, generated: [], restore: false };
        });
        for (const mutation of mutations)
          await adapter.write({ mutations: [mutation], atomic: false, returning: false, consistency: undefined }, call);
        const { actual, expected } = await play(adapter, world, stored);
        expect(actual).toEqual(expected);
        await adapter.close();
      }),
      { numRuns: 1_000 },
    );
  });
});
