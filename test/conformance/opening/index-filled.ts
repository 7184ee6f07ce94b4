import { expect } from "vitest";
import type { EntityModel } from "../../../src/model/entity.ts";
import { createOf, windowOf } from "../direct.ts";
import { filter } from "../plain.ts";
import { altered, withRows } from "../plant.ts";
import { testCall } from "../rows.ts";
import type { OpeningClause, OpeningFault } from "./opening-clause.ts";
import { ticket } from "./units.ts";

export const clause: OpeningClause = {
  name: "rows that were there are found through an index that is new",
  needs: ["durable", "schema", ["index_order", "index_partition_order"]],
  async run(place) {
    const bare: EntityModel = { ...ticket, indexes: [] };
    const before = await place.open({ entities: [bare] });
    const own = ["one", "one", "other"].map((holder, i) =>
      createOf(place, bare, { id: `ticket-${i}`, holder, seat: i }),
    );
    await before.adapter.write({ mutations: own, atomic: false, returning: false, consistency: undefined }, testCall());
    await before.close();
    const { adapter } = await place.open({ entities: [ticket] });
    const plan = adapter.plan({
      entity: ticket,
      where: filter(ticket, { holder: { eq: "one" }, seat: { gte: 0 } }),
      order: [],
    });
    expect(plan).toMatchObject({ needsScan: false, access: { kind: "index" } });
    const { rows } = await adapter.scan(plan, windowOf(place, 10), testCall());
    expect(rows).toHaveLength(2);
  },
};

export const faults: readonly OpeningFault[] = [
  {
    name: "an index that is new holds none of the rows that were there",
    plant: (open) => async (options) => {
      const adapter = await open(options);
      return altered(adapter, {
        async scan(plan, window, call) {
          const answer = await adapter.scan(plan, window, call);
          return plan.access.kind === "index" ? withRows(answer, []) : answer;
        },
      });
    },
  },
];
