/** DESIGN 5.6 and 5.7: Put, Update and Undelete where an expired row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "writes treat an expired row as absent",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("expired-write");
    const make = async (name: string): Promise<{ readonly id: string }> => {
      await rows.put({ id: id + name, group: "old", origin: "old", expires_at: subject.clock.now() + SECOND });
      await rows.update({ id: id + name, group: "older" });
      return { id: id + name };
    };
    const [put, update, undelete, guarded] = [await make("p"), await make("u"), await make("d"), await make("g")];
    subject.clock.advance(SECOND);
    await refusal("ROW_NOT_FOUND", rows.undelete(undelete));
    await refusal("ROW_NOT_FOUND", rows.put({ ...guarded, group: "new" }, { expectedVersion: 2n }));
    await refusal("ROW_NOT_FOUND", rows.update({ ...guarded, group: "new" }, { expectedVersion: 2n }));
    const byPut = await rows.put({ ...put, group: "new" });
    expect(byPut.created).toBe(true);
    expect(byPut.row).toMatchObject({ group: "new", created_at: subject.clock.now() });
    expect(byPut.row?.origin, "an immutable field of the expired row").toBeUndefined();
    expect(byPut.row?.expires_at).toBeUndefined();
    expect(await rows.get(put)).toEqual(byPut.row);
    const byUpdate = await rows.update({ ...update, select: "new" }, { allowMissing: true });
    expect(byUpdate.created).toBe(true);
    expect(byUpdate.row?.group).toBeUndefined();
    expect(await rows.get(update)).toEqual(byUpdate.row);
  },
};

export const fault: PlantedFault = {
  name: "writes take an expired row for a live one",
  plant: (adapter) =>
    mutations(adapter, (mutation) =>
      mutation.kind === "undelete" || mutation.kind === "put" || mutation.kind === "update"
        ? { ...mutation, now: mutation.now - SECOND }
        : mutation,
    ),
};
