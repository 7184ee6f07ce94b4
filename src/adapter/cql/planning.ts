/** How plans are made: an order within one partition alone, and indexes that find rows in no order. */

import type { EntityModel, IndexModel } from "../../model/entity.ts";
import type { OrderedStore } from "../planner.ts";
import type { RowOrders } from "../row-order.ts";
import type { CqlDialect } from "./dialect.ts";
import { isCarried, isWholePartition } from "./table.ts";

export const ROW_ORDERS: RowOrders = { key: "partition", index: "none", range: true, absentInIndex: false };

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
