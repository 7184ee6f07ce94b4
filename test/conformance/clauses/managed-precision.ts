/** DESIGN 5.3: managed timestamps in the store's precision. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { outcomes } from "../plant.ts";

export const clause: Clause = {
  name: "what a write answers of time is what the store holds",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("precision");
    const { timestamp_nanos } = subject.capabilities;
    const precision = BigInt(timestamp_nanos?.supported === true ? 1 : (timestamp_nanos?.limit ?? 1));
    subject.clock.advance(123_456n);
    const now = subject.clock.now();
    try {
      const created = await accounts.create({ id });
      expect(created.created_at).toBe(now - (now % precision));
      expect(await accounts.get({ id })).toEqual(created);
      const updated = await accounts.update({ id, name: "x" });
      expect(updated.row?.updated_at).toBe(now - (now % precision));
      expect(await accounts.get({ id })).toEqual(updated.row);
      const { row } = await accounts.delete({ id });
      expect(await accounts.get({ id }, { showDeleted: true })).toEqual(row);
    } finally {
      subject.clock.advance(1_000_000n - 123_456n);
    }
  },
};

export const fault: PlantedFault = {
  name: "writes answer the time in microseconds, and keep it in nanoseconds",
  plant: (adapter) =>
    outcomes(adapter, (outcome, { entity }) => {
      const { updatedAt } = entity.managed;
      if (outcome.status !== "applied" || !outcome.record || updatedAt === undefined) return outcome;
      const at = outcome.record[updatedAt];
      if (typeof at !== "bigint") return outcome;
      return { ...outcome, record: outcome.record.with(updatedAt, at - (at % 1000n)) };
    }),
};
