/** DESIGN 5.6: Create where a row is. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutationsOf } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "Create over a live row is refused, and the row stays",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("create-live");
    const first = await accounts.create({ id, name: "first" });
    const fault = await refusal("KEY_EXISTS", accounts.create({ id, name: "second" }));
    expect(fault.code).toBe("ALREADY_EXISTS");
    expect(fault.detail.metadata?.deleted).not.toBe("true");
    expect(await accounts.get({ id })).toEqual(first);
  },
};

export const fault: PlantedFault = {
  name: "Create replaces a live row",
  plant: (adapter) =>
    mutationsOf(adapter, "create", (create) => {
      const { kind: _, ...rest } = create;
      return { ...rest, kind: "put", generated: [], restore: false };
    }),
};
