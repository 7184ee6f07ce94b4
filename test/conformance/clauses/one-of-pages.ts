/** DESIGN 5.5: pages of several ranges. */

import { expect } from "vitest";
import type { Window } from "../../../src/adapter/adapter.ts";
import { indexPath, keyPath } from "../../../src/adapter/planner/access-path.ts";
import type { Plan } from "../../../src/adapter/plan.ts";
import type { Call } from "../../../src/model/call.ts";
import { orderComparator } from "../../../src/model/compare.ts";
import type { EntityRecord } from "../../../src/model/value.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { altered } from "../plant.ts";

export const clause: Clause = {
  name: "pages over several ranges follow each other in the order, forward and reversed",
  needs: ["index_order"],
  async run(subject) {
    const tickets = subject.rows("Ticket");
    const holders = ["b", "c", "a"].map((name) => subject.unique(`paged-${name}`));
    // The first two rows of each range alone would fill a page of six.
    const seats = Array.from({ length: 18 }, (_, seat) => seat);
    for (const seat of seats)
      await tickets.create({ id: subject.unique("paged"), holder: holders[Math.floor(seat / 2) % 3], seat });
    const where = { holder: { one_of: holders } };
    for (const pageSize of [1, 2, 3, 4, 6, 17, 18]) {
      const up = await tickets.pages({ where, orderBy: "seat", pageSize });
      expect(up.map((row) => row.seat)).toEqual(seats);
      const down = await tickets.pages({ where, orderBy: "seat desc", pageSize });
      expect(down.map((row) => row.seat)).toEqual(seats.toReversed());
    }
  },
};

/** Each page is in order by itself: its rows come from the first range that has any left, and then from the next. */
export const fault: PlantedFault = {
  name: "ranges are concatenated across the end of a page",
  plant: (adapter) => {
    const pageOf = async (plan: Plan, window: Window, call: Call): ReturnType<typeof adapter.scan> => {
      if (plan.access.kind === "full" || plan.order.length === 0 || plan.access.ranges.length < 2)
        return adapter.scan(plan, window, call);
      const { access } = plan;
      const rows: EntityRecord[] = [];
      let [at = 0] = window.after ?? [];
      let after: Uint8Array | undefined = window.after && window.after.length > 1 ? window.after.slice(1) : undefined;
      while (at < access.ranges.length && rows.length < window.limit) {
        const alone = { ...plan, access: { ...access, ranges: access.ranges.slice(at, at + 1) } };
        const { after: _, ...rest } = window;
        const limit = window.limit - rows.length;
        const part = await adapter.scan(alone, { ...rest, limit, ...(after && { after }) }, call);
        rows.push(...part.rows);
        after = part.next;
        if (!after) at += 1;
      }
      const last = Uint8Array.of(at, ...(after ?? []));
      return {
        rows: rows.toSorted(orderComparator(plan.entity.fields, plan.order)),
        cursor: () => last,
        ...(at < access.ranges.length && { next: last }),
      };
    };
    return altered(adapter, { scan: pageOf });
  },
};

/** By position, the range of the plan that a row lies in, told by the values that all of its rows have. */
export function rangeOf({ access, entity }: Plan, row: EntityRecord): number {
  if (access.kind === "full") return 0;
  const { terms } = access.kind === "index" ? indexPath(entity, access.index) : keyPath(entity);
  return access.ranges.findIndex(({ eq }) => eq.every((value, i) => row[terms[i]?.ordinal ?? -1] === value));
}
