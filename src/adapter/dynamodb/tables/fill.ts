/** Attributes of indexes that are new, for the rows that were there before. */

import type { Call } from "../../../model/call.ts";
import { nameOf } from "../failure.ts";
import type { Item } from "../driver.ts";
import { rowWrite } from "../writing/expressions.ts";
import { itemsOf } from "../reading/read.ts";
import type { Session } from "../session.ts";
import { isOwn, metRow, type Table } from "../items/table.ts";
import { sendWrites } from "../writing/transact.ts";
import { keyIn } from "../writing/expressions.ts";

/** Rows of one page. */
const PAGE = 200;

/** Attempts at a row that others write meanwhile. */
const ATTEMPTS = 20;

/** By compare-and-set on what was read, so that nobody's write is lost. */
export async function fillIndexes(session: Session, name: string, tables: readonly Table[], call: Call): Promise<void> {
  let from: Item | undefined;
  do {
    const start = from;
    const { Items = [], LastEvaluatedKey } = await session.read(
      (client, { ScanCommand }, options) =>
        client.send(
          new ScanCommand({
            TableName: name,
            ConsistentRead: true,
            Limit: PAGE,
            ...(start && { ExclusiveStartKey: start }),
          }),
          options,
        ),
      call,
    );
    for (const item of Items) {
      const table = tables.find((each) => isOwn(each, item));
      if (table) await fillRow(session, table, item, call);
    }
    from = LastEvaluatedKey;
  } while (from);
}

async function fillRow(session: Session, table: Table, first: Item, call: Call): Promise<void> {
  let item: Item | undefined = first;
  for (let attempt = 0; item && attempt < ATTEMPTS; attempt += 1) {
    const met = metRow(table, item);
    const write = met && rowWrite(table, met, met.record);
    if (!write) return;
    try {
      if ((await sendWrites(session, [write], call)).length === 0) return;
    } catch (error) {
      if (nameOf(error) !== "OutcomeUnknown") throw error; // it is looked at again
    }
    const wanted = [{ table, key: keyIn(table, first) }];
    [item] = await itemsOf(session, wanted, { fields: undefined, strong: true }, call);
  }
}
