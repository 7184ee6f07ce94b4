/** DESIGN 1: entities of proto2 and of editions, stored and read back. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

const legacy = {
  name: "",
  tries: 0,
  state: 0,
  history: [2, 0, 1],
  numbers: [2n ** 53n + 1n, -1n],
  part: { model: "", spare: false },
  labels: new Map([["__proto__", ""]]),
  phone: 0n,
};

const modern = {
  name: "",
  count: 0n,
  state: 1,
  numbers: [0, -1],
  part: { name: "", size: 0 },
  parts: [{}, { name: "p", size: 3 }],
  mode: 0,
};

export const clause: Clause = {
  name: "entities of proto2 and of editions are kept, presence and all",
  needs: [],
  async run(subject) {
    for (const [entity, values] of [
      ["Legacy", legacy],
      ["Modern", modern],
    ] as const) {
      const rows = subject.rows(entity);
      const id = subject.unique("editions");
      const created = await rows.create({ id, ...values });
      expect(created, entity).toMatchObject(values);
      expect(await rows.get({ id })).toEqual(created);
      const bare = await rows.create({ id: `${id}-bare` });
      expect(bare.name, `${entity} without a name`).toBeUndefined();
      expect(bare.part).toBeUndefined();
      expect(bare.numbers).toEqual([]);
      const where = { id: { one_of: [id, `${id}-bare`] }, name: { is_null: true } };
      expect((await rows.list({ where })).rows).toEqual([bare]);
      expect((await rows.update({ id, name: "set" })).row).toMatchObject({ ...values, name: "set" });
    }
    const rows = subject.rows("Modern");
    expect((await rows.create({ id: subject.unique("editions") })).count, "implicit presence").toBe(0n);
  },
};

export const fault: PlantedFault = {
  name: "zeros within a message are not kept",
  plant: (adapter) =>
    stored(adapter, (value, type) => {
      if (type.kind !== "message" || !Array.isArray(value)) return value;
      return value.map((inner: unknown) =>
        inner === "" || inner === 0 || inner === false ? undefined : inner,
      ) as typeof value;
    }),
};
