/** How plans are made: an order within one partition alone, of the table and of each index; an index has the rows with all its fields. */

import type { OrderedStore } from "../planner.ts";
import type { RowOrders } from "../row-order.ts";

export const ROW_ORDERS: RowOrders = { key: "partition", index: "partition", range: true, absentInIndex: false };

/** What ranges do not say is left to the repository: a filter of the database reads the same rows and costs the same. */
export const ORDERED_STORE: OrderedStore = { ...ROW_ORDERS, pushes: () => false };
