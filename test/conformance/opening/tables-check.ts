import { expect } from "vitest";
import { Fault } from "../../../src/model/fault.ts";
import { windowOf } from "../direct.ts";
import { refusal } from "../refusal.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import type { Place } from "./place.ts";
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
    const all = place.entities.map(({ name }) => name).toSorted();
    for (const tables of ["check", "migrate"] as const) {
      expect(await refusedBy(place, tables)).toEqual(all);
      expect(await missing()).toEqual(all);
    }
    await (await place.open({ entities: [ticket], sound: true })).close();
    expect(await refusedBy(place, "check")).toEqual(all.filter((name) => name !== ticket.name));
    expect(await missing()).toEqual(all.filter((name) => name !== ticket.name));
    const { subject } = await place.open({ entities: [ticket], tables: "check" });
    await subject.rows("Ticket").create({ id: "served" });
  },
};

/** Entities whose tables differ: the store is refused and names them, or, where a server may come later, each of them is refused. */
async function refusedBy(place: Place, tables: "check" | "migrate"): Promise<readonly string[]> {
  if (place.hasFiles) {
    const { message } = await refusal("SCHEMA_DRIFT", place.open({ tables }));
    return place.entities
      .filter(({ name, table }) => message.includes(`table ${table} (${name})`))
      .map(({ name }) => name)
      .toSorted();
  }
  const { adapter, close } = await place.open({ tables });
  const refused: string[] = [];
  for (const entity of place.entities) {
    const plan = adapter.plan({ entity, order: [] });
    const reason = await adapter.scan(plan, windowOf(place, 1), testCall()).then(
      () => undefined,
      (error: unknown) => (error instanceof Fault ? error.reason : String(error)),
    );
    if (reason === undefined) continue;
    expect(reason).toBe("SCHEMA_DRIFT");
    refused.push(entity.name);
  }
  await close();
  return refused.toSorted();
}

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
