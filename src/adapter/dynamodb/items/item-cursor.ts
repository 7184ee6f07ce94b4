/** Positions that are an item's keys as the database has them: of items whose fields are not known, or are another entity's. */

import type { Cursor } from "../../adapter.ts";
import { Fault } from "../../../model/fault.ts";
import type { Item } from "../driver.ts";
import { keyAttribute } from "./path.ts";
import { keyNames, type Reading } from "../reading/reading.ts";

/** The first byte; positions of rows have another. */
const MARK = 0xff;

/** The mark, then of each key its length (2) and its bytes. */
export function itemCursor(reading: Reading, item: Item): Cursor {
  const parts = keyNames(reading).flatMap((name) => {
    const stored = item[name];
    const bytes = stored?.B ?? Buffer.from(stored?.S ?? "");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([Buffer.of(MARK), ...parts]);
}

/** Undefined for a position of another kind. @throws Fault where it is of another query */
export function itemAt(reading: Reading, cursor: Cursor): Item | undefined {
  if (cursor[0] !== MARK) return undefined;
  const bytes = Buffer.from(cursor.buffer, cursor.byteOffset, cursor.length);
  let at = 1;
  const found = keyNames(reading).map((name) => {
    const from = at + 2;
    at = from <= bytes.length ? from + bytes.readUInt16BE(at) : Infinity;
    return [name, keyAttribute(reading.path, bytes.subarray(from, at))] as const;
  });
  if (at !== bytes.length) throw misfit();
  return Object.fromEntries(found);
}

export function misfit(): Fault {
  return new Fault("PAGE_TOKEN_INVALID", "the page token was made for another query; start again without it");
}
