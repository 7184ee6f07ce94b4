/** What a window reads: the plan, the key that it enters by, and the attributes it needs. */

import type { Call } from "../../../model/call.ts";
import type { FieldSet } from "../../adapter.ts";
import type { Plan } from "../../plan.ts";
import { projectedOrdinals } from "../../reading/projection.ts";
import { sameAttribute } from "../items/attribute.ts";
import type { Item } from "../driver.ts";
import { keyIn, type Places } from "../writing/expressions.ts";
import type { Path } from "../items/path.ts";
import { itemsOf, type Reader } from "./read.ts";
import type { Table } from "../items/table.ts";

/**
 * Rows of one request at the most; the database ends a page at 1 MB by itself. The widest window and the row that says it is not the last are one
 * page.
 */
export const LARGEST_PAGE = 1_024;

export interface Reading extends Reader {
  readonly table: Table;
  readonly path: Path;
  readonly plan: Plan;
  readonly fields: FieldSet;
  readonly strong: boolean;
  /** As the rows lie in the database. */
  readonly reverse: boolean;
  readonly page: number;
}

export function projectionText(reading: Reading, places: Places): { ProjectionExpression?: string } {
  const { fields, table } = reading;
  if (!fields) return {};
  const names = projectedOrdinals(table.entity, fields).flatMap((ordinal) => table.attributes[ordinal]?.name ?? []);
  const all = new Set([...names, ...keyNames(reading), ...(table.type ? [table.type.name] : [])]);
  return { ProjectionExpression: [...all].map((name) => places.name(name)).join(", ") };
}

/** Whether the index has what is read of its rows. */
export function hasAll({ fields, table, path }: Reading): boolean {
  const { holds } = path;
  if (!holds) return true;
  const ordinals = fields ? projectedOrdinals(table.entity, fields) : table.attributes.keys();
  const names = Array.from(ordinals, (ordinal) => table.attributes[ordinal]?.name ?? "");
  return [...names, ...(table.type ? [table.type.name] : [])].every((name) => holds.includes(name));
}

/** By what the rows of an index that has part of them are found. */
export function keysText(reading: Reading, places: Places): { readonly ProjectionExpression: string } {
  const ProjectionExpression = keyNames(reading)
    .map((name) => places.name(name))
    .join(", ");
  return { ProjectionExpression };
}

/** Of the table, and of the index that is read. */
export function keyNames({ table: { key }, path }: Reading): readonly string[] {
  const names = [key.partitionName, key.sortName, path.partitionName, path.sortName];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** As the table has them; one that went or moved within the index since the index was read is left out. */
export async function wholeItems(reading: Reading, found: readonly Item[], call: Call): Promise<readonly Item[]> {
  const { session, table, path, fields, strong } = reading;
  const wanted = found.map((item) => ({ table, key: keyIn(table, item) }));
  const items = await itemsOf(session, wanted, { fields, strong, also: keyNames(reading) }, call);
  return items.flatMap((item, i) => {
    const isThere = [path.partitionName, path.sortName].every(
      (name) => name === undefined || sameAttribute(item?.[name], found[i]?.[name]),
    );
    return item && isThere ? [item] : [];
  });
}
