import { expect } from "vitest";
import type { EntityModel } from "../../../src/model/entity.ts";
import { createOf, entityKey } from "../direct.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { ticket } from "./units.ts";

export const clause: OpeningClause = {
  name: "tables: auto makes what is missing, for good, and adds what an entity has more than its table",
  needs: ["durable", "schema"],
  async run(place) {
    const young: EntityModel = withoutField(ticket, "seat");
    const first = await place.open({ entities: [young] });
    expect(await first.adapter.schema!.verify(testCall())).toEqual([]);
    const create = createOf(place, young, { id: "early", holder: "h" });
    await first.adapter.write(
      { mutations: [create], atomic: false, returning: false, consistency: undefined },
      testCall(),
    );
    await first.close();

    const second = await place.open();
    expect(await second.adapter.schema!.verify(testCall())).toEqual([]);
    const keys = [entityKey(ticket, { id: "early" })];
    expect(await second.adapter.read({ keys, fields: undefined, consistency: undefined }, testCall())).toMatchObject([
      { status: "found" },
    ]);
    const late = { id: "late", holder: "h", seat: 7 };
    expect(await second.subject.rows("Ticket").create(late)).toEqual(late);
    await second.close();

    const seen = await place.open({ tables: "inspect" });
    expect(await seen.adapter.schema!.verify(testCall())).toEqual([]);
    await seen.close();
    const { subject } = await place.open({ tables: "check" });
    expect(await subject.rows("Ticket").get({ id: "late" })).toEqual(late);
  },
};

/** As it was before the field was added, and every index with it. */
function withoutField(entity: EntityModel, name: string): EntityModel {
  const { ordinal } = entity.fields.find((field) => field.name === name)!;
  const fields = entity.fields.filter((field) => field.name !== name).map((field, at) => ({ ...field, ordinal: at }));
  const moved = (at: number): number => (at > ordinal ? at - 1 : at);
  const { expiresAt } = entity.managed;
  return {
    ...entity,
    fields,
    message: {
      ...entity.message,
      fields: fields.map((field, at) => ({ ...entity.message.fields[moved(at)]!, ...field })),
    },
    indexes: [],
    managed: { ...entity.managed, ...(expiresAt !== undefined && { expiresAt: moved(expiresAt) }) },
  };
}

export const faults: readonly OpeningFault[] = [
  {
    name: "the schema is never applied",
    plant: (open) => (options) => open(options.tables === "auto" ? { ...options, tables: "off" } : options),
  },
];
