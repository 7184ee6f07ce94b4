/** How a store keeps the rows of keys and indexes. Said once: the planner plans by it, and the published names follow from it. */

import type { IndexModel } from "../../model/entity.ts";
import type { Capabilities, CapabilityName } from "../capabilities.ts";

/**
 * `total`: one sequence. `partition`: a sequence for each value of the partition fields, and no order between them.
 * `none`: rows with equal partition fields are found together, in no order.
 */
export type RowOrder = "total" | "partition" | "none";

export interface RowOrders {
  /** Of every key; its partition is the entity's partition fields. */
  readonly key: RowOrder;
  /** Of every index for which `indexAs` says nothing; the partition is the first field. */
  readonly index: RowOrder;
  /** Whether lt, lte, gt, gte and starts_with bound a range. */
  readonly range: boolean;
  /** Whether an index holds rows with an absent value in one of its fields. */
  readonly absentInIndex: boolean;
  /** An index that lies otherwise than the others; undefined where it does not. */
  indexAs?(index: IndexModel): IndexOrder | undefined;
}

/** Every key and every index is sorted from end to end, as a B-tree is. */
export const SORTED: RowOrders = { key: "total", index: "total", range: true, absentInIndex: true };

export interface IndexOrder {
  readonly order: RowOrder;
  /** How many of its leading fields are its partition. */
  readonly partition: number;
}

export function indexOrderOf(orders: RowOrders, index: IndexModel): IndexOrder {
  return orders.indexAs?.(index) ?? { order: orders.index, partition: 1 };
}

/** What a store publishes about its orders. An index that lies otherwise than the others is not looked at. */
export function orderCapabilities({ key, index, range, absentInIndex }: RowOrders): Capabilities {
  const facts: readonly (readonly [CapabilityName, boolean])[] = [
    ["key_order", key === "total"],
    ["partition_order", key !== "none"],
    ["index_order", index === "total"],
    ["index_partition_order", index !== "none"],
    ["tie_order", key !== "none" && index !== "none"],
    ["range", range],
    ["absent_in_index", absentInIndex],
  ];
  return Object.fromEntries(facts.flatMap(([name, supported]) => (supported ? [[name, { supported }]] : [])));
}
