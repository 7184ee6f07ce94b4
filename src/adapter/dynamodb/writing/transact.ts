/** Sends writes that happen together or not at all: one by itself, several as a transaction of the database. */

import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import type { Item } from "../driver.ts";
import type { ItemWrite } from "./expressions.ts";
import { cancellationReasons, isConflict, isThrottled, nameOf } from "../failure.ts";
import type { NativeWrite } from "./native.ts";
import type { Session } from "../session.ts";
import { itemBytes } from "../items/table.ts";

/** A write whose condition did not hold, and the item as it was then. */
export interface Refusal {
  readonly at: number;
  readonly item: Item | undefined;
}

/** Items of one transaction. */
const MOST_ITEMS = 100;

/** Bytes of one transaction. */
const MOST_BYTES = 4 * 1_048_576;

/** Empty where all of it was applied; otherwise nothing was. */
export async function sendWrites(
  session: Session,
  writes: readonly ItemWrite[],
  call: Call,
): Promise<readonly Refusal[]> {
  const [only] = writes;
  return only && writes.length === 1 ? sendOne(session, only, call) : sendTogether(session, writes, call);
}

async function sendOne(session: Session, write: ItemWrite, call: Call): Promise<readonly Refusal[]> {
  try {
    await session.write(async (client, driver, options) => {
      switch (write.kind) {
        case "Put":
          return client.send(new driver.PutItemCommand(write.input), options);
        case "Update":
          return client.send(new driver.UpdateItemCommand(write.input), options);
        case "Delete":
          return client.send(new driver.DeleteItemCommand(write.input), options);
        case "ConditionCheck":
          throw new TypeError("a check writes nothing by itself");
      }
    }, call);
    return [];
  } catch (error) {
    if (nameOf(error) !== "ConditionalCheckFailedException") throw error;
    return [{ at: 0, item: itemIn(error) }];
  }
}

/** Whether it was done. */
export type Sent =
  /** The item as an Update left it, or as a Delete met it. */
  | { readonly kind: "done"; readonly item: Item | undefined }
  /** The item as it was met. */
  | { readonly kind: "refused"; readonly item: Item | undefined }
  /** The database does not take such a request: the row would be too large, or there is too much in its expressions. */
  | { readonly kind: "invalid" };

export async function sendNative(session: Session, write: NativeWrite, call: Call): Promise<Sent> {
  try {
    const { Attributes } = await session.write(
      (client, driver, options) =>
        write.kind === "Update"
          ? client.send(new driver.UpdateItemCommand({ ...write.input, ReturnValues: "ALL_NEW" }), options)
          : client.send(new driver.DeleteItemCommand({ ...write.input, ReturnValues: "ALL_OLD" }), options),
      call,
    );
    return { kind: "done", item: Attributes };
  } catch (error) {
    if (nameOf(error) === "ValidationException") return { kind: "invalid" };
    if (nameOf(error) !== "ConditionalCheckFailedException") throw error;
    return { kind: "refused", item: itemIn(error) };
  }
}

async function sendTogether(session: Session, writes: readonly ItemWrite[], call: Call): Promise<readonly Refusal[]> {
  const bytes = writes.reduce((sum, { input }) => sum + inputBytes(input), 0);
  if (bytes > MOST_BYTES)
    throw new Fault(
      "BATCH_TOO_LARGE",
      `the rows take ${bytes} bytes together, and this store writes ${MOST_BYTES} at once; make the batch smaller`,
    );
  // What is asked was counted before; what gives way to it was not.
  if (writes.length > MOST_ITEMS)
    throw new Fault(
      "BATCH_TOO_LARGE",
      `the rows and unique values take ${writes.length} items, and this store writes ${MOST_ITEMS} at once; make the batch smaller`,
    );
  const TransactItems = writes.map(({ kind, input }) => ({ [kind]: input }));
  try {
    await session.write(
      (client, driver, options) => client.send(new driver.TransactWriteItemsCommand({ TransactItems }), options),
      call,
    );
    return [];
  } catch (error) {
    const reasons = cancellationReasons(error);
    if (!reasons || isConflict(error) || isThrottled(error)) throw error;
    const refusals = reasons.flatMap(({ Code, Item: item }, at) =>
      Code === "ConditionalCheckFailed" ? [{ at, item: isItem(item) ? item : undefined }] : [],
    );
    if (refusals.length === 0) throw error;
    return refusals;
  }
}

function inputBytes(input: ItemWrite["input"]): number {
  const item = "Item" in input ? input.Item : input.ExpressionAttributeValues;
  return item ? itemBytes(item) : 0;
}

function itemIn(error: unknown): Item | undefined {
  return error instanceof Error && "Item" in error && isItem(error.Item) ? error.Item : undefined;
}

/** The driver's answers hold nothing else. */
function isItem(item: unknown): item is Item {
  return typeof item === "object" && item !== null && Object.keys(item).length > 0;
}
