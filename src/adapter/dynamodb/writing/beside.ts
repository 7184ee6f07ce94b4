/**
 * The items that belong to rows, in a table of their own: who has a value of a unique index, and what became of a request_id. They are
 * written in the transaction of the rows that they belong to.
 */

import { createHash } from "node:crypto";
import type { EntityModel, IndexModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import type { EntityRecord } from "../../../model/value.ts";
import type { RecordedRequest, StepOutcome } from "../../adapter.ts";
import { outcomesOf, outcomesText } from "../../document/recorded-outcomes.ts";
import { forgottenAt, recallKept, REMEMBERED_SECONDS, type Recall } from "../../writing/recorded-request.ts";
import { DocumentError } from "../../document/json.ts";
import { keyBytes } from "../../ordered/interval.ts";
import { nameBytes } from "../../ordered/key-bytes.ts";
import type { AttributeValue, Item } from "../driver.ts";
import { inputOf, Places, type ItemWrite } from "./expressions.ts";
import type { Layout } from "../items/layout.ts";
import { OURS } from "../items/names.ts";
import type { Named } from "../reading/read.ts";
import { itemBytes, keyItemOf, MOST_ITEM, SWEPT_AT, type Table } from "../items/table.ts";

/** Where they lie: in a table of their own, or among the rows of a store that has one table. */
export interface Beside extends Named {
  /** The whole key of an item. */
  keyOf(id: string): Item;
}

export function besideOf({ prefix, single }: Layout): Beside {
  if (!single)
    return { name: `${prefix}${OURS}beside`, key: { partitionName: "id" }, keyOf: (id) => ({ id: { S: id } }) };
  const { partition, sort } = single;
  return {
    name: `${prefix}${single.table}`,
    key: { partitionName: partition, sortName: sort },
    keyOf: (id) => ({ [partition]: { S: `${OURS}${id}` }, [sort]: { S: OURS } }),
  };
}

/** A value of a unique index, and the row that has it. */
export interface Marker {
  readonly id: string;
  readonly index: IndexModel;
  /** Equal exactly for one row. */
  readonly owner: string;
  /** The row's primary key. */
  readonly key: Item;
}

/** What a row has to itself. One that is soft-deleted, or lacks a field of the index, has nothing. */
export function markersOf(table: Table, record: EntityRecord | undefined): readonly Marker[] {
  const { entity, unique } = table;
  const { deletedAt } = entity.managed;
  if (!record || (deletedAt !== undefined && record[deletedAt] !== undefined)) return [];
  return unique.flatMap((index) => {
    if (index.parts.some(({ ordinal }) => record[ordinal] === undefined)) return [];
    const prefix = Buffer.concat([nameBytes(entity.name), nameBytes(index.name)]);
    const value = keyBytes({ entity, prefix, terms: index.parts }, record);
    const id = `unique ${createHash("sha256").update(value).digest("base64url")}`;
    return [{ id, index, owner: ownerOf(table, record), key: keyItemOf(table.key, record, entity) }];
  });
}

export function ownerOf({ entity, key }: Table, record: EntityRecord): string {
  const bytes = Buffer.concat([nameBytes(entity.name), keyBytes(key.order, record)]);
  return bytes.toString("base64");
}

/** The owner that a marker names, as it was met. */
export function metMarker(item: Item | undefined): { readonly owner: string; readonly key: Item } | undefined {
  const owner = item?.["owner"]?.S;
  const key = item?.["row"]?.M;
  return owner === undefined || !key ? undefined : { owner, key };
}

/** @param from who may have it so far, beside nobody */
export function claimWrite(beside: Beside, { id, owner, key }: Marker, from: string | undefined): ItemWrite {
  const places = new Places();
  const condition = ownedBy(beside, places, [owner, ...(from === undefined ? [] : [from])]);
  const item = { ...beside.keyOf(id), owner: { S: owner }, row: { M: { ...key } } };
  return { kind: "Put", input: { ...inputOf(beside.name, condition, places), Item: item } };
}

export function releaseWrite(beside: Beside, { id, owner }: Marker): ItemWrite {
  const places = new Places();
  const condition = ownedBy(beside, places, [owner]);
  return { kind: "Delete", input: { ...inputOf(beside.name, condition, places), Key: beside.keyOf(id) } };
}

function ownedBy({ key }: Beside, places: Places, owners: readonly string[]): string {
  const tests = owners.map((owner) => `${places.name("owner")} = ${places.value({ S: owner })}`);
  return [`attribute_not_exists(${places.name(key.partitionName)})`, ...tests].join(" OR ");
}

export function requestKey(beside: Beside, { id }: RecordedRequest): Item {
  return beside.keyOf(`request ${createHash("sha256").update(id).digest("base64url")}`);
}

/** Undefined where the id is new, or was forgotten. */
export function recall(
  item: Item | undefined,
  request: RecordedRequest,
  entities: readonly (EntityModel | undefined)[],
): Recall {
  if (!item) return undefined;
  const at = item["at"]?.N;
  const digest = item["digest"]?.B;
  const outcomes = item["outcomes"]?.S;
  if (at === undefined || !digest || outcomes === undefined) throw new DocumentError("a recorded outcome is malformed");
  return recallKept(request, { at: BigInt(at), digest, outcomes: () => outcomesOf(outcomes, entities) });
}

/** @param outcomes in the order of `entities` */
export function requestWrite(
  beside: Beside,
  request: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: readonly (EntityModel | undefined)[],
): ItemWrite {
  const item: { [name: string]: AttributeValue } = {
    ...requestKey(beside, request),
    at: { N: String(request.now) },
    digest: { B: request.digest },
    outcomes: { S: outcomesText(outcomes, entities) },
    [SWEPT_AT]: { N: String(request.now / 1_000_000_000n + BigInt(2 * REMEMBERED_SECONDS)) },
  };
  if (itemBytes(item) > MOST_ITEM)
    throw new Fault(
      "RESPONSE_TOO_LARGE",
      `the answer is larger than what this store can remember with a request_id (${MOST_ITEM} bytes); ask for less by read_mask, or leave the request_id out`,
      { field: "request_id" },
    );
  const places = new Places();
  const isOld = `${places.name("at")} <= ${places.value({ N: String(forgottenAt(request.now)) })}`;
  const condition = `attribute_not_exists(${places.name(beside.key.partitionName)}) OR ${isOld}`;
  return { kind: "Put", input: { ...inputOf(beside.name, condition, places), Item: item } };
}
