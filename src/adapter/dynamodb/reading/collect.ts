/** One partition of the one table, or of an index of it, with the rows of all entities in it: one Query. */

import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import { recordBytes } from "../../../model/size.ts";
import { isVisible } from "../../../model/visibility.ts";
import type { Cursor } from "../../adapter.ts";
import { projectedOrdinals } from "../../reading/projection.ts";
import type { Collected, CollectedItem, CollectionQuery, CollectionWindow, TextRange } from "../../collection.ts";
import type { AttributeValue, Item } from "../driver.ts";
import { Places } from "../writing/expressions.ts";
import type { SingleTable } from "../items/layout.ts";
import { OURS } from "../items/names.ts";
import { isStrong, itemsOf } from "./read.ts";
import { LARGEST_PAGE } from "./reading.ts";
import type { Session } from "../session.ts";
import { recordOf, SWEPT_AT, type Table } from "../items/table.ts";

export interface Collecting {
  readonly session: Session;
  readonly single: SingleTable;
  /** The table's name. */
  readonly name: string;
  /** Of every entity of the store, by its name. */
  readonly tables: ReadonlyMap<string, Table>;
  /** Whether an index of that name in the database is behind the table, and whether it has part of the rows. */
  readonly kindOf: (name: string) => { readonly isLocal: boolean; readonly isPart: boolean };
}

export async function collectRows(
  collecting: Collecting,
  query: CollectionQuery,
  window: CollectionWindow,
  call: Call,
): Promise<Collected> {
  const keys = keysOf(collecting, query);
  if (keys.isBehind && window.consistency === "strong")
    throw new Fault(
      "CAPABILITY_MISSING",
      "an index of this store is behind its table; read by the key, or without STRONG",
      { metadata: { capability: "consistency" } },
    );
  if (isEmpty(query.sort)) return { items: [], cursor: () => cursorAt(keys, undefined) };
  const wanted = new Set(query.entities);
  const found: { readonly item: CollectedItem; readonly at: Item }[] = [];
  let bytes = 0;
  let examined = 0;
  let from = window.after && positionIn(keys, query, window.after);
  let last: Item | undefined;
  const result = (next: Item | undefined): Collected => ({
    items: found.map(({ item }) => item),
    cursor: (index) => cursorAt(keys, found[index]?.at),
    ...(next && { next: cursorAt(keys, next) }),
  });
  for (;;) {
    const page = await pageOf(collecting, query, window, keys, from, call);
    for (const item of page.items) {
      if (found.length >= window.limit || bytes >= window.maxBytes || examined >= window.maxExamined)
        return result(last);
      examined += 1;
      last = item;
      const collected = collectedOf(collecting, keys, { wanted, unknown: query.unknown }, item, window);
      if (!collected) continue;
      found.push({ item: collected, at: item });
      bytes += collected.kind === "row" ? recordBytes(collected.entity.message, collected.record) : 256;
    }
    from = page.next;
    if (!from) return result(undefined);
  }
}

interface Keys {
  readonly partition: string;
  readonly sort: string;
  /** In the order of a position: the sort key, and of an index the table's key behind it. */
  readonly position: readonly string[];
  /** Of the database's index. */
  readonly indexName?: string;
  /** It is behind the table. */
  readonly isBehind: boolean;
  /** It has part of the rows. */
  readonly isPart: boolean;
}

function keysOf({ single, kindOf }: Collecting, { index }: CollectionQuery): Keys {
  const own = { partition: single.partition, sort: single.sort };
  if (index === undefined) return { ...own, position: [single.sort], isBehind: false, isPart: false };
  const name = index.padEnd(3, "_");
  const { isLocal, isPart } = kindOf(name);
  const { sort, ...named } = single.indexes.get(name) ?? { partition: `${name}PK`, sort: `${name}SK` };
  const partition = isLocal ? single.partition : named.partition;
  const position = [...new Set([sort, single.partition, single.sort])];
  return { partition, sort, position, indexName: name, isBehind: !isLocal, isPart };
}

async function pageOf(
  collecting: Collecting,
  query: CollectionQuery,
  window: CollectionWindow,
  keys: Keys,
  from: Item | undefined,
  call: Call,
): Promise<{ readonly items: readonly Item[]; readonly next: Item | undefined }> {
  const { session, name, single } = collecting;
  const places = new Places();
  const own = `${places.name(keys.partition)} = ${places.value({ S: query.partition })}`;
  const KeyConditionExpression = [own, ...rangeText(keys, query.sort, places)].join(" AND ");
  const projection = keys.isPart ? {} : projectionText(collecting, query, window, keys, places);
  const { Items = [], LastEvaluatedKey } = await session.read(
    (client, { QueryCommand }, options) =>
      client.send(
        new QueryCommand({
          TableName: name,
          ...(keys.indexName !== undefined && { IndexName: keys.indexName }),
          KeyConditionExpression,
          ConsistentRead: !keys.isBehind && isStrong(window.consistency),
          ScanIndexForward: !query.reverse,
          Limit: Math.min(Math.max(window.limit + 1, 2), window.maxExamined + 1, LARGEST_PAGE),
          ...projection,
          ...places.given,
          ...(from && { ExclusiveStartKey: from }),
        }),
        options,
      ),
    call,
  );
  const found = Items.filter((item) => lies(query.sort, item[keys.sort]?.S ?? ""));
  if (!keys.isPart) return { items: found, next: LastEvaluatedKey };
  const key = { partitionName: single.partition, sortName: single.sort };
  const wanted = found.map((item) => ({
    table: { name, key },
    key: Object.fromEntries([single.partition, single.sort].map((each) => [each, item[each] ?? { S: "" }])),
  }));
  const items = await itemsOf(session, wanted, { fields: undefined, strong: false }, call);
  const isThere = (item: Item | undefined, i: number): item is Item =>
    item?.[keys.partition]?.S === query.partition && item[keys.sort]?.S === found[i]?.[keys.sort]?.S;
  return { items: items.filter(isThere), next: LastEvaluatedKey };
}

/** What is needed of the rows of any of the entities; items that none of them knows are needed whole. */
function projectionText(
  { single, tables }: Collecting,
  { entities, unknown }: CollectionQuery,
  { fields }: CollectionWindow,
  keys: Keys,
  places: Places,
): { readonly ProjectionExpression?: string } {
  const names = new Set([single.partition, single.sort, single.type, keys.partition, keys.sort]);
  for (const entity of entities) {
    const needed = fields.get(entity);
    const table = tables.get(entity.name);
    if (unknown || !needed || !table) return {};
    for (const ordinal of projectedOrdinals(entity, needed)) names.add(table.attributes[ordinal]?.name ?? "");
  }
  return { ProjectionExpression: [...names].map((name) => places.name(name)).join(", ") };
}

/** No item has an empty sort key. */
function isEmpty({ lower, upper }: TextRange): boolean {
  if (!upper) return false;
  if (upper.text === "") return true;
  const compared = lower ? byBytes(lower.text, upper.text) : -1;
  return compared > 0 || (compared === 0 && !(lower?.inclusive === true && upper.inclusive));
}

/** The database takes one condition on the sort key; what of it is exclusive is looked at in `lies`. An empty text is no lower bound. */
function rangeText({ sort }: Keys, { prefix, lower, upper }: TextRange, places: Places): readonly string[] {
  const at = (text: string): string => places.value({ S: text });
  if (prefix !== undefined && prefix !== "") return [`begins_with(${places.name(sort)}, ${at(prefix)})`];
  const [from, to] = [lower?.text ?? "", upper?.text ?? ""];
  if (from !== "" && to !== "") return [`${places.name(sort)} BETWEEN ${at(from)} AND ${at(to)}`];
  if (from !== "") return [`${places.name(sort)} >= ${at(from)}`];
  return to === "" ? [] : [`${places.name(sort)} <= ${at(to)}`];
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function lies({ prefix, lower, upper }: TextRange, text: string): boolean {
  if (prefix !== undefined) return text.startsWith(prefix);
  const isIn = (compared: number, inclusive: boolean): boolean => compared < 0 || (compared === 0 && inclusive);
  return (
    (!lower || isIn(byBytes(lower.text, text), lower.inclusive)) &&
    (!upper || isIn(byBytes(text, upper.text), upper.inclusive))
  );
}

interface Wanted {
  readonly wanted: ReadonlySet<EntityModel>;
  readonly unknown: boolean;
}

/** Undefined for what is not asked for, or not to be seen. */
function collectedOf(
  { single, tables }: Collecting,
  keys: Keys,
  { wanted, unknown }: Wanted,
  item: Item,
  { visible, fields }: CollectionWindow,
): CollectedItem | undefined {
  const sortKey = item[keys.sort]?.S ?? "";
  const type = item[single.type]?.S ?? "";
  const table = tables.get(type);
  if (!table) {
    const isOurs = item[single.sort]?.S === OURS;
    return unknown && !isOurs ? { kind: "unknown", sortKey, type, content: contentOf(single, item) } : undefined;
  }
  const { entity } = table;
  if (!wanted.has(entity)) return undefined;
  try {
    const record = recordOf(table, item, fields.get(entity));
    return isVisible(entity, record, visible) ? { kind: "row", sortKey, entity, record } : undefined;
  } catch (error) {
    return { kind: "failed", sortKey, entity, error };
  }
}

/** Without the attributes that make it an item of the table. */
function contentOf(single: SingleTable, item: Item): { readonly [name: string]: unknown } {
  const hidden = new Set([single.partition, single.sort, single.type, SWEPT_AT]);
  return Object.fromEntries(
    Object.entries(item)
      .filter(([name]) => !hidden.has(name))
      .map(([name, stored]) => [name, plainOf(stored)]),
  );
}

/** As JSON has it: numbers that a double holds, other ones as text; bytes in base64. */
function plainOf(stored: AttributeValue): unknown {
  if (stored.S !== undefined) return stored.S;
  if (stored.N !== undefined) return numberOf(stored.N);
  if (stored.BOOL !== undefined) return stored.BOOL;
  if (stored.B !== undefined) return Buffer.from(stored.B).toString("base64");
  if (stored.L !== undefined) return stored.L.map(plainOf);
  if (stored.M !== undefined)
    return Object.fromEntries(Object.entries(stored.M).map(([name, each]) => [name, plainOf(each)]));
  if (stored.SS !== undefined) return stored.SS;
  if (stored.NS !== undefined) return stored.NS.map(numberOf);
  if (stored.BS !== undefined) return stored.BS.map((each) => Buffer.from(each).toString("base64"));
  return null;
}

function numberOf(text: string): number | string {
  const number = Number(text);
  return String(number) === text ? number : text;
}

function cursorAt({ position }: Keys, item: Item | undefined): Cursor {
  return Buffer.from(JSON.stringify(position.map((name) => item?.[name]?.S ?? "")));
}

function positionIn(keys: Keys, { partition }: CollectionQuery, after: Cursor): Item {
  const texts: unknown = JSON.parse(Buffer.from(after).toString());
  if (!Array.isArray(texts) || texts.length !== keys.position.length)
    throw new Fault("PAGE_TOKEN_INVALID", "the page token was made for another query; start again without it");
  const own = keys.position.map((name, i) => [name, { S: String(texts[i]) }] as const);
  return { [keys.partition]: { S: partition }, ...Object.fromEntries(own) };
}
