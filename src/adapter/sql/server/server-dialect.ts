/** What else differs between databases that are servers. */

import type { Column } from "../storage.ts";
import type { Dialect } from "../dialect.ts";
import type { SqlValue } from "../sql-value.ts";
import type { Table } from "../table.ts";

/** One server's spelling; see `Dialect`. */
export interface ServerDialect extends Dialect {
  /** Rows with any of many keys, as what stands after FROM; one text for every number of keys, or for few numbers of them. */
  keysOf(table: Pick<Table, "key" | "sql">): KeyedRows;
  /** Starts a transaction: of a write that locks what it reads, of one that is as if alone, of reads on one state. */
  readonly begin: { readonly write: string; readonly serializable: string; readonly snapshot: string };
  /** Behind an INSERT that does nothing where the key is taken. */
  insertUnlessKey(key: readonly Column[]): string;
  /** Behind an INSERT that does nothing where the key or a unique index is taken. */
  readonly insertUnlessAny: string;
  /** Behind a SELECT whose row is then written. */
  readonly lockRow: string;
  /** Behind a SELECT of rows that are then removed: those that others hold are left out. */
  readonly lockFree: string;
}

export interface KeyedRows {
  readonly from: string;
  parameters(keys: readonly (readonly SqlValue[])[]): readonly SqlValue[];
}
