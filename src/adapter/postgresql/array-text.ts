/** Arrays of one dimension as the server writes and reads them. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */

import { DocumentError } from "../document/json.ts";
import type { SqlValue } from "../sql/sql-value.ts";

export function arrayText(values: readonly SqlValue[]): string {
  const items = values.map((value) => {
    if (value === null) return "NULL";
    return itemText(value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : String(value));
  });
  return `{${items.join(",")}}`;
}

/** What JSON escapes in another way than the server does: control characters, and halves of surrogate pairs. */
const OTHERWISE = /[\p{Cc}\p{Cs}]/u;

/** As JSON quotes it where that is the same: documents are full of quotes, and it takes a third of the time. */
function itemText(text: string): string {
  if (!text.includes('"') && !text.includes("\\")) return `"${text}"`;
  const quoted = JSON.stringify(text);
  if (!OTHERWISE.test(text)) return quoted;
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** An item is quoted, or has none of the characters that would end it. */
const ITEM = /"((?:[^"\\]|\\.)*)"|([^",{}\\]+)/suy;

export function textsOf(array: string): (string | null)[] {
  if (!array.startsWith("{") || !array.endsWith("}")) throw new DocumentError("an array of one dimension expected");
  const texts: (string | null)[] = [];
  for (let at = 1; at < array.length - 1; at += 1) {
    ITEM.lastIndex = at;
    const [whole, quoted, bare] = ITEM.exec(array) ?? [];
    const after = whole === undefined ? "" : array[at + whole.length];
    if (whole === undefined || (after !== "," && after !== "}"))
      throw new DocumentError("an array of one dimension expected");
    if (quoted !== undefined) texts.push(quoted.replaceAll(/\\(.)/gsu, "$1"));
    else texts.push(bare === "NULL" ? null : (bare ?? ""));
    at += whole.length;
  }
  return texts;
}
