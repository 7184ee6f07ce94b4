/** The adapter's contract: projections. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey, windowOf } from "../direct.ts";
import { filter } from "../plain.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "a projected Record holds key, version and what decides whether it is visible",
  needs: [],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Everything");
    const id = subject.unique("projection");
    const expires = subject.clock.now() + 3_600_000_000_000n;
    const create = createOf(subject, entity, { id, group: "g", select: "s", expires_at: expires });
    await adapter.write({ mutations: [create], atomic: false, returning: false, consistency: undefined }, testCall());
    const group = entity.fields.find((field) => field.name === "group")!.ordinal;
    const fields = [group];
    const [read] = await adapter.read(
      { keys: [entityKey(entity, { id })], fields, consistency: undefined },
      testCall(),
    );
    const plan = adapter.plan({ entity, where: filter(entity, { id: { eq: id } }), order: [] });
    const scanned = await adapter.scan(plan, { ...windowOf(subject, 2), fields }, testCall());
    const { version, expiresAt } = entity.managed;
    for (const record of [read?.status === "found" ? read.record : [], scanned.rows[0] ?? []]) {
      expect(record).toHaveLength(entity.fields.length);
      expect(record[group]).toBe("g");
      expect(record[entity.key[0]!.ordinal]).toBe(id);
      expect(record[version!]).toBe(1n);
      expect(record[expiresAt!]).toBe(expires);
    }
  },
};

export const fault: PlantedFault = {
  name: "a projection holds what was asked for and nothing else",
  plant: (adapter) =>
    altered(adapter, {
      async read(request, call) {
        const answers = await adapter.read(request, call);
        const { fields } = request;
        return answers.map((answer) =>
          answer.status === "found" && fields
            ? {
                ...answer,
                record: answer.record.map((value, ordinal) => (fields.includes(ordinal) ? value : undefined)),
              }
            : answer,
        );
      },
    }),
};
