/** Keys: an entity's key fields as values, in declared order (partition, then sort). */

import type { EntityModel } from "./entity.ts";
import type { EntityRecord, Value } from "./value.ts";

/** Complete: every key field has a value. */
export type Key = readonly Value[];

/** A key that says whose it is, so that one request may span entities. */
export interface EntityKey {
  readonly entity: EntityModel;
  readonly key: Key;
}

/** The key of a full record. The caller has checked that it is complete. */
export function keyOf(entity: EntityModel, record: EntityRecord): Key {
  const key: Value[] = [];
  for (const part of entity.key) {
    const value = record[part.ordinal];
    if (value === undefined)
      throw new TypeError(`a ${entity.name} without its key field ${entity.fields[part.ordinal]?.name}`);
    key.push(value);
  }
  return key;
}

/** Text that is equal exactly when two keys of one entity are; for maps and sets in memory, never for storage. */
export function keyText(key: Key): string {
  const [only] = key;
  // As it is: a text that is put together would be copied and hashed by every map that it is looked up in.
  if (only !== undefined && key.length === 1) return textOf(only);
  let text = "";
  for (const value of key) {
    const part = textOf(value);
    text += `${part.length}:${part}`;
  }
  return text;
}

function textOf(value: Value): string {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
  if (typeof value === "object") throw new TypeError("a key field is not a list, a map or a message");
  return String(value);
}
