/** Windows of a whole table, or of one of its segments: DynamoDB's Scan, which goes on behind any item's key, also another entity's. */

import { recordBytes } from "../../model/size.ts";
import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { Cursor, ScanWindow, Window } from "../adapter.ts";
import { decodeCursor } from "../keyset.ts";
import type { WindowBuilder } from "../ordered/window-builder.ts";
import type { Item } from "./driver.ts";
import { Places } from "./expressions.ts";
import { keyAttribute } from "./path.ts";
import { projectionText, type Reading } from "./reading.ts";
import { isOwn, keyItemOf, recordOf } from "./table.ts";

export async function scanTable(
  reading: Reading,
  builder: WindowBuilder,
  { after, maxExamined = MOST_EXAMINED }: Window,
  call: Call,
): Promise<ScanWindow> {
  const { table, fields } = reading;
  let from = after && positionIn(reading, after);
  let size = reading.page;
  if (table.type) size = Math.min(Math.max(size, FIRST_SHARED), maxExamined + 1);
  for (let examined = 0; ;) {
    const page = await pageOf({ ...reading, page: size }, from, call);
    for (const item of page.items) {
      if (builder.isFull) return builder.result(false);
      builder.look(recordOf(table, item, fields), (row) => recordBytes(table.entity.message, row));
    }
    from = page.next;
    if (!from) return builder.result(true);
    examined += page.examined;
    // Most of a table may be others'.
    if (table.type) size = Math.min(4 * size, LARGEST_PAGE, Math.max(1, maxExamined - examined));
    if (examined >= maxExamined) return { ...builder.result(false), next: cursorAt(reading, from) };
  }
}

/** Items looked at for one window at the most, other entities' too. */
const MOST_EXAMINED = 2_000;

/** Items of the first page where other entities share the table, and of the largest. */
const FIRST_SHARED = 100;
const LARGEST_PAGE = 1_000;

interface Page {
  /** Of the entity. */
  readonly items: readonly Item[];
  readonly examined: number;
  readonly next: Item | undefined;
}

async function pageOf(reading: Reading, from: Item | undefined, call: Call): Promise<Page> {
  const { table, session, strong, page, plan } = reading;
  const places = new Places();
  const projection = projectionText(reading, places);
  const { type } = table;
  const filter = type && { FilterExpression: `${places.name(type.name)} = ${places.value({ S: type.value })}` };
  const { segment } = plan;
  const {
    Items = [],
    ScannedCount,
    LastEvaluatedKey,
  } = await session.read(
    (client, { ScanCommand }, options) =>
      client.send(
        new ScanCommand({
          TableName: table.name,
          ConsistentRead: strong,
          Limit: page,
          ...projection,
          ...filter,
          ...places.given,
          ...(segment && { Segment: segment.index, TotalSegments: segment.of }),
          ...(from && { ExclusiveStartKey: from }),
        }),
        options,
      ),
    call,
  );
  const items = Items.filter((item) => isOwn(table, item));
  return { items, examined: ScannedCount ?? Items.length, next: LastEvaluatedKey };
}

/** The first byte of a position that is an item's key; those of rows have another. */
const KEY = 0xff;

function cursorAt({ table: { key } }: Reading, at: Item): Cursor {
  const parts = [key.partitionName, key.sortName].flatMap((name) => {
    const stored = name === undefined ? undefined : at[name];
    const bytes = stored?.B ?? (stored?.S === undefined ? undefined : Buffer.from(stored.S));
    return bytes ? [bytes] : [];
  });
  const lengths = Buffer.alloc(2);
  lengths.writeUInt16BE(parts[0]?.length ?? 0);
  return Buffer.concat([Buffer.of(KEY), lengths, ...parts]);
}

function positionIn({ table }: Reading, after: Cursor): Item {
  const { key, entity } = table;
  if (after[0] !== KEY) return keyItemOf(key, decodeCursor(key.order.terms, entity, after), entity);
  const bytes = Buffer.from(after);
  if (bytes.length < 3 || bytes.length < 3 + bytes.readUInt16BE(1))
    throw new Fault("PAGE_TOKEN_INVALID", "the page token was made for another query; start again without it");
  const end = 3 + bytes.readUInt16BE(1);
  return {
    [key.partitionName]: keyAttribute(key, bytes.subarray(3, end)),
    ...(key.sortName !== undefined && { [key.sortName]: keyAttribute(key, bytes.subarray(end)) }),
  };
}
