/** What was committed with a request_id, in a column that a partition's rows share: written in the batch that writes the rows. */

import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { Key } from "../../../model/key.ts";
import type { RecordedRequest, StepOutcome } from "../../adapter.ts";
import { DocumentError } from "../../document/json.ts";
import { keptRequestOf, requestText } from "../../document/recorded-outcomes.ts";
import { recallKept, REMEMBERED_SECONDS, type Recall } from "../../writing/recorded-request.ts";
import { quote } from "../../sql/quote.ts";
import type { CqlValue } from "../cluster/driver.ts";
import type { WriteText } from "./mutate.ts";
import type { Session } from "../cluster/session.ts";
import { REQUESTS, type CqlTable } from "../tables/table.ts";

/** Seconds that the database keeps a record: an hour longer than it counts, because our clock decides. */
const TIME_TO_LIVE = REMEMBERED_SECONDS + 3_600;

const REQUESTS_SQL = quote(REQUESTS);

/** Where a record lies. */
export interface RecordPlace {
  readonly table: CqlTable;
  /** Of any row of the partition. */
  readonly key: Key;
  readonly request: RecordedRequest;
}

/** What lies there; null is nothing. It may be too old to count. */
export interface StoredRecord {
  readonly stored: string | null;
  readonly recalled: Recall;
}

/** @param entities by step: whose record the outcome can hold */
export async function readRecord(
  session: Session,
  place: RecordPlace,
  entities: readonly EntityModel[],
  serial: number,
  call: Call,
): Promise<StoredRecord> {
  const { table, request } = place;
  const text = `SELECT ${REQUESTS_SQL}[?] AS record FROM ${table.sql} WHERE ${table.wherePartition} LIMIT 1`;
  const parameters = [request.id, ...partitionOf(place)];
  const { rows } = await session.run({ text, parameters, consistency: serial, isRead: true }, call);
  const stored = rows[0]?.["record"] ?? null;
  if (stored === null) return { stored, recalled: undefined };
  if (typeof stored !== "string") throw new DocumentError("a recorded outcome is no text");
  return { stored, recalled: recallKept(request, keptRequestOf(stored, entities)) };
}

/** Applied only where nobody has recorded under the id meanwhile. */
export function recordText(
  place: RecordPlace,
  outcomes: readonly StepOutcome[],
  entities: readonly EntityModel[],
  { stored }: StoredRecord,
): WriteText {
  const { table, request } = place;
  const record = requestText(request, outcomes, entities);
  return {
    text: `UPDATE ${table.sql} USING TTL ${TIME_TO_LIVE} SET ${REQUESTS_SQL}[?] = ? WHERE ${table.wherePartition} IF ${REQUESTS_SQL}[?] = ?`,
    parameters: [request.id, record, ...partitionOf(place), request.id, stored],
  };
}

function partitionOf({ table, key }: RecordPlace): readonly CqlValue[] {
  return table.partition.map((column) => {
    const value = key[table.key.indexOf(column)];
    return value === undefined ? null : column.bind(value);
  });
}
