/** DESIGN 5.6: Undelete of a soft-deleted row. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";
import { refusal } from "../refusal.ts";
import { SECOND } from "../subject.ts";

export const clause: Clause = {
  name: "Undelete restores a soft-deleted row, as a change like any other",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("undelete");
    const first = await accounts.create({ id, name: "first", email: `${id}@test`, notes: ["a"] });
    await accounts.delete({ id });
    subject.clock.advance(SECOND);
    await refusal("VERSION_MISMATCH", accounts.undelete({ id }, { expectedVersion: 1n }));
    const restored = await accounts.undelete({ id }, { expectedVersion: 2n });
    expect(restored.row).toEqual({ ...first, version: 3n, updated_at: subject.clock.now() });
    expect(await accounts.get({ id })).toEqual(restored.row);
  },
};

export const fault: PlantedFault = {
  name: "Undelete is answered and then lost",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const result = await adapter.write(request, call);
        for (const mutation of request.mutations) {
          if (mutation.kind !== "undelete") continue;
          const { entity, key, now } = mutation;
          const again = { kind: "delete", entity, key, now, soft: true, allowMissing: true } as const;
          await adapter.write({ mutations: [again], atomic: false, returning: false, consistency: undefined }, call);
        }
        return result;
      },
    }),
};
