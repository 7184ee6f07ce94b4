/** A row that cannot be read, as a window meets it. */

import type { EntityKey } from "../../model/key.ts";
import type { Cursor } from "../adapter.ts";

/**
 * What a window rejects with whose first row is damaged; one that comes to it later ends before it. Classified as its cause is, and the
 * cause of that Fault, so that whoever can go on without the row finds where.
 */
export class DamagedRow extends Error {
  override readonly name = "DamagedRow";
  /** Undefined where the key is damaged too. */
  readonly key: EntityKey["key"] | undefined;
  /** Continues behind the row. */
  readonly next: Cursor;

  constructor(cause: unknown, { key, next }: Pick<DamagedRow, "key" | "next">) {
    super("a stored row cannot be read", { cause });
    this.key = key;
    this.next = next;
  }
}
