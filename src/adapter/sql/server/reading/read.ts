/** Point reads: one statement for each entity asked for, however many keys. */

import { Fault } from "../../../../model/fault.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import { keyText, type EntityKey, type Key } from "../../../../model/key.ts";
import type { ReadOutcome, ReadRequest } from "../../../adapter.ts";
import { DocumentError } from "../../../document/json.ts";
import { bound, rowBytes, type Projection } from "../../row.ts";
import { present } from "../../storage.ts";
import type { SqlValue } from "../../sql-value.ts";
import type { ServerTable } from "../tables/server-table.ts";
import type { Run } from "../transaction.ts";

export type TableFor = (entity: EntityModel) => ServerTable;

const MISSING: ReadOutcome = { status: "missing" };
const UNREAD: ReadOutcome = { status: "unread" };

/** Whether one statement answers the request, and so one state. */
export function isOneStatement({ keys }: ReadRequest): boolean {
  return keys.every(({ entity }) => entity === keys[0]?.entity);
}

export async function readRows(run: Run, tableFor: TableFor, request: ReadRequest): Promise<readonly ReadOutcome[]> {
  const { keys, fields } = request;
  const [only] = keys;
  if (only && keys.length === 1) {
    const { statement, projection } = tableFor(only.entity).point(only.key, fields);
    const [row] = (await run(statement)).rows;
    return [row ? outcomeOf(projection, row) : MISSING];
  }
  const asked = keys.slice(0, keysIn(request, tableFor));
  const outcomes: ReadOutcome[] = keys.map((_, i) => (i < asked.length ? MISSING : UNREAD));
  const sizes: number[] = [];
  for (const [entity, all] of byEntity(asked)) {
    const table = tableFor(entity);
    const keyAt = (at: number): Key => keys[at]?.key ?? [];
    const positions: number[] = [];
    for (const at of all) {
      const misfit = misfitOf(table, keyAt(at));
      if (misfit) outcomes[at] = { status: "failed", error: misfit };
      else positions.push(at);
    }
    if (positions.length === 0) continue;
    const wanted = positions.map(keyAt);
    const { statement, projection } = table.points(wanted, fields);
    const at = new Map<string, number>();
    for (const [i, key] of wanted.entries()) at.set(keyText(key), positions[i] ?? 0);
    const keyIn = keyReader(table, projection);
    const { rows } = await run(statement);
    let bytes = 0;
    for (const row of rows) {
      const size = rowBytes(row);
      bytes += size;
      const position = at.get(keyText(keyIn(row)));
      if (position === undefined) continue;
      outcomes[position] = outcomeOf(projection, row);
      sizes[position] = size;
    }
    if (rows.length > 0) table.sizes.saw(projection, bytes / rows.length);
  }
  return request.maxBytes === undefined ? outcomes : upTo(request.maxBytes, outcomes, sizes);
}

/** Why a column cannot hold a key, as one of others may not; such a key is no row's, and fails its own position alone. */
function misfitOf({ key: columns }: ServerTable, key: Key): Fault | undefined {
  try {
    for (const [i, column] of columns.entries()) bound(column, key[i]);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** Most keys of a read that is bounded before it is known how large the rows of a table are. */
const FIRST = 128;

/** How many of the keys about fit the bytes that were asked; at least one. */
function keysIn({ keys, maxBytes, fields }: ReadRequest, tableFor: TableFor): number {
  if (maxBytes === undefined) return keys.length;
  const sizeOf = (table: ServerTable): number => table.sizes.of(table.projection(fields)) ?? maxBytes / FIRST;
  const each = Math.max(...keys.map(({ entity }) => sizeOf(tableFor(entity))));
  return Math.max(Math.ceil((1.25 * maxBytes) / each), 1);
}

function upTo(maxBytes: number, outcomes: readonly ReadOutcome[], sizes: readonly number[]): readonly ReadOutcome[] {
  let bytes = 0;
  return outcomes.map((outcome, i) => {
    const isSpent = i > 0 && bytes >= maxBytes;
    bytes += sizes[i] ?? 0;
    return isSpent ? UNREAD : outcome;
  });
}

function byEntity(keys: readonly EntityKey[]): ReadonlyMap<EntityModel, readonly number[]> {
  const groups = new Map<EntityModel, number[]>();
  for (const [i, { entity }] of keys.entries()) {
    const group = groups.get(entity);
    if (group) group.push(i);
    else groups.set(entity, [i]);
  }
  return groups;
}

/** The key alone, so that a row whose other columns cannot be read still finds its position. */
function keyReader({ key }: ServerTable, { ordinals }: Projection): (row: readonly SqlValue[]) => Key {
  const places = key.map(({ field }) => ordinals.indexOf(field.ordinal));
  return (row) => key.map((column, i) => column.read(present(row[places[i] ?? -1] ?? null)));
}

/** A row that cannot be read fails its own position alone. */
function outcomeOf(projection: Projection, row: readonly SqlValue[]): ReadOutcome {
  try {
    return { status: "found", record: projection.decode(row) };
  } catch (error) {
    if (error instanceof DocumentError || error instanceof Fault) return { status: "failed", error };
    throw error;
  }
}
