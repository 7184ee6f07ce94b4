/** Random entities, rows and queries; and what every store must make of them, held against filtering and sorting everything. */

import fc from "fast-check";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import type { Plan } from "../../../../src/adapter/plan.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import { compareInOrder } from "../../../../src/model/compare.ts";
import type { EntityModel, OrderTerm } from "../../../../src/model/entity.ts";
import { compileFilter } from "../../../../src/model/evaluate.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import { keyOf } from "../../../../src/model/key.ts";
import { normalise } from "../../../../src/model/record.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import { entityOf, int32, text } from "../../model/sample.ts";

/** Small worlds, so that rows meet: four texts and four numbers, each also absent outside the key. */
const terms = ["a", "b", "b\u{10000}", "a\0"] as const;
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
const anyRow = fc.tuple(textValue, textValue, optional(textValue), textValue, numberValue, optional(numberValue));
const rowsOf = fc.array(anyRow, { maxLength: 40 });
const orders = fc.uniqueArray(fc.record({ ordinal: fc.nat({ max: 5 }), desc: fc.boolean() }), {
  maxLength: 3,
  selector: (term) => term.ordinal,
});

export interface World {
  readonly entity: EntityModel;
  readonly rows: readonly EntityRecord[];
  readonly where: Filter | undefined;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
}

export const worlds: fc.Arbitrary<World> = fc.record({
  entity: entities,
  rows: rowsOf,
  where: optional(filters),
  order: orders,
  limit: fc.integer({ min: 1, max: 7 }),
});

const ofFirst = fieldNames.indexOf("x");
const ofNumber = fieldNames.indexOf("n");
const bounds: fc.Arbitrary<readonly Filter[]> = fc.array(
  fc.record({
    kind,
    op: fc.constantFrom("lt" as const, "lte" as const, "gt" as const, "gte" as const),
    ordinal: fc.constant(ofNumber),
    value: numberValue,
  }),
  { maxLength: 2 },
);

/**
 * One index, several values of its first field, and bounds of the second: as many ranges as values, which only a merge puts in the order
 * of the second, and which follow each other in the order of both.
 */
export const multiRangeWorlds: fc.Arbitrary<World> = fc.record({
  entity: fc.tuple(direction, direction, direction).map(([x, n, p]) =>
    entityOf({
      fields: { p: text, q: text, x: text, y: { type: text, plain: true }, n: int32, m: int32 },
      key: [`p${p}`, "q"],
      indexes: [[`x${x}`, `n${n}`]],
    }),
  ),
  rows: fc.array(anyRow, { minLength: 8, maxLength: 40, size: "max" }), // so that pages end in one range and go on in another
  where: fc
    .tuple(fc.uniqueArray(textValue, { minLength: 2, maxLength: 4 }), bounds)
    .map(([values, bounded]): Filter => ({
      kind: "group",
      op: "and",
      terms: [{ kind: "condition", op: "in", ordinal: ofFirst, values }, ...bounded],
    })),
  order: fc
    .tuple(fc.boolean(), fc.boolean(), fc.boolean())
    .map(([isOfBoth, first, desc]) => [
      ...(isOfBoth ? [{ ordinal: ofFirst, desc: first }] : []),
      { ordinal: ofNumber, desc },
    ]),
  limit: fc.integer({ min: 1, max: 4 }),
});

/** In normal form, one for each key: the last. */
export function storedRows({ entity, rows }: World): readonly EntityRecord[] {
  const records = rows.map((row) => normalise(entity.message, row));
  return [...new Map(records.map((record) => [JSON.stringify(keyOf(entity, record)), record])).values()];
}

const call: Call = createCall({ timeout: Infinity, requestId: "test" }).call;
const options = { visible: { deleted: true, now: 0n }, consistency: undefined };

/** Goes on behind a row in the middle of every other page, and behind the page otherwise. */
async function pages({ scan }: Pick<Adapter, "scan">, plan: Plan, limit: number): Promise<readonly EntityRecord[]> {
  const rows: EntityRecord[] = [];
  for (let after: Uint8Array | undefined, turn = 0; ; turn += 1) {
    const window = await scan(
      plan,
      { ...options, limit, maxBytes: 1e6, fields: undefined, ...(after && { after }) },
      call,
    );
    const middle = turn % 2 === 1 && window.rows.length > 1 ? Math.floor(window.rows.length / 2) : window.rows.length;
    rows.push(...window.rows.slice(0, middle));
    after = middle < window.rows.length ? window.cursor(middle - 1) : window.next;
    if (!after) return rows;
  }
}

/** What a store makes of a query, page by page; and each row that fulfils it once, in the order of the plan. */
interface Played {
  readonly actual: Delivered;
  readonly expected: Delivered;
}

interface Delivered {
  /** In the order of the key. */
  readonly rows: readonly EntityRecord[];
  readonly inOrderOfPlan: readonly EntityRecord[];
  readonly inOrderAsked: readonly EntityRecord[];
  readonly count: number;
}

export async function play(
  store: Pick<Adapter, "plan" | "scan" | "count">,
  { entity, where, order, limit }: World,
  stored: readonly EntityRecord[],
): Promise<Played> {
  const plan = store.plan({ entity, order, ...(where && { where }) });
  const residual = plan.residual ? compileFilter(entity, plan.residual) : () => true;
  const delivered = await pages(store, plan, limit);
  const fulfilling = stored.filter(where ? compileFilter(entity, where) : () => true);
  const kept = delivered.filter(residual);
  const sorted = (all: readonly EntityRecord[], by: readonly OrderTerm[]): readonly EntityRecord[] =>
    all.toSorted((a, b) => compareInOrder(entity.fields, by, a, b));
  const counted = plan.residual ? undefined : await store.count?.(plan, options, call);
  return {
    actual: {
      rows: sorted(kept, entity.key),
      inOrderOfPlan: delivered,
      inOrderAsked: kept,
      count: counted ?? fulfilling.length,
    },
    expected: {
      rows: sorted(fulfilling, entity.key),
      inOrderOfPlan: sorted(delivered, plan.order),
      inOrderAsked: plan.ordered ? sorted(kept, order) : kept,
      count: fulfilling.length,
    },
  };
}
