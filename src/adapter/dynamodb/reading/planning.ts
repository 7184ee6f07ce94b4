/** How plans are made: an order within one partition alone, of the table and of each index; an index has the rows with all its fields. */

import type { IndexModel } from "../../../model/entity.ts";
import type { Query } from "../../../model/query.ts";
import type { Plan } from "../../plan.ts";
import { planOrdered, type OrderedStore } from "../../planner/planner.ts";
import type { IndexOrder, RowOrders } from "../../planner/row-order.ts";
import type { Path } from "../items/path.ts";
import type { Table } from "../items/table.ts";

export const ROW_ORDERS: RowOrders = { key: "partition", index: "partition", range: true, absentInIndex: false };

/** What ranges do not say is left to the repository: a filter of the database reads the same rows and costs the same. */
const NOTHING = (): boolean => false;

/** Pure. */
export function planFor(table: Table, query: Query): Plan {
  const plan = planOn(table, query);
  const { access } = plan;
  if (access.kind !== "index" || access.ranges.length < 2 || plan.order.length === 0) return plan;
  // Rows with equal values come in an order of the database's own, which cannot be merged with that of others.
  return pathOf(table, access.index)?.lie === "declared" ? planOn(table, query, access.index) : plan;
}

/** The planner sees keys and indexes as their rows lie. */
function planOn(table: Table, query: Query, unordered?: IndexModel): Plan {
  const { entity, stored } = table;
  const plan = planOrdered({ ...query, entity: stored }, storeOf(table, unordered));
  const { access } = plan;
  if (access.kind !== "index") return { ...plan, entity };
  const index = declaredAs(table, access.index);
  const isPart = pathOf(table, index)?.holds !== undefined;
  return { ...plan, entity, access: { ...access, index }, ...(isPart && { fetchesRows: true }) };
}

function declaredAs({ entity, stored }: Table, index: IndexModel): IndexModel {
  return entity.indexes[stored.indexes.indexOf(index)] ?? index;
}

function storeOf(table: Table, unordered?: IndexModel): OrderedStore {
  const indexAs = (index: IndexModel): IndexOrder | undefined => {
    const declared = declaredAs(table, index);
    const path = pathOf(table, declared);
    const isOrdered = path?.lie !== "none" && declared !== unordered;
    return path && { order: isOrdered ? "partition" : "none", partition: path.entry };
  };
  return {
    ...ROW_ORDERS,
    key: table.key.lie === "none" ? "none" : "partition",
    range: table.key.lie !== "none",
    indexAs,
    bounds: (index) => pathOf(table, declaredAs(table, index))?.lie !== "none",
    pushes: NOTHING,
  };
}

function pathOf(table: Table, index: IndexModel): Path | undefined {
  return table.indexes.find((path) => path.index === index);
}
