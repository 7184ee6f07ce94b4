/** Windows of a whole table, or of one of its segments: DynamoDB's Scan, which goes on behind any item's key, also another entity's. */

import { recordBytes } from "../../../model/size.ts";
import type { Call } from "../../../model/call.ts";
import type { Cursor, ScanWindow, Window } from "../../adapter.ts";
import { decodeCursor } from "../../reading/keyset.ts";
import type { WindowBuilder } from "../../ordered/window-builder.ts";
import type { Rows } from "../items/damage.ts";
import type { Item } from "../driver.ts";
import { Places } from "../writing/expressions.ts";
import { itemAt, itemCursor } from "../items/item-cursor.ts";
import { LARGEST_PAGE, projectionText, type Reading } from "./reading.ts";
import { isOwn, keyItemOf } from "../items/table.ts";

export async function scanTable(
  reading: Rows,
  builder: WindowBuilder,
  { after, maxExamined = MOST_EXAMINED }: Window,
  call: Call,
): Promise<ScanWindow> {
  const { table, rows } = reading;
  let from = after && positionIn(reading, after);
  let size = reading.page;
  if (table.type) size = Math.min(Math.max(size, FIRST_SHARED), maxExamined + 1);
  for (let examined = 0; ;) {
    const page = await pageOf({ ...reading, page: size }, from, call);
    for (const item of page.items) {
      if (builder.isFull) return builder.result(false);
      const record = rows.read(item);
      rows.check(record);
      builder.look(record, (row) => recordBytes(table.entity.message, row));
    }
    from = page.next;
    if (!from) return builder.result(true);
    examined += page.examined;
    // Most of a table may be others'.
    if (table.type) size = Math.min(4 * size, LARGEST_PAGE, Math.max(1, maxExamined - examined));
    if (examined >= maxExamined) return { ...builder.result(false), next: itemCursor(reading, from) };
  }
}

/** Items looked at for one window at the most, other entities' too. */
const MOST_EXAMINED = 2_000;

/** Items of the first page where other entities share the table. */
const FIRST_SHARED = 100;

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

function positionIn(reading: Reading, after: Cursor): Item {
  const { key, entity } = reading.table;
  return itemAt(reading, after) ?? keyItemOf(key, decodeCursor(key.order.terms, entity, after), entity);
}
