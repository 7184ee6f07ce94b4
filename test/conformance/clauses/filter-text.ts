/** DESIGN 5.3 and test/cases 51: starts_with and contains. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { textOf } from "../plain.ts";
import { conditions } from "../plant.ts";

const texts = [
  "100%",
  "100x",
  "a_b",
  "axb",
  "Straße",
  "STRASSE",
  "tab\tend",
  "back\\slash",
  "\u{1F600} smile",
  "[ab]*",
  "",
];

const parts: { readonly [part: string]: readonly string[] } = {
  "%": ["100%"],
  "0%": ["100%"],
  _: ["a_b"],
  a_: ["a_b"],
  ße: ["Straße"],
  s: ["\u{1F600} smile", "back\\slash"],
  S: ["STRASSE", "Straße"],
  "\\": ["back\\slash"],
  "*": ["[ab]*"],
  "\u{1F600}": ["\u{1F600} smile"],
};

export const clause: Clause = {
  name: "starts_with and contains look for text to the byte, and know no wildcards",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const group = subject.unique("text-parts");
    for (const string_value of texts) await rows.create({ id: subject.unique("part"), group, string_value });
    await rows.create({ id: subject.unique("part"), group });
    const found = async (predicate: { readonly [operator: string]: string }): Promise<readonly unknown[]> => {
      const where = { group: { eq: group }, string_value: predicate };
      return (await rows.pages({ where, allowScan: true })).map((row) => textOf(row.string_value)).toSorted();
    };
    for (const [part, expected] of Object.entries(parts)) {
      expect(await found({ contains: part }), `contains ${part}`).toEqual(expected.toSorted());
      const starting = expected.filter((text) => text.startsWith(part));
      expect(await found({ starts_with: part }), `starts with ${part}`).toEqual(starting.toSorted());
    }
  },
};

export const fault: PlantedFault = {
  name: "contains looks for small letters",
  plant: (adapter) =>
    conditions(adapter, (condition) =>
      condition.op === "contains" ? { ...condition, value: condition.value.toLowerCase() } : condition,
    ),
};
