import { expect } from "vitest";
import { refusal } from "../refusal.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { entities } from "./place.ts";
import { ticket } from "./units.ts";

export const clause: OpeningClause = {
  name: "tables: check and migrate refuse a store that differs, name what does, and change nothing",
  needs: ["durable", "schema"],
  async run(place) {
    const missing = async (): Promise<readonly string[]> => {
      const seen = await place.open({ tables: "inspect", sound: true });
      const differences = await seen.adapter.schema!.verify(testCall());
      await seen.close();
      return [...new Set(differences.map(({ entity }) => entity))].toSorted();
    };
    const all = entities.map(({ name }) => name).toSorted();
    for (const tables of ["check", "migrate"] as const) {
      const { message } = await refusal("SCHEMA_DRIFT", place.open({ tables }));
      for (const { table } of entities) expect(message).toContain(table);
      expect(await missing()).toEqual(all);
    }
    await (await place.open({ entities: [ticket], sound: true })).close();
    const { message } = await refusal("SCHEMA_DRIFT", place.open({ tables: "check" }));
    expect(message).not.toContain(`(${ticket.name})`);
    expect(await missing()).toEqual(all.filter((name) => name !== ticket.name));
    const { subject } = await place.open({ entities: [ticket], tables: "check" });
    await subject.rows("Ticket").create({ id: "served" });
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "tables: check makes what is missing",
    plant: (open) => (options) => open(options.tables === "check" ? { ...options, tables: "auto" } : options),
  },
  {
    name: "tables: migrate serves whatever is there",
    plant: (open) => (options) => open(options.tables === "migrate" ? { ...options, tables: "off" } : options),
  },
];
