/** DESIGN 5.6: generated fields besides the key. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u;

export const clause: Clause = {
  name: "absent fields are generated on every insert, and on no other change",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const [byCreate, byPut, byUpdate] = ["c", "p", "u"].map((kind) => ({ id: subject.unique(`generate-${kind}`) }));
    const created = await rows.create(byCreate!);
    const put = await rows.put(byPut!);
    const updated = await rows.update({ ...byUpdate!, group: "x" }, { allowMissing: true });
    for (const row of [created, put.row, updated.row]) {
      expect(row?.trace_id).toMatch(UUID);
      expect(row?.serial).toBeTypeOf("bigint");
    }
    expect(put.row?.serial).not.toBe(created.serial);
    expect(await rows.create({ id: subject.unique("generate-given"), serial: 7n })).toMatchObject({ serial: 7n });

    const kept = await rows.update({ ...byCreate!, group: "x" });
    expect(kept.row).toMatchObject({ trace_id: created.trace_id, serial: created.serial });
    const replaced = await rows.put({ ...byCreate!, serial: 8n });
    expect(replaced.row?.trace_id, "Put over a live row generates nothing").toBeUndefined();
    await rows.delete(byPut!);
    expect((await rows.put(byPut!)).row?.trace_id, "Put over a deleted row is an insert").toMatch(UUID);
  },
};

export const fault: PlantedFault = {
  name: "only Create generates",
  plant: (adapter) =>
    mutations(adapter, (mutation) =>
      mutation.kind === "put" || mutation.kind === "update" ? { ...mutation, generated: [] } : mutation,
    ),
};
