/** How plans are made: an order within one partition alone, and indexes that find rows in no order. */

import type { EntityModel, IndexModel } from "../../../model/entity.ts";
import type { Plan } from "../../plan.ts";
import type { OrderedStore } from "../../planner/planner.ts";
import type { RowOrders } from "../../planner/row-order.ts";
import type { CqlDialect } from "../dialect.ts";
import { isCarried, isWholePartition } from "../tables/table.ts";

export const ROW_ORDERS: RowOrders = { key: "partition", index: "none", range: true, absentInIndex: false };

/** Most token ranges that one Scan reads side by side. */
export const MOST_SEGMENTS = 64;

/** A table is cut by the tokens of its partitions; what lies within ranges of a key or an index is read as it comes. */
export function segmentsOf({ access }: Plan, asked: number): number {
  return access.kind === "full" ? asked : 1;
}

export function orderedStore(entity: EntityModel, dialect: CqlDialect): OrderedStore {
  const bounds = (_: IndexModel, ordinal: number): boolean => {
    const field = entity.fields[ordinal];
    return field !== undefined && !isWholePartition(entity, ordinal) && dialect.canRange(field.type);
  };
  return {
    ...ROW_ORDERS,
    // What an index does not say is left to the repository, on the rows that it finds.
    pushes: () => false,
    serves: (index) => isCarried(entity, index, dialect),
    bounds,
    indexAs: (index) => {
      const first = index.parts[0];
      return { order: "none", partition: first && bounds(index, first.ordinal) ? 0 : 1 };
    },
  };
}
