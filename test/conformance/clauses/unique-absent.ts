/** DESIGN 5.7: absent and empty in a unique index. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { mutations } from "../plant.ts";
import { refusal } from "../refusal.ts";

export const clause: Clause = {
  name: "absent values never meet in a unique index, empty strings do",
  needs: ["unique_index"],
  async run(subject) {
    const accounts = subject.rows("Account");
    const id = subject.unique("unique-absent");
    await accounts.create({ id: `${id}-0` });
    await accounts.create({ id: `${id}-1` });
    expect(await accounts.get({ id: `${id}-1` })).toMatchObject({ version: 1n });
    await accounts.create({ id: `${id}-2`, email: "" });
    const fault = await refusal("UNIQUE_VIOLATION", accounts.create({ id: `${id}-3`, email: "" }));
    expect(fault.detail.constraint).toBeDefined();
    await accounts.delete({ id: `${id}-2` }, { permanent: true });
    await accounts.create({ id: `${id}-3`, email: "" });
    await accounts.delete({ id: `${id}-3` }, { permanent: true });
  },
};

export const fault: PlantedFault = {
  name: "an empty string counts as absent in a unique index",
  plant: (adapter) =>
    mutations(adapter, (mutation) => {
      if (mutation.kind !== "create") return mutation;
      const unique = mutation.entity.indexes.filter((index) => index.unique).flatMap((index) => index.parts);
      const isEmpty = (ordinal: number, value: unknown): boolean =>
        value === "" && unique.some((part) => part.ordinal === ordinal);
      return { ...mutation, record: mutation.record.map((value, i) => (isEmpty(i, value) ? undefined : value)) };
    }),
};
