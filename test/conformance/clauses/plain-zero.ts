/** DESIGN 5.1: fields without presence. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { delivered } from "../plant.ts";

const zeros = { name: "", count: 0n, size: 0n, ratio: 0, active: false, data: new Uint8Array(), kind: 0, labels: [] };

export const clause: Clause = {
  name: "a field without presence reads and filters as its zero, never as absent",
  needs: [],
  async run(subject) {
    const plains = subject.rows("Plain");
    const id = subject.unique("plain-zero");
    const created = await plains.create({ id });
    expect(created).toEqual({ id, ...zeros });
    expect(await plains.get({ id })).toEqual(created);
    const wheres = [
      { count: { eq: 0n } },
      { count: { lt: 1n } },
      { name: { eq: "" } },
      { active: { ne: true } },
      { kind: { one_of: [0, 1] } },
    ];
    for (const where of wheres) {
      expect((await plains.list({ where: { id: { eq: id }, ...where } })).rows).toEqual([created]);
    }
    expect((await plains.list({ where: { id: { eq: id }, count: { gt: 0n } } })).rows).toEqual([]);
    expect((await plains.list({ where: { id: { eq: id }, price: { is_null: true } } })).rows).toEqual([created]);
  },
};

export const fault: PlantedFault = {
  name: "zeros are not delivered",
  plant: (adapter) =>
    delivered(adapter, (record, entity) =>
      record.map((value, ordinal) =>
        entity.managed.version === undefined &&
        entity.fields[ordinal]?.presence === false &&
        (value === 0n || value === 0)
          ? undefined
          : value,
      ),
    ),
};
