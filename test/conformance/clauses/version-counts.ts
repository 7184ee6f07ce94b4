/** DESIGN 3 and 4: what a change is, and what the version counts. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { equalValues } from "../../../src/model/compare.ts";
import { altered, currentRow } from "../plant.ts";

export const clause: Clause = {
  name: "the version counts every change, also one that changes no value",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("version");
    expect((await accounts.create({ id, name: "first" })).version).toBe(1n);
    expect((await accounts.update({ id, name: "second" })).row?.version).toBe(2n);
    expect((await accounts.update({ id, name: "second" })).row?.version).toBe(3n);
    expect((await accounts.put({ id, name: "second" })).row?.version).toBe(4n);
    expect((await accounts.delete({ id })).row?.version).toBe(5n);
    expect((await accounts.undelete({ id })).row?.version).toBe(6n);
    expect((await accounts.get({ id })).version).toBe(6n);
  },
};

export const fault: PlantedFault = {
  name: "an Update to the values a row has already is not carried out",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const [update] = request.mutations;
        if (update?.kind !== "update" || request.mutations.length > 1) return adapter.write(request, call);
        const row = await currentRow(adapter, update, call);
        const same = update.changes.every((change) => {
          const type = update.entity.fields[change.ordinal]?.type;
          return row && type && change.kind === "set" && equalValues(type, change.value, row[change.ordinal]);
        });
        if (!row || !same || update.changes.length === 0) return adapter.write(request, call);
        return { kind: "fresh", outcomes: [{ status: "applied", created: false, found: true, record: row }] };
      },
    }),
};
