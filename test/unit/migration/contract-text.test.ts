/** Contracts as text: equal ones have equal text, and what is damaged or newer is refused with the place. */

import { describe, expect, it } from "vitest";
import { contractDigest, contractText, parseContract } from "../../../src/migration/contract-text.ts";
import { contractOf } from "../../../src/migration/contract.ts";
import { typeDifferences } from "../../../src/migration/type-change.ts";
import type { FieldType, MessageField, MessageType } from "../../../src/model/field.ts";
import { NO_WIRE } from "../../../src/migration/contract-text.ts";
import { entityOf } from "./entities.ts";
import { sampleTypes } from "./types.ts";

const fields: MessageField[] = [];
const tree: MessageType = { name: "t.Tree", fields, ignored: [] };
fields.push({
  number: 4,
  name: "children",
  ordinal: 0,
  presence: false,
  wire: NO_WIRE,
  type: { kind: "list", element: { kind: "message", message: tree }, set: false },
});

const everything = entityOf({
  fields: [
    [1, "id", { kind: "string" }, { column: 'odd "column" __proto__' }],
    ...sampleTypes
      .filter(({ name }) => !/\+|floor/.test(name))
      .map(({ type }, i): [number, string, FieldType] => [i + 2, `f${i}`, type]),
    [90, "tree", { kind: "message", message: tree }],
    [91, "deleted", { kind: "timestamp" }, { presence: true }],
  ],
  key: ["id desc"],
  indexes: [{ name: "u", fields: ["f1", "f3 desc"], unique: true }],
  managed: { deletedAt: "deleted" },
});

describe("the text of a contract", () => {
  it("says the same again", () => {
    const contract = contractOf(everything);
    const again = parseContract(contractText(contract));
    expect(contractText(again)).toBe(contractText(contract));
    for (const [i, field] of contract.fields.entries())
      expect(typeDifferences(field.type, again.fields[i]?.type ?? { kind: "bool" })).toEqual([]);
    expect(again.indexes).toEqual(contract.indexes);
    expect(again.managed).toEqual(contract.managed);
  });

  it("has a digest that follows what rows depend on, and nothing else", () => {
    const digest = contractDigest(contractOf(everything));
    const described = { ...everything, defaultOrder: [{ ordinal: 0, desc: true }] };
    expect(contractDigest(contractOf(described))).toBe(digest);
    const turned = { ...everything, key: everything.key.map((part) => ({ ...part, desc: !part.desc })) };
    expect(contractDigest(contractOf(turned))).not.toBe(digest);
  });

  it("says what becomes of references that are enforced, in a format that older versions refuse", () => {
    const format = (onDelete: "none" | "cascade"): string => {
      const references = { entity: "t.Owner", onDelete };
      const written = contractText(contractOf(entityOf({ fields: [[1, "id", { kind: "string" }, { references }]] })));
      expect(parseContract(written).fields.map((field) => field.onDelete)).toEqual([onDelete]);
      return written.slice(0, 11);
    };
    expect([format("none"), format("cascade")]).toEqual(['{"format":1', '{"format":3']);
  });

  it.each([
    ["", "it is not JSON"],
    ["[]", "it is not an object"],
    ['{"format":4}', "a newer one wrote it"],
    ['{"format":1,"messages":[],"enums":[],"entity":"t.T","table":"t","fields":[{"number":"1"}]}', "fields[0].number"],
    ['{"format":1,"messages":[],"enums":[],"entity":7}', "contract.entity is not a text"],
    ['{"format":1,"messages":[],"enums":[],"entity":"t.T","table":"t","fields":[{"number":1,"name":"a","presence":true,"type":{"kind":"money"}}]}', "money is no type"],
    ['{"format":1,"messages":[],"enums":[],"entity":"t.T","table":"t","fields":[{"number":1,"name":"a","presence":true,"type":{"kind":"message","name":"t.M"}}]}', "t.M is missing"],
  ])("refuses %s", (text, place) => {
    expect(() => parseContract(text)).toThrow(place);
  }); // prettier-ignore
});
