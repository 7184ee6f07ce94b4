/** DESIGN 5.6: Put where a soft-deleted row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Put over a soft-deleted row replaces it, clears the mark and counts as created",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("put-deleted");
    await accounts.create({ id, name: "first", status: "open" });
    await accounts.delete({ id });
    subject.clock.advance(SECOND);
    const put = await accounts.put({ id, name: "second" });
    expect(put.created).toBe(true);
    expect(put.row).toMatchObject({ name: "second", created_at: subject.clock.now() });
    expect(put.row?.deleted_at).toBeUndefined();
    expect(await accounts.get({ id })).toEqual(put.row);
  },
};

export const fault: PlantedFault = {
  name: "what Put stores over a deleted row stays marked as deleted",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const keys = request.mutations.map(({ entity, key }) => ({ entity, key }));
        const [before] = await adapter.read(
          { keys: keys.slice(0, 1), fields: undefined, consistency: undefined },
          call,
        );
        const result = await adapter.write(request, call);
        const [put] = request.mutations;
        const marked = put?.entity.managed.deletedAt;
        if (put?.kind !== "put" || marked === undefined || before?.status !== "found") return result;
        if (before.record[marked] === undefined) return result;
        const { entity, key, now } = put;
        const again = { kind: "delete", entity, key, now, soft: true, allowMissing: true } as const;
        await adapter.write({ mutations: [again], atomic: false, returning: false, consistency: undefined }, call);
        return result;
      },
    }),
};
