/** Answers of a repository from bytes. */

import type { ItemResult } from "../api/page.ts";
import { codecOf, readMessage } from "../codec/message-codec.ts";
import { Reader } from "../codec/reader.ts";
import { itemError, itemStatus, type ItemStatus, type Subject } from "../error/status.ts";
import type { EntityTable, MessageTable } from "../schema/tables.ts";
import type { Timestamp } from "../value/timestamp.ts";

export type Row = Readonly<Record<string, unknown>>;

/** Reads rows; where the answer was cut to some fields, the zeros of the others are taken out. */
export type ReadRow = (reader: Reader, end: number) => Row;

export function rowReader(entity: EntityTable, fields: readonly string[] | undefined): ReadRow {
  const codec = codecOf(entity);
  if (fields === undefined) return (reader, end) => codec.read(reader, end);
  const asked = new Set([...fields, ...entity.key]);
  if (entity.version !== undefined && fields.length > 0) asked.add(entity.version);
  const others = entity.fields.map(({ name }) => name).filter((name) => !asked.has(name));
  return (reader, end) => {
    const row: Record<string, unknown> = { ...codec.read(reader, end) };
    for (const name of others) delete row[name];
    return row;
  };
}

/** What Create, Get, Update, Put, Delete and Undelete answer. */
export interface RowAnswer {
  readonly row: Row | undefined;
  readonly created: boolean;
}

export function readRowAnswer(bytes: Uint8Array, readRow: ReadRow): RowAnswer {
  const reader = new Reader(bytes);
  let row: Row | undefined;
  let created = false;
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag === 10) row = readRow(reader, reader.end());
    else if (tag === 16) created = reader.uint32() !== 0;
    else reader.skip(tag);
  }
  return { row, created };
}

/** What BatchGet and BatchWrite answer. */
export function readResults(bytes: Uint8Array, readRow: ReadRow, subject: Subject): readonly ItemResult<Row>[] {
  const reader = new Reader(bytes);
  const results: ItemResult<Row>[] = [];
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag === 10) results.push(readResult(reader, readRow, subject));
    else reader.skip(tag);
  }
  return results;
}

function readResult(reader: Reader, readRow: ReadRow, subject: Subject): ItemResult<Row> {
  const end = reader.end();
  let entity: Row | undefined;
  let created = false;
  let trimmed = false;
  let status: ItemStatus | undefined;
  while (reader.at < end) {
    const tag = reader.uint32();
    if (tag === 10) entity = readRow(reader, reader.end());
    else if (tag === 18) status = readItemStatus(reader);
    else if (tag === 24) created = reader.uint32() !== 0;
    else if (tag === 32) trimmed = reader.uint32() !== 0;
    else reader.skip(tag);
  }
  return status ? { ok: false, error: itemError(status, subject) } : { ok: true, entity, created, trimmed };
}

function readItemStatus(reader: Reader): ItemStatus {
  return codecOf(itemStatus).read(reader, reader.end()) as unknown as ItemStatus; // the table says so
}

export interface ListAnswer {
  readonly rows: readonly Row[];
  readonly nextPageToken: string;
  readonly totalSize: number | undefined;
}

export function readListAnswer(bytes: Uint8Array, readRow: ReadRow): ListAnswer {
  const reader = new Reader(bytes);
  const rows: Row[] = [];
  let nextPageToken = "";
  let totalSize: number | undefined;
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag === 10) rows.push(readRow(reader, reader.end()));
    else if (tag === 18) nextPageToken = reader.string();
    else if (tag === 24) totalSize = Number(reader.int64());
    else reader.skip(tag);
  }
  return { rows, nextPageToken, totalSize };
}

export interface FrameAnswer {
  readonly resumeToken: string;
  readonly firstIndex: bigint;
  readonly pageNumber: number;
  readonly readAt?: Timestamp;
  readonly progress?: ProgressAnswer;
  readonly error?: ItemStatus;
}

interface ProgressAnswer {
  readonly entities: bigint;
  readonly pages: bigint;
  readonly errors: bigint;
  readonly startedAt?: Timestamp;
  readonly rate: number;
}

const progressTable: MessageTable = {
  name: "pannier.v1.ScanProgress",
  fields: [
    { name: "entities", proto: "entities", number: 1, kind: "int64" },
    { name: "pages", proto: "pages", number: 2, kind: "int64" },
    { name: "errors", proto: "errors", number: 3, kind: "int64" },
    { name: "startedAt", proto: "started_at", number: 4, kind: "timestamp" },
    { name: "rate", proto: "rate", number: 5, kind: "double" },
  ],
};

/** All of a frame but its rows, which are field 1. */
const frameTable: MessageTable = {
  name: "ScanResponse",
  fields: [
    { name: "resumeToken", proto: "resume_token", number: 2, kind: "string" },
    { name: "firstIndex", proto: "first_index", number: 3, kind: "int64" },
    { name: "pageNumber", proto: "page_number", number: 4, kind: "int32" },
    { name: "readAt", proto: "read_at", number: 5, kind: "timestamp" },
    { name: "progress", proto: "progress", number: 6, kind: "message", message: () => progressTable },
    { name: "error", proto: "error", number: 7, kind: "message", message: () => itemStatus },
  ],
};

export function readFrame(bytes: Uint8Array, readRow: ReadRow): FrameAnswer & { readonly rows: readonly Row[] } {
  const reader = new Reader(bytes);
  const rows: Row[] = [];
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag === 10) rows.push(readRow(reader, reader.end()));
    else reader.skip(tag);
  }
  const rest = readMessage(frameTable, bytes) as unknown as FrameAnswer; // the table says so
  return { ...rest, rows };
}

/** What Count (a number) and Exists (a truth) answer: field 1. */
export function readNumber(bytes: Uint8Array): number {
  const reader = new Reader(bytes);
  let number = 0;
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag === 8) number = Number(reader.int64());
    else reader.skip(tag);
  }
  return number;
}
