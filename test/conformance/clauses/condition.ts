/** DESIGN 5.6: conditions. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "a false condition is refused, a true one is not",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("condition");
    const first = await accounts.create({ id, name: "first", status: "open", int64_count: 5n, roles: ["a"] });
    const wrong = [
      { status: { ne: "open" } },
      { email: { eq: "" } },
      { email: { ne: "x" } },
      { int64_count: { gt: 5n } },
      { any: [{ name: { eq: "second" } }, { roles: { has: "b" } }] },
      { none: [{ email: { is_null: true } }] },
      { all: [{ name: { eq: "first" } }, { status: { eq: "closed" } }] },
    ];
    for (const condition of wrong) {
      const fault = await refusal("CONDITION_FAILED", accounts.update({ id, name: "x" }, { condition }));
      expect(fault.code).toBe("FAILED_PRECONDITION");
    }
    expect(await accounts.get({ id })).toEqual(first);
    const condition = { status: { eq: "open" }, email: { is_null: true }, roles: { has_any: ["b", "a"] } };
    expect((await accounts.update({ id, name: "second" }, { condition })).row).toMatchObject({ name: "second" });
  },
};

export const fault: PlantedFault = {
  name: "the condition of a precondition is not looked at",
  plant: (adapter) =>
    mutations(adapter, (mutation) => {
      if (mutation.kind === "create" || mutation.kind === "undelete" || !mutation.precondition) return mutation;
      const { condition: _, ...precondition } = mutation.precondition;
      return { ...mutation, precondition };
    }),
};
