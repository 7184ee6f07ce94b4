/** test/cases 42: keys that look alike. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "keys that differ in a byte are different keys",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    const base = subject.unique("text-key");
    const ids = [
      "\u00e9",
      "e\u0301",
      "E\u0301",
      "e",
      "e ",
      " e",
      "\uFEFFe",
      "\u{1F600}",
      "__proto__",
      "ß",
      "ss",
      "a/b",
      "a%2Fb",
    ];
    for (const id of ids) await accounts.create({ id: base + id, name: id });
    const items = await accounts.batchGet(ids.map((id) => ({ id: base + id })));
    expect(items.map((item) => "row" in item && item.row.name)).toEqual(ids);
    for (const id of ids) {
      const { rows } = await accounts.list({ where: { id: { eq: base + id } } });
      expect(rows.map((row) => row.name)).toEqual([id]);
    }
  },
};

export const fault: PlantedFault = {
  name: "keys are looked up in composed form",
  plant: (adapter) =>
    altered(adapter, {
      read(request, call) {
        const keys = request.keys.map(({ entity, key }) => ({
          entity,
          key: key.map((value) => (typeof value === "string" ? value.normalize("NFC") : value)),
        }));
        return adapter.read({ ...request, keys }, call);
      },
    }),
};
