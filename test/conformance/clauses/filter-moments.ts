/** DESIGN 5.3: a timestamp operand finer than the store. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { conditions } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "an operand is compared exactly with the stored moment",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const group = subject.unique("moments");
    const at = 5_001_000_000n;
    await rows.create({ id: group, group, happened_at: at });
    const holds = async (predicate: { readonly [operator: string]: bigint }): Promise<boolean> => {
      const where = { group: { eq: group }, happened_at: predicate };
      return (await rows.list({ where, allowScan: true })).rows.length === 1;
    };
    expect(await holds({ eq: at })).toBe(true);
    expect(await holds({ eq: at + 1n })).toBe(false);
    expect(await holds({ ne: at + 1n })).toBe(true);
    expect(await holds({ lt: at + 1n })).toBe(true);
    expect(await holds({ lte: at + 1n })).toBe(true);
    expect(await holds({ lt: at })).toBe(false);
    expect(await holds({ gt: at - 1n })).toBe(true);
    expect(await holds({ gte: at - 1n })).toBe(true);
    expect(await holds({ gt: at })).toBe(false);
    expect(await holds({ gte: at + 1n })).toBe(false);
  },
};

export const fault: PlantedFault = {
  name: "operands lose what is below a second",
  plant: (adapter) =>
    conditions(adapter, (condition, entity) =>
      "value" in condition &&
      typeof condition.value === "bigint" &&
      entity.fields[condition.ordinal]?.type.kind === "timestamp"
        ? { ...condition, value: condition.value - (condition.value % SECOND) }
        : condition,
    ),
};
