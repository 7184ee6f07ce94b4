/** The adapter's contract: what is behind a cursor, in several ranges and in either direction. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, windowOf } from "../direct.ts";
import { filter } from "../plain.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "behind each cursor comes the rest of the plan, in several ranges and reversed",
  needs: ["index_order"],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Ticket");
    const holders = ["b", "a", "c"].map((name) => subject.unique(`resumed-${name}`));
    // Three ranges that overlap, with ties across them, and a row without a seat in each.
    const seats = [undefined, 1, 3, 3, 5, 8];
    const mutations = holders.flatMap((holder, i) =>
      seats.map((seat) => createOf(subject, entity, { id: subject.unique("r"), holder, seat: seat && seat + i })),
    );
    await adapter.write({ mutations, atomic: false, returning: false, consistency: undefined }, testCall());
    const seat = entity.fields.find(({ name }) => name === "seat")!.ordinal;
    const where = filter(entity, { holder: { one_of: holders } });
    for (const desc of [false, true]) {
      const plan = adapter.plan({ entity, where, order: [{ ordinal: seat, desc }] });
      const whole = await adapter.scan(plan, windowOf(subject, 100), testCall());
      expect(whole.rows).toHaveLength(mutations.length);
      for (const at of whole.rows.keys()) {
        const rest = await adapter.scan(plan, windowOf(subject, 100, whole.cursor(at)), testCall());
        expect(rest.rows).toEqual(whole.rows.slice(at + 1));
      }
    }
  },
};

export const fault: PlantedFault = {
  name: "behind a cursor a reversed plan goes on in its first range alone",
  plant: (adapter) =>
    altered(adapter, {
      scan(plan, window, call) {
        const { access } = plan;
        if (!window.after || access.kind === "full" || !access.reverse) return adapter.scan(plan, window, call);
        return adapter.scan({ ...plan, access: { ...access, ranges: access.ranges.slice(0, 1) } }, window, call);
      },
    }),
};
