/** DESIGN 4 and 5.8: BatchGet. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { reasons } from "../refusal.ts";

export const clause: Clause = {
  name: "BatchGet answers every key in its place, misses and repeats too",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const name = subject.unique("batch-get");
    const ids = Array.from({ length: 60 }, (_, i) => `${name}-${i}`);
    for (const id of ids) if (!id.endsWith("7")) await accounts.create({ id, name: id });
    const asked = [...ids.toReversed(), ids[3]!, ids[3]!, ids[7]!];
    const items = await accounts.batchGet(asked.map((id) => ({ id })));
    expect(items).toHaveLength(asked.length);
    for (const [i, item] of items.entries()) {
      if (asked[i]!.endsWith("7"))
        expect(item).toMatchObject({ fault: { reason: "ROW_NOT_FOUND", code: "NOT_FOUND" } });
      else expect(item).toMatchObject({ row: { id: asked[i], name: asked[i] } });
    }
    expect(reasons(await accounts.batchGet([{}, { id: ids[1]! }]))).toEqual(["KEY_INCOMPLETE", undefined]);
  },
};

export const fault: PlantedFault = {
  name: "reads are answered in reverse",
  plant: (adapter) =>
    altered(adapter, { read: async (request, call) => (await adapter.read(request, call)).toReversed() }),
};
