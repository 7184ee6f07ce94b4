import { expect } from "vitest";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { ticket } from "./units.ts";

export const clause: OpeningClause = {
  name: "tables: off makes nothing, refuses nothing, and serves the tables that are there",
  needs: ["durable", "schema"],
  async run(place) {
    await (await place.open({ entities: [ticket], sound: true })).close();
    const { subject, close } = await place.open({ tables: "off" });
    const row = { id: "served", holder: "h" };
    await subject.rows("Ticket").create(row);
    expect(await subject.rows("Ticket").get({ id: "served" })).toEqual(row);
    await close();
    const { adapter } = await place.open({ tables: "inspect", sound: true });
    const differences = await adapter.schema!.verify(testCall());
    const differing = new Set(differences.map(({ entity }) => entity));
    expect([...differing].toSorted()).toEqual(
      place.entities
        .map(({ name }) => name)
        .filter((name) => name !== ticket.name)
        .toSorted(),
    );
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "tables: off makes what is missing",
    plant: (open) => (options) => open(options.tables === "off" ? { ...options, tables: "auto" } : options),
  },
];
