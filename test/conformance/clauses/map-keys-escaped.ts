/** DESIGN 5.3: the keys of maps and Structs are exact texts, whatever they are stored as. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

/** Keys that need an escape in JSON, in an order in which each begins with the escaped text of one before it. */
const KEYS = ["\\", '"', "\n", "\u0001", "\\\\", '\\"', '"\\', "\u007f", "\u2028", "__proto__", "a\\", 'a"', "", "é"];

export const clause: Clause = {
  name: "keys of maps and documents are kept to the character",
  needs: [["collections", "modify"]],
  async run(subject) {
    const accounts = subject.rows("Account");
    const everything = subject.rows("Everything");
    const id = subject.unique("keys");
    await accounts.create({ id });
    await everything.create({ id });
    for (const [i, key] of KEYS.entries()) {
      await accounts.update({ id }, { append: { limits: new Map([[key, BigInt(i)]]) } });
      const document = { fields: new Map(KEYS.slice(0, i + 1).map((name) => [name, { string_value: name }])) };
      await everything.update({ id, document });
      expect((await everything.get({ id })).document).toEqual(document);
      expect((await accounts.get({ id })).limits).toEqual(
        new Map(KEYS.slice(0, i + 1).map((name, at) => [name, BigInt(at)])),
      );
    }
  },
};

export const fault: PlantedFault = {
  name: "a quote in a map's key is read as a backslash",
  plant: (adapter) =>
    stored(adapter, (value, type) =>
      type.kind === "map" && value instanceof Map
        ? new Map([...value].map(([key, entry]) => [key === '"' ? "\\" : key, entry]))
        : value,
    ),
};
