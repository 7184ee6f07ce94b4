/** DESIGN 5.6: Put.restore. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Put with restore stores the managed fields as given",
  needs: ["restore"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("restore");
    const row = { id, name: "old", created_at: 1_000_000_000n, updated_at: 2_000_000_000n, version: 41n };
    const put = await accounts.put(row, { restore: true });
    expect(put.created).toBe(true);
    expect(put.row).toMatchObject(row);
    expect(await accounts.get({ id })).toEqual(put.row);
    expect((await accounts.update({ id, name: "new" })).row).toMatchObject({
      created_at: 1_000_000_000n,
      version: 42n,
    });

    const last = { id: subject.unique("restore"), name: "old", version: 2n ** 63n - 1n };
    await accounts.put(last, { restore: true });
    await refusal("VALUE_OUT_OF_RANGE", accounts.update({ id: last.id, name: "new" }));
    expect(await accounts.get(last)).toMatchObject(last);

    const deleted = { ...row, id: subject.unique("restore"), deleted_at: 3_000_000_000n };
    await accounts.put(deleted, { restore: true });
    expect(await accounts.exists({ key: deleted })).toBe(false);
    expect(await accounts.get(deleted, { showDeleted: true })).toMatchObject(deleted);
  },
};

export const fault: PlantedFault = {
  name: "a restored row is stamped like any other",
  plant: (adapter) => mutationsOf(adapter, "put", (put) => ({ ...put, restore: false })),
};
