/** Query: the rows of several entities in one partition, page by page. */

import type { CollectionPage } from "../api/collection.ts";
import type { CallOptions } from "../api/options.ts";
import { codecOf, FieldError } from "../codec/message-codec.ts";
import { Reader } from "../codec/reader.ts";
import { Writer } from "../codec/writer.ts";
import { invalidRequest, itemError, itemStatus, type ItemStatus } from "../error/status.ts";
import { writeQuery, type Asked } from "../request/collection.ts";
import type { EntityTable } from "../schema/tables.ts";
import { ValueError } from "../value/value-error.ts";
import { rowReader, type ReadRow, type Row } from "./answers.ts";
import type { Caller, Method } from "./caller.ts";

const query: Method = {
  path: "/pannier.v1.CollectionService/Query",
  entity: undefined,
  method: "Query",
  isRead: true,
};

type Members = Readonly<Record<string, EntityTable>>;
type Item = { readonly entity: string; readonly sortKey: string } & (
  { readonly ok: true; readonly value: Row } | { readonly ok: false; readonly error: unknown }
);

/** What is known of a member, by the full name of its entity. */
interface Member {
  readonly name: string;
  readonly table: EntityTable;
  readonly readRow: ReadRow;
}

export async function collect(caller: Caller, members: Members, asked: Asked): Promise<CollectionPage<Item>> {
  const request = encode(members, asked);
  const known = new Map(Object.entries(members).map(([name, table]) => [table.name, memberOf(name, table, asked)]));
  const answer = await caller.call({
    method: query,
    request,
    options: asked satisfies CallOptions,
    read: (bytes) => readAnswer(bytes, known),
  });
  return new ItemPage(answer, (pageToken) => collect(caller, members, { ...asked, pageToken }));
}

function encode(members: Members, asked: Asked): Uint8Array {
  const writer = new Writer();
  try {
    writeQuery(writer, members, asked);
  } catch (error) {
    if (error instanceof FieldError) throw invalidRequest(error.reason, error.path, error.problem, query);
    if (error instanceof ValueError) throw invalidRequest(error.reason, "request", error.message, query);
    throw error;
  }
  return writer.finish();
}

/** Fields of other members are none of this one. */
function memberOf(name: string, table: EntityTable, { fields }: Asked): Member {
  if (!Array.isArray(fields)) return { name, table, readRow: rowReader(table, undefined) };
  const own = fields.map(String).filter((field) => codecOf(table).fields.has(field));
  const version = table.version === undefined ? [] : [table.version];
  return { name, table, readRow: rowReader(table, [...own, ...version]) };
}

interface Answer {
  readonly items: readonly Item[];
  readonly nextPageToken: string;
  readonly partition: string;
}

function readAnswer(bytes: Uint8Array, known: ReadonlyMap<string, Member>): Answer {
  const reader = new Reader(bytes);
  const items: Item[] = [];
  let nextPageToken = "";
  let partition = "";
  while (reader.at < bytes.length) {
    const tag = reader.uint32();
    if (tag === 10) items.push(readItem(reader, known));
    else if (tag === 18) nextPageToken = reader.string();
    else if (tag === 26) partition = reader.string();
    else reader.skip(tag);
  }
  return { items, nextPageToken, partition };
}

function readItem(reader: Reader, known: ReadonlyMap<string, Member>): Item {
  const end = reader.end();
  let value: Uint8Array | undefined;
  let entity = "";
  let sortKey = "";
  let status: ItemStatus | undefined;
  while (reader.at < end) {
    const tag = reader.uint32();
    if (tag === 10) value = readPacked(reader);
    else if (tag === 18) entity = reader.string();
    else if (tag === 26) sortKey = reader.string();
    else if (tag === 34)
      status = codecOf(itemStatus).read(reader, reader.end()) as unknown as ItemStatus; // the table says so
    else reader.skip(tag);
  }
  const member = known.get(entity);
  if (!member) throw new ValueError("FIELD_INVALID", `an item is of ${entity}, which was not asked for`);
  if (status)
    return { ok: false, entity: member.name, sortKey, error: itemError(status, { entity, method: query.method }) };
  const row = value ?? new Uint8Array();
  return { ok: true, entity: member.name, sortKey, value: member.readRow(new Reader(row), row.length) };
}

/** The message inside an Any. */
function readPacked(reader: Reader): Uint8Array {
  const end = reader.end();
  let value = new Uint8Array();
  while (reader.at < end) {
    const tag = reader.uint32();
    if (tag === 18) value = new Uint8Array(reader.bytes());
    else reader.skip(tag);
  }
  return value;
}

class ItemPage implements CollectionPage<Item> {
  readonly items: readonly Item[];
  readonly partition: string;
  readonly nextPageToken: string | undefined;
  readonly #go: (token: string) => Promise<CollectionPage<Item>>;

  constructor({ items, partition, nextPageToken }: Answer, go: (token: string) => Promise<CollectionPage<Item>>) {
    this.items = items;
    this.partition = partition;
    this.nextPageToken = nextPageToken === "" ? undefined : nextPageToken;
    this.#go = go;
  }

  async next(): Promise<CollectionPage<Item> | undefined> {
    return this.nextPageToken === undefined ? undefined : this.#go(this.nextPageToken);
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.items[Symbol.iterator]();
  }
}
