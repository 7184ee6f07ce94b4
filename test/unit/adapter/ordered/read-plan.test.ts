/** Plans on a real key-value engine: pages, cursors of several ranges, both directions. */

import fc from "fast-check";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEngine } from "../../../../src/adapter/kv/engine.ts";
import type { Adapter, Cursor } from "../../../../src/adapter/adapter.ts";
import type { ByteStore, Change } from "../../../../src/adapter/ordered/byte-store.ts";
import { createTable, physicalName, type Table } from "../../../../src/adapter/ordered/byte-table.ts";
import { countRows, scanWindow } from "../../../../src/adapter/ordered/read-plan.ts";
import { planOrdered, type OrderedStore } from "../../../../src/adapter/planner/planner.ts";
import type { Filter } from "../../../../src/model/filter.ts";
import { keyOf, keyText } from "../../../../src/model/key.ts";
import type { EntityRecord } from "../../../../src/model/value.ts";
import { entityOf, int32, text } from "../../model/sample.ts";
import { multiRangeWorlds, play, storedRows, worlds } from "../planner/random-plans.ts";
import { anyCall, temporaryDirectory } from "../sqlite/store.ts";

const PLANNER: OrderedStore = { key: "total", index: "total", range: true, absentInIndex: true, pushes: () => true };

let engine: ByteStore;
let ids = 0;
beforeAll(async () => {
  engine = await openEngine(join(temporaryDirectory(), "rows"));
});
afterAll(() => engine.close());

function changesOf(table: Table, row: EntityRecord): readonly Change[] {
  const key = table.rowKey(keyOf(table.entity, row));
  return [{ key, value: table.encode(row) }, ...table.entriesOf(row).map((entry) => ({ key: entry.key, value: key }))];
}

test.each([
  ["of any query", worlds, false],
  ["of several ranges that are merged", multiRangeWorlds, false],
  ["of any query, of which the key alone is asked for,", worlds, true],
  ["of several ranges, of which the key alone is asked for,", multiRangeWorlds, true],
] as const)(
  "each row %s once, in the order of the plan, forwards and backwards, wherever a page ends",
  async (_, some, isInPart) => {
    await fc.assert(
      fc.asyncProperty(some, async (world) => {
        const { entity } = world;
        // Every world has tables of its own, so that one engine serves all.
        const indexes = new Map(entity.indexes.map((index) => [physicalName(index), ++ids]));
        const table = createTable(entity, { id: ++ids, indexes });
        const rows = storedRows(world);
        await engine.commit(rows.flatMap((row) => changesOf(table, row)));
        const byKey = new Map(rows.map((row) => [keyText(keyOf(entity, row)), [row]]));
        const source = engine.snapshot();
        const store = {
          plan: (query: Parameters<typeof planOrdered>[0]) => planOrdered(query, PLANNER),
          scan: async (...[plan, window, call]: Scan) => {
            if (!isInPart) return scanWindow(source, table, plan, window, call);
            const fields = entity.key.map(({ ordinal }) => ordinal);
            const answer = await scanWindow(source, table, plan, { ...window, fields }, call);
            // Which rows they are, and where they lie, is all that is asked of them.
            const whole = answer.rows.flatMap((part) => byKey.get(keyText(keyOf(entity, part))) ?? []);
            return { ...answer, rows: whole };
          },
          count: (...[plan, options, call]: Count) => countRows(source, table, plan, options, { call }),
        };
        const { actual, expected } = await play(store, world, rows);
        expect(actual).toEqual(expected);
        await source.close();
      }),
      { numRuns: 300 },
    );
  },
  120_000,
);

test.each([false, true])(
  "a page that goes on in another range keeps to its bounds too (backwards: %s)",
  async (desc) => {
    const [x, n] = [1, 2];
    const entity = entityOf({ fields: { id: text, x: text, n: int32 }, key: ["id"], indexes: [["x", "n"]] });
    const indexes = new Map(entity.indexes.map((index) => [physicalName(index), ++ids]));
    const table = createTable(entity, { id: ++ids, indexes });
    const rows = ["a", "b", "c"].flatMap((value) => [0, 1, 2, 3].map((number) => [`${value}${number}`, value, number]));
    await engine.commit(rows.flatMap((row) => changesOf(table, row)));
    const bound = (op: "gte" | "lte", value: number): Filter => ({ kind: "condition", op, ordinal: n, value });
    const values: Filter = { kind: "condition", op: "in", ordinal: x, values: ["a", "b", "c"] };
    const where: Filter = { kind: "group", op: "and", terms: [values, bound("gte", 1), bound("lte", 2)] };
    const plan = planOrdered({ entity, where, order: [x, n].map((ordinal) => ({ ordinal, desc })) }, PLANNER);
    const visible = { deleted: false, now: 0n };
    const window = { limit: 1, maxBytes: 1e6, fields: undefined, visible, consistency: undefined };
    const found: unknown[] = [];
    const source = engine.snapshot();
    for (let after: Cursor | undefined; ;) {
      const page = await scanWindow(source, table, plan, { ...window, ...(after && { after }) }, anyCall());
      found.push(...page.rows.map(([id]) => id));
      if (!page.next) break;
      after = page.next;
    }
    await source.close();
    const expected = ["a1", "a2", "b1", "b2", "c1", "c2"];
    expect(found).toEqual(desc ? expected.toReversed() : expected);
  },
);

type Scan = Parameters<Adapter["scan"]>;
type Count = Parameters<NonNullable<Adapter["count"]>>;
