/** DESIGN 5.7: who does not hold a unique value. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { textOf } from "../plain.ts";
import { Fault } from "../../../src/model/fault.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "a deleted row does not hold its unique value, nor does one that gave it up",
  needs: ["unique_index", "unique_ignores_deleted"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("unique-freed");
    const email = `${id}@test`;
    await accounts.create({ id: `${id}-0`, email });
    await accounts.delete({ id: `${id}-0` });
    await accounts.create({ id: `${id}-1`, email });
    await accounts.delete({ id: `${id}-1` });
    await accounts.create({ id: `${id}-2`, email });
    await accounts.update({ id: `${id}-2` }, { mask: ["email"] });
    await accounts.create({ id: `${id}-3`, email });
    await accounts.update({ id: `${id}-3`, email: `new-${email}` });
    expect(await accounts.create({ id: `${id}-4`, email })).toMatchObject({ email });
    expect(await accounts.get({ id: `${id}-0` }, { showDeleted: true })).toMatchObject({ email });
    await accounts.delete({ id: `${id}-4` }, { permanent: true });
    expect((await accounts.undelete({ id: `${id}-0` })).row).toMatchObject({ email });
  },
};

export const fault: PlantedFault = {
  name: "a unique value is taken for ever",
  plant: (adapter) => {
    const taken = new Map<string, string>();
    const violation = new Fault("UNIQUE_VIOLATION", "taken once, taken for ever");
    return altered(adapter, {
      async write(request, call) {
        for (const mutation of request.mutations) {
          if (mutation.kind !== "create") continue;
          for (const index of mutation.entity.indexes) {
            const value = mutation.record[index.parts[0]!.ordinal];
            if (!index.unique || value === undefined) continue;
            const name = `${index.name} ${textOf(value)}`;
            if (taken.has(name)) throw violation;
            taken.set(name, textOf(mutation.key[0]));
          }
        }
        return adapter.write(request, call);
      },
    });
  },
};
