/** DESIGN 5.8 and test/cases 60: wider than the store's atomic scope. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { limitOf } from "../../../src/adapter/capabilities.ts";
import { createOf } from "../direct.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a batch wider than the store's atomic scope is refused before the first write",
  needs: ["atomic_batch"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const id = subject.unique("too-wide");
    const limit = limitOf(subject.capabilities, "atomic_batch");
    const one = subject.adapter.unitCost?.([createOf(subject, tickets.entity, { id })]) ?? 1;
    const width = Number.isFinite(limit) ? Math.floor(limit / one) : 0;
    const writes = Array.from({ length: width + 1 }, (_, i) => tickets.op.create({ id: `${id}-${i}` }));
    const before = subject.calls();
    const whole = tickets.batchWrite(writes, { atomic: true });
    if (width === 0) expect(await whole, "no limit is published").toHaveLength(1);
    else {
      const fault = await refusal("CAPABILITY_MISSING", whole);
      expect(fault.detail.metadata?.capability).toBe("atomic_batch");
      expect(subject.calls(), "asked of the store meanwhile").toBe(before);
      await refusal("ROW_NOT_FOUND", tickets.get({ id: `${id}-0` }));
      const fitting = await tickets.batchWrite(writes.slice(1), { atomic: true });
      expect(fitting).toHaveLength(width);
    }
  },
};

export const fault: PlantedFault = {
  name: "more is published once the store was used",
  plant: (adapter) => {
    let used = false;
    const { capabilities } = adapter;
    return altered(adapter, {
      get capabilities() {
        return used ? { ...capabilities, atomic_batch: { supported: true } } : capabilities;
      },
      write: (request, call) => {
        used = true;
        return adapter.write(request, call);
      },
    });
  },
};
