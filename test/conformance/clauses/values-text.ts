/** test/cases 42 and 51: text that something might want to change. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { stored } from "../plant.ts";

const texts = [
  "",
  " both sides ",
  "tab\t and \r\n",
  "\uFEFFmarked",
  "\u00e9",
  "e\u0301",
  "\u{1F600}\u{10FFFF}",
  "\uFFFD",
  "İıßſ",
  "' OR 1=1--",
  '"; DROP TABLE accounts; --',
  "$ne",
  '{"$where": "1"}',
  "${jndi:ldap://x}",
  "%_\\*?[a]",
  "1e5",
  "null",
  "x".repeat(10_000),
];

export const clause: Clause = {
  name: "text is kept to the byte",
  needs: [],
  async run(subject) {
    const accounts = subject.rows("Account");
    for (const text of texts) {
      const id = subject.unique("text");
      const values = { name: text, notes: [text, text], limits: new Map([[text, 1n]]) };
      expect(await accounts.create({ id, ...values })).toMatchObject(values);
      expect(await accounts.get({ id })).toMatchObject(values);
      const { rows } = await accounts.list({ where: { id: { eq: id }, name: { eq: text } } });
      expect(rows.map((row) => row.name)).toEqual([text]);
    }
  },
};

export const fault: PlantedFault = {
  name: "text is trimmed",
  plant: (adapter) =>
    stored(adapter, (value, { kind }) => (kind === "string" && typeof value === "string" ? value.trim() : value)),
};
