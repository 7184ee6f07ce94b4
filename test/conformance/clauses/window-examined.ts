/** The adapter's contract: how many rows one window looks at, whatever a filter drops. */

import { expect } from "vitest";
import type { ScanWindow } from "../../../src/adapter/adapter.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { EntityRecord } from "../../../src/model/value.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, windowOf } from "../direct.ts";
import { filter } from "../plain.ts";
import { windows } from "../plant.ts";
import { testCall } from "../rows.ts";
import type { Subject } from "../subject.ts";

const ROWS = 40;
const MOST = 6;
const WANTED = "wanted";

export const clause: Clause = {
  name: "a window ends once it has looked at as many rows as it may, those included that a filter drops",
  needs: [],
  async run(subject) {
    const { entity } = subject.rows("Composite");
    const tenant = subject.unique("window-examined");
    for (const number of Array.from({ length: ROWS }).keys()) {
      // The first, some in the middle, and the last: between them nothing is delivered.
      const note = [0, 17, 18, ROWS - 1].includes(number) ? WANTED : "dropped";
      const row = { tenant, shard: BigInt(number % 2), number: BigInt(number), at: 0n, name: "n", note };
      const mutations = [createOf(subject, entity, row)];
      await subject.adapter.write({ mutations, atomic: false, returning: false, consistency: undefined }, testCall());
    }
    for (const shards of [[0n], [1n], [0n, 1n]]) {
      const within = { tenant: { eq: tenant }, shard: { one_of: shards } };
      const [all] = await windowsOf(subject, entity, within, Infinity);
      const dropping = { ...within, note: { eq: WANTED } };
      const found = await windowsOf(subject, entity, dropping, MOST);
      const numbers = numbersOf(entity, all?.rows ?? []);
      // Of ranges that are merged each may be looked at so far.
      for (const [i, { rows }] of found.entries())
        for (const number of numbersOf(entity, rows))
          expect(numbers.indexOf(number), `in window ${i}`).toBeLessThan(MOST * shards.length * (i + 1));
      expect(found.length).toBeGreaterThanOrEqual(Math.ceil(numbers.length / (MOST * shards.length)));
      const wanted = all?.rows.filter((row) => row[ordinalOf(entity, "note")] === WANTED) ?? [];
      const delivered = found.flatMap(({ rows }) => rows.filter((row) => row[ordinalOf(entity, "note")] === WANTED));
      expect(numbersOf(entity, delivered), "every row once, in the order of the plan").toEqual(
        numbersOf(entity, wanted),
      );
    }
  },
};

/** All windows of a filter, one behind the other. */
async function windowsOf(
  subject: Subject,
  entity: EntityModel,
  where: Parameters<typeof filter>[1],
  maxExamined: number,
): Promise<readonly ScanWindow[]> {
  const { adapter } = subject;
  const plan = adapter.plan({ entity, where: filter(entity, where), order: [] });
  const found: ScanWindow[] = [];
  let after: Uint8Array | undefined;
  do {
    const window = await adapter.scan(plan, { ...windowOf(subject, 2 * ROWS, after), maxExamined }, testCall());
    found.push(window);
    after = window.next;
  } while (after && found.length <= 2 * ROWS);
  return found;
}

function numbersOf(entity: EntityModel, rows: readonly EntityRecord[]): readonly unknown[] {
  return rows.map((row) => row[ordinalOf(entity, "number")]);
}

function ordinalOf(entity: EntityModel, field: string): number {
  return entity.fields.find(({ name }) => name === field)!.ordinal;
}

export const fault: PlantedFault = {
  name: "a window looks at any number of rows",
  plant: (adapter) => windows(adapter, (window) => ({ ...window, maxExamined: Infinity })),
};
