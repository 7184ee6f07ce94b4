/** DESIGN 5.6: created_at over the life of a row. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { versionOf } from "../../../src/model/version.ts";
import { currentRow, mutationsOf } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "created_at is kept by every change of a live row, whatever a caller sends",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("created-at");
    const { created_at } = await accounts.create({ id, created_at: 1_000_000n });
    expect(created_at).toBe(subject.clock.now());
    subject.clock.advance(SECOND);
    expect((await accounts.update({ id, name: "x", created_at: 2_000_000n })).row).toMatchObject({ created_at });
    expect((await accounts.put({ id, name: "y", created_at: 3_000_000n })).row).toMatchObject({ created_at });
    expect(await accounts.get({ id })).toMatchObject({ created_at, updated_at: subject.clock.now() });
  },
};

export const fault: PlantedFault = {
  name: "Put over a live row gives it a new created_at",
  plant: (adapter) =>
    mutationsOf(adapter, "put", async (put, call) => {
      const row = await currentRow(adapter, put, call);
      const { createdAt, updatedAt, deletedAt, version } = put.entity.managed;
      if (!row || put.precondition || createdAt === undefined || (deletedAt !== undefined && row[deletedAt]))
        return put;
      const record = [...put.record];
      record[createdAt] = put.now;
      if (updatedAt !== undefined) record[updatedAt] = put.now;
      if (version !== undefined) record[version] = versionOf(put.entity, row) + 1n;
      return { ...put, record, restore: true };
    }),
};
