/** DESIGN 5.6: a Put that leaves an immutable field out. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf, currentRow } from "../plant.ts";

export const clause: Clause = {
  name: "Put over a live row keeps an immutable field that it leaves out",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("immutable-kept");
    await rows.create({ id, origin: "here", group: "a" });
    const put = await rows.put({ id, group: "b" });
    expect(put.row).toMatchObject({ origin: "here", group: "b" });
    expect(await rows.get({ id })).toEqual(put.row);
    await rows.delete({ id });
    const again = await rows.put({ id, group: "c" });
    expect(again.row?.origin, "a new row begins anew").toBeUndefined();
  },
};

export const fault: PlantedFault = {
  name: "Put clears what it leaves out, immutable or not",
  plant: (adapter) =>
    mutationsOf(adapter, "put", async (put, call) => {
      const row = await currentRow(adapter, put, call);
      const fields = put.entity.fields.filter((field) => field.immutable && put.record[field.ordinal] === undefined);
      if (!row || fields.length === 0) return put;
      const record = [...row];
      for (const field of fields) record[field.ordinal] = undefined;
      const { entity, key, now } = put;
      const cleared = { kind: "put", entity, key, now, record, generated: [], restore: true } as const;
      const { version, deletedAt } = entity.managed;
      if (deletedAt !== undefined && row[deletedAt] !== undefined) return put;
      if (version !== undefined) record[version] = row[version];
      const gone = { kind: "delete", entity, key, now, soft: false, allowMissing: true } as const;
      const request = { mutations: [gone, cleared], atomic: false, returning: false, consistency: undefined };
      await adapter.write(request, call);
      return put;
    }),
};
