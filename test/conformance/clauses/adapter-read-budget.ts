/** The adapter's contract: how much of many rows is held at once. */

import { expect } from "vitest";
import type { FieldSet, ReadOutcome, ReadRequest } from "../../../src/adapter/adapter.ts";
import { limitOf } from "../../../src/adapter/capabilities.ts";
import { recordBytes } from "../../../src/model/size.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

const ROW = 100_000;
const BUDGET = 250_000;
const ROWS = 12;

export const clause: Clause = {
  name: "a read of many keys holds about as many bytes as it may, and goes on from where it stopped",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Plain");
    const ids = Array.from({ length: Math.max(1, Math.min(ROWS, limitOf(adapter.capabilities, "batch_get"))) }, () =>
      subject.unique("budget"),
    );
    for (const id of ids) {
      const create = createOf(subject, entity, { id, data: new Uint8Array(ROW), size: 7n });
      await adapter.write({ mutations: [create], atomic: false, returning: false, consistency: undefined }, testCall());
    }
    const keys = ids.map((id) => entityKey(entity, { id }));
    const read = (from: number, maxBytes: number, fields: FieldSet): Promise<readonly ReadOutcome[]> =>
      adapter.read({ keys: keys.slice(from), fields, maxBytes, consistency: undefined }, testCall());

    const seen: unknown[] = [];
    while (seen.length < ids.length) {
      const outcomes = await read(seen.length, BUDGET, undefined);
      const found = outcomes.flatMap((outcome) => (outcome.status === "found" ? [outcome.record] : []));
      expect(found.length, "the first key is always read").toBeGreaterThan(0);
      expect(outcomes.slice(found.length).every(({ status }) => status === "unread")).toBe(true);
      const bytes = found.reduce((sum, record) => sum + recordBytes(entity.message, record), 0);
      expect(bytes, "one row beyond the budget at most").toBeLessThan(BUDGET + 1.2 * ROW);
      seen.push(...found.map((record) => record[entity.key[0]!.ordinal]));
    }
    expect(seen, "every row once, in the order of its key").toEqual(ids);
    const [only] = await read(ids.length - 1, 1, undefined);
    expect(only?.status, "a row larger than the budget").toBe("found");

    const small = [entity.fields.find(({ name }) => name === "size")!.ordinal];
    const projected = await read(0, BUDGET, small);
    expect(
      projected.map(({ status }) => status),
      "fields that were not asked for do not count",
    ).toEqual(ids.map(() => "found"));
  },
};

export const fault: PlantedFault = {
  name: "a read of many keys holds all rows",
  plant: (adapter) =>
    altered(adapter, {
      read: ({ keys, fields, consistency }: ReadRequest, call) => adapter.read({ keys, fields, consistency }, call),
    }),
};
