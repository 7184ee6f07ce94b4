/**
 * Unique indexes, each value in a row of a table beside (`unique_tables`). A write reads its row, takes the values that the row will have,
 * and writes the row if it is still what was read. Who finds a value taken looks at the row that has it: where that does not hold the value,
 * its fence is changed, so that no write which is under way there can be applied any more, and the value is taken over. A value is taken anew by
 * every attempt, so that it cannot be taken over between the look and the write. What a crash leaves behind is a value that nobody holds.
 */

import { createHash, randomUUID } from "node:crypto";
import type { Call } from "../../../model/call.ts";
import type { EntityModel, IndexModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import { keyOf, type Key } from "../../../model/key.ts";
import type { EntityRecord } from "../../../model/value.ts";
import { isDeleted, isExpired } from "../../../model/visibility.ts";
import { keyPath } from "../../planner/access-path.ts";
import { decodeCursor, encodeCursor } from "../../reading/keyset.ts";
import { keyBytes } from "../../ordered/interval.ts";
import { nameBytes } from "../../ordered/key-bytes.ts";
import { quote } from "../../sql/quote.ts";
import type { WriteLevels } from "../cluster/consistency.ts";
import type { CqlRow, CqlValue } from "../cluster/driver.ts";
import { unlessSure } from "../failure.ts";
import { fenceText, type WriteText } from "./mutate.ts";
import { allColumns, encodeKey, metRow, type MetRow } from "../tables/row.ts";
import { FENCE, type CqlTable } from "../tables/table.ts";
import { APPLIED, ATTEMPTS, pause, type Writer } from "./writer.ts";

const TABLE = "pannier_unique";

export function createUniqueText(keyspace: string): string {
  return `CREATE TABLE IF NOT EXISTS ${quote(keyspace)}.${TABLE} (value text PRIMARY KEY, owner text, claim text)`;
}

/** A value, and the index that it is unique in. */
export interface UniqueValue {
  readonly id: string;
  readonly index: IndexModel;
}

export interface Claiming {
  readonly writer: Writer;
  readonly table: CqlTable;
  readonly levels: WriteLevels;
  /** Nanoseconds: which rows have expired. */
  readonly now: bigint;
}

/** What a row has to itself: nothing where it is soft-deleted or expired, or lacks a field of the index. */
export function valuesOf(table: CqlTable, record: EntityRecord | undefined, now: bigint): readonly UniqueValue[] {
  const { entity, uniques } = table;
  if (!record || isDeleted(entity, record) || isExpired(entity, record, now)) return [];
  return uniques.flatMap((index) => {
    if (index.parts.some(({ ordinal }) => record[ordinal] === undefined)) return [];
    const prefix = Buffer.concat([nameBytes(table.name), nameBytes(index.name)]);
    const bytes = keyBytes({ entity, prefix, terms: index.parts }, record);
    return [{ id: createHash("sha256").update(bytes).digest("base64url"), index }];
  });
}

/** A row as a write meets it; the fence also of what is no row. */
export interface FencedRow {
  readonly met: MetRow | undefined;
  readonly fence: CqlValue;
}

/** As it is in the order of lightweight transactions. */
export async function readFenced(
  { writer, levels }: Pick<Claiming, "writer" | "levels">,
  table: CqlTable,
  key: Key,
  call: Call,
): Promise<FencedRow> {
  const text = `SELECT ${allColumns(table)} FROM ${table.sql} WHERE ${table.whereKey}`;
  const parameters = encodeKey(table, key);
  const { rows } = await writer.session.run({ text, parameters, consistency: levels.serial, isRead: true }, call);
  return { met: metRow(table, rows[0], key), fence: rows[0]?.[FENCE] ?? null };
}

/** Who has a value, and by which attempt; both null is nobody. */
export interface Taken {
  readonly owner: CqlValue;
  readonly claim: CqlValue;
}

/** Takes a value for the row of this key, from nobody, from itself, or from a row that does not hold it. @throws Fault where one does */
export async function takeValue(claiming: Claiming, value: UniqueValue, key: Key, call: Call): Promise<string> {
  const { table } = claiming;
  const own = ownerOf(table.entity, key);
  const claim = randomUUID();
  let taken = await send(claiming, insertText(table, value, own, claim), call);
  let known: CqlValue = null;
  for (let attempt = 0; attempt < ATTEMPTS && taken; attempt += 1) {
    if (attempt > 0) await pause(attempt, call);
    if (taken.owner !== null && taken.owner !== own && taken.claim !== known) {
      // Who has just taken it is mostly about to write its row: a fence would make both begin anew.
      known = taken.claim;
      await readOwner(claiming, value, keyIn(table.entity, taken.owner), call);
      await pause(attempt, call);
      taken = await look(claiming, value, call);
      continue;
    }
    if (taken.owner === null) taken = await send(claiming, insertText(table, value, own, claim), call);
    else {
      if (taken.owner !== own && !(await isFreed(claiming, value, taken.owner, call))) {
        taken = await look(claiming, value, call);
        continue;
      }
      taken = await send(claiming, takeText(table, value, own, claim, taken), call);
    }
  }
  if (taken) throw new Fault("TRANSACTION_CONFLICT", "a unique value was taken by others each time; try again");
  return claim;
}

/** False where its row was changed meanwhile. @throws Fault where its row holds the value */
async function isFreed(claiming: Claiming, value: UniqueValue, owner: CqlValue, call: Call): Promise<boolean> {
  const { table } = claiming;
  const key = keyIn(table.entity, owner);
  const { met, fence } = await readOwner(claiming, value, key, call);
  return (await send(claiming, fenceText(table, key, met, fence, randomUUID()), call)) === undefined;
}

/** @throws Fault where the row holds the value */
async function readOwner(claiming: Claiming, value: UniqueValue, key: Key, call: Call): Promise<FencedRow> {
  const { table, now } = claiming;
  const row = await readFenced(claiming, table, key, call);
  const { met } = row;
  if (valuesOf(table, met?.record, now).some(({ id }) => id === value.id))
    throw new Fault(
      "UNIQUE_VIOLATION",
      `another row has these values already, and the index ${value.index.name} is unique`,
      { entity: table.entity.name, constraint: value.index.name },
    );
  return row;
}

/** Who has a value before it is given up, so that it is given up by nobody else. */
export async function look(claiming: Claiming, { id }: UniqueValue, call: Call): Promise<Taken> {
  const { writer, table, levels } = claiming;
  const text = `SELECT owner, claim FROM ${placeOf(table)} WHERE value = ?`;
  const { rows } = await writer.session.run({ text, parameters: [id], consistency: levels.serial, isRead: true }, call);
  return takenIn(rows[0]);
}

/** Gives a value up that the row of this key had as it was seen; somebody else's, and one that was taken anew, stays. */
export async function giveUp(
  claiming: Claiming,
  { id }: UniqueValue,
  seen: Taken | undefined,
  call: Call,
): Promise<void> {
  if (!seen || seen.owner === null) return;
  const text = `DELETE FROM ${placeOf(claiming.table)} WHERE value = ? IF owner = ? AND claim = ?`;
  // What stays behind is a value that its row does not hold: the next who wants it takes it over.
  await send(claiming, { text, parameters: [id, seen.owner, seen.claim] }, call).catch(() => {});
}

function ownerOf(entity: EntityModel, key: Key): string {
  const record: (EntityRecord[number] | undefined)[] = entity.fields.map(() => undefined);
  entity.key.forEach((part, i) => (record[part.ordinal] = key[i]));
  return Buffer.from(encodeCursor(keyPath(entity).terms, entity, record)).toString("base64url");
}

function keyIn(entity: EntityModel, owner: CqlValue): Key {
  const bytes = Buffer.from(typeof owner === "string" ? owner : "", "base64url");
  return keyOf(entity, decodeCursor(keyPath(entity).terms, entity, bytes));
}

function placeOf({ keyspace }: CqlTable): string {
  return `${quote(keyspace)}.${TABLE}`;
}

function insertText(table: CqlTable, { id }: UniqueValue, owner: string, claim: string): WriteText {
  const text = `INSERT INTO ${placeOf(table)} (value, owner, claim) VALUES (?, ?, ?) IF NOT EXISTS`;
  return { text, parameters: [id, owner, claim] };
}

function takeText(table: CqlTable, { id }: UniqueValue, owner: string, claim: string, taken: Taken): WriteText {
  const text = `UPDATE ${placeOf(table)} SET owner = ?, claim = ? WHERE value = ? IF owner = ? AND claim = ?`;
  return { text, parameters: [owner, claim, id, taken.owner, taken.claim] };
}

/** Undefined where it was applied; what is there instead otherwise. */
async function send({ writer, levels }: Claiming, text: WriteText, call: Call): Promise<Taken | undefined> {
  try {
    const statement = { ...text, consistency: levels.commit, serial: levels.serial, isRead: false };
    const [answer] = (await writer.session.run(statement, call)).rows;
    return answer?.[APPLIED] === true ? undefined : takenIn(answer);
  } catch (error) {
    throw unlessSure(error, "decided");
  }
}

function takenIn(row: CqlRow | undefined): Taken {
  return { owner: row?.["owner"] ?? null, claim: row?.["claim"] ?? null };
}
