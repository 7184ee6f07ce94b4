/** Rows of one entity are never taken for another's. */

import { expect } from "vitest";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered, mutations, withRows } from "../plant.ts";

export const clause: Clause = {
  name: "entities whose names begin alike keep their rows apart",
  needs: [],
  async run(subject) {
    const tenant = subject.unique("apart");
    // What would make the key of a Composite one of CompositeByName, were there no end between table and key.
    const tails = ["ByName", "_by_name", "by_name", "s_by_name", "ByNumber", "_by_number"];
    const composites = subject.rows("Composite");
    const names = subject.rows("CompositeByName");
    const numbers = subject.rows("CompositeByNumber");
    const parts = { shard: 1n, number: 1n, at: 0n, name: "n" };
    const taken = tails.flatMap((tail) => ["", ":", "/", "#", "|", "."].map((end) => `${tail}${end}${tenant}`));
    await composites.create({ tenant, ...parts, note: "composite" });
    for (const each of taken) await composites.create({ tenant: each, ...parts, note: "composite" });
    await names.create({ tenant, name: "n", note: "by name" });
    await numbers.create({ tenant, number: 1n, note: "by number" });
    const isOwn = (row: { readonly tenant?: unknown }): boolean => String(row.tenant).endsWith(tenant);
    const notes = async (rows: typeof names): Promise<readonly unknown[]> =>
      (await rows.scan()).filter(isOwn).map((row) => row.note);
    expect(await notes(composites)).toEqual([tenant, ...taken].map(() => "composite"));
    expect(await notes(names)).toEqual(["by name"]);
    expect(await notes(numbers)).toEqual(["by number"]);
    for (const each of taken) {
      expect(await names.exists({ key: { tenant: each, name: "n" } })).toBe(false);
      expect(await numbers.exists({ key: { tenant: each, number: 1n } })).toBe(false);
    }
  },
};

export const fault: PlantedFault = {
  name: "a scan goes on in the tables whose names begin with its table's",
  plant: (adapter) => {
    let longer: EntityModel | undefined;
    const seen = mutations(adapter, (mutation) => {
      if (mutation.entity.name.endsWith(".CompositeByName")) longer = mutation.entity;
      return mutation;
    });
    return altered(seen, {
      async scan(plan, window, call) {
        const answer = await seen.scan(plan, window, call);
        if (!longer || answer.next || plan.access.kind !== "full" || !plan.entity.name.endsWith(".Composite"))
          return answer;
        const limit = window.limit - answer.rows.length;
        if (limit < 1) return answer;
        const further = await seen.scan(seen.plan({ entity: longer, order: [] }), { ...window, limit }, call);
        return withRows(answer, [...answer.rows, ...further.rows]);
      },
    });
  },
};
