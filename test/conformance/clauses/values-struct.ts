/** DESIGN 5.3: google.protobuf.Struct. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import type { Plain, PlainValue } from "../plain.ts";
import { stored } from "../plant.ts";

function struct(fields: ReadonlyMap<string, PlainValue>): Plain {
  return { fields };
}

export const clause: Clause = {
  name: "a document of every kind of value is kept",
  needs: [],
  async run(subject) {
    const rows = subject.rows("Everything");
    const id = subject.unique("struct");
    const list = {
      list_value: { values: [{ null_value: 0 }, {}, { number_value: 1 }, { list_value: { values: [] } }] },
    };
    const document = struct(
      new Map<string, PlainValue>([
        ["null", { null_value: 0 }],
        ["nothing", {}],
        ["number", { number_value: 9007199254740992 }],
        ["zero", { number_value: 0 }],
        ["text", { string_value: "" }],
        ["no", { bool_value: false }],
        ["list", list],
        ["__proto__", { struct_value: struct(new Map([["deep", { bool_value: true }]])) }],
        ["empty", { struct_value: struct(new Map()) }],
      ]),
    );
    const created = await rows.create({ id, document });
    expect(created.document).toEqual(document);
    expect(await rows.get({ id })).toEqual(created);
  },
};

export const fault: PlantedFault = {
  name: "a document's nulls are left out",
  plant: (adapter) =>
    stored(adapter, (value, type) => {
      if (type.kind !== "map" || type.value.kind !== "message" || !(value instanceof Map)) return value;
      const nulls = type.value.message.fields.find((field) => field.name === "null_value");
      if (!nulls) return value;
      return new Map([...value].filter(([, entry]) => !Array.isArray(entry) || entry[nulls.ordinal] === undefined));
    }),
};
