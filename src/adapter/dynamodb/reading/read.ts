/** Point reads: one key by itself, several by BatchGetItem, whose unprocessed keys are asked again. */

import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { EntityKey } from "../../../model/key.ts";
import type { Consistency } from "../../../model/query.ts";
import { recordBytes } from "../../../model/size.ts";
import type { FieldSet, ReadOutcome, ReadRequest } from "../../adapter.ts";
import { projectedOrdinals } from "../../reading/projection.ts";
import { ReadBudget } from "../../reading/read-budget.ts";
import { RowSizes } from "../../reading/row-sizes.ts";
import type { Item } from "../driver.ts";
import { Places } from "../writing/expressions.ts";
import { pause, type Session } from "../session.ts";
import { keyItem, recordOf, type Table } from "../items/table.ts";

/** Keys of one request, at the most. */
const TOGETHER = 100;

/** Rows read at once where their bytes are bounded, and nobody knows how many they have. */
const FIRST = 16;

/** About how many bytes whole rows of each table have; with some of their fields they have no more. */
const sizes = new RowSizes<Table>();

export interface Reader {
  readonly session: Session;
  readonly tableFor: (entity: EntityModel) => Table;
}

export function isStrong(consistency: Consistency | undefined): boolean {
  return consistency !== "eventual";
}

export async function readRows(reader: Reader, request: ReadRequest, call: Call): Promise<readonly ReadOutcome[]> {
  const { keys, maxBytes } = request;
  const budget = new ReadBudget(request);
  const outcomes: ReadOutcome[] = [];
  while (outcomes.length < keys.length && !budget.isSpent) {
    const rest = keys.slice(outcomes.length);
    const wave = maxBytes === undefined ? TOGETHER : waveOf(reader, rest, maxBytes - budget.bytes, outcomes.length);
    const some = rest.slice(0, wave);
    for (const [i, outcome] of (await readSome(reader, { ...request, keys: some }, call)).entries()) {
      if (budget.isSpent) break;
      outcomes.push(outcome);
      const entity = some[i]?.entity;
      const bytes = outcome.status === "found" && entity ? recordBytes(entity.message, outcome.record) : 0;
      if (entity && bytes > 0 && !request.fields) sizes.see(reader.tableFor(entity), bytes);
      budget.spend(bytes);
    }
  }
  while (outcomes.length < keys.length) outcomes.push({ status: "unread" });
  return outcomes;
}

/** As many keys as their rows should fit; more each time where nobody knows. */
function waveOf(reader: Reader, keys: readonly EntityKey[], bytes: number, before: number): number {
  const tables = new Set(keys.map(({ entity }) => reader.tableFor(entity)));
  return Math.min(TOGETHER, ...Array.from(tables, (table) => sizes.rowsIn(table, bytes) ?? FIRST + before));
}

async function readSome(
  reader: Reader,
  { keys, fields, consistency }: ReadRequest,
  call: Call,
): Promise<readonly ReadOutcome[]> {
  const wanted = keys.map(({ entity, key }) => {
    const table = reader.tableFor(entity);
    return { table, key: keyItem(table, key) };
  });
  const items = await itemsOf(reader.session, wanted, { fields, strong: isStrong(consistency) }, call);
  return wanted.map(({ table }, i): ReadOutcome => {
    const item = items[i];
    if (!item) return { status: "missing" };
    try {
      return { status: "found", record: recordOf(table, item, fields) };
    } catch (error) {
      return { status: "failed", error };
    }
  });
}

/** What finds an item: the table, and the names of its key. */
export interface Named {
  readonly name: string;
  readonly key: { readonly partitionName: string; readonly sortName?: string };
}

interface Wanted {
  readonly table: Named & Partial<Pick<Table, "attributes" | "entity" | "type">>;
  readonly key: Item;
}

interface Needed {
  readonly fields: FieldSet;
  readonly strong: boolean;
  /** Attributes besides those of the fields. */
  readonly also?: readonly string[];
}

/** By position; undefined where there is none. */
export async function itemsOf(
  session: Session,
  wanted: readonly Wanted[],
  { fields, strong, also }: Needed,
  call: Call,
): Promise<readonly (Item | undefined)[]> {
  const [only] = wanted;
  if (only && wanted.length === 1) {
    const projection = projectionOf(only.table, fields, also);
    const { Item: item } = await session.read(
      (client, { GetItemCommand }, options) =>
        client.send(
          new GetItemCommand({ TableName: only.table.name, Key: only.key, ConsistentRead: strong, ...projection }),
          options,
        ),
      call,
    );
    return [item];
  }
  const found = new Map<string, Item>();
  for (let at = 0; at < wanted.length; at += TOGETHER)
    await batchOf(session, wanted.slice(at, at + TOGETHER), { fields, strong, ...(also && { also }) }, call, found);
  return wanted.map(({ table, key }) => found.get(placeOf(table, key)));
}

/** Unprocessed keys are asked again after a pause, until all are there or the call ends. */
async function batchOf(
  session: Session,
  wanted: readonly Wanted[],
  { fields, strong, also }: Needed,
  call: Call,
  found: Map<string, Item>,
): Promise<void> {
  type KeysOfTable = ReturnType<typeof projectionOf> & { Keys: Item[]; ConsistentRead: boolean };
  const tables = new Map(wanted.map(({ table }) => [table.name, table]));
  const asked: { [table: string]: KeysOfTable } = {};
  for (const { table, key } of wanted)
    (asked[table.name] ??= { ...projectionOf(table, fields, also), Keys: [], ConsistentRead: strong }).Keys.push(key);
  let left: { [table: string]: Pick<KeysOfTable, "Keys"> } = asked;
  for (let attempt = 1; ; attempt += 1) {
    const RequestItems = Object.fromEntries(
      Object.entries(left).map(([name, { Keys }]) => [name, { ...asked[name], Keys: [...Keys] }]),
    );
    const { Responses = {}, UnprocessedKeys = {} } = await session.read(
      (client, { BatchGetItemCommand }, options) => client.send(new BatchGetItemCommand({ RequestItems }), options),
      call,
    );
    for (const [name, items] of Object.entries(Responses)) {
      const table = tables.get(name);
      for (const item of items) if (table) found.set(placeOf(table, item), item);
    }
    left = Object.fromEntries(
      Object.entries(UnprocessedKeys).flatMap(([name, { Keys = [] }]) => (Keys.length > 0 ? [[name, { Keys }]] : [])),
    );
    if (Object.keys(left).length === 0) return;
    await pause(attempt, call);
  }
}

/** Equal exactly for one item of one table. */
export function placeOf(table: Wanted["table"], item: Item): string {
  const { partitionName, sortName } = table.key;
  const part = (name: string | undefined): string => {
    const value = name === undefined ? undefined : item[name];
    return value?.B ? Buffer.from(value.B).toString("base64") : (value?.S ?? "");
  };
  return `${table.name} ${part(partitionName)} ${part(sortName)}`;
}

function projectionOf(
  { attributes, entity, key, type }: Wanted["table"],
  fields: FieldSet,
  also: readonly string[] = [],
): { ProjectionExpression?: string; ExpressionAttributeNames?: { [place: string]: string } } {
  if (!fields || !attributes || !entity) return {};
  const places = new Places();
  const names = projectedOrdinals(entity, fields).flatMap((ordinal) => attributes[ordinal]?.name ?? []);
  const own = type ? [type.name] : [];
  const keys = [key.partitionName, ...(key.sortName === undefined ? [] : [key.sortName])];
  const all = new Set([...names, ...own, ...keys, ...also]);
  const ProjectionExpression = [...all].map((name) => places.name(name)).join(", ");
  return { ProjectionExpression, ...places.given };
}
