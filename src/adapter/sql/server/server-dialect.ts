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
  /** Whether a write can answer the row as it is afterwards (RETURNING); the members below are asked only where it can. */
  readonly writesReturn: boolean;
  /** Behind an INSERT whose row replaces what has its key, and nothing else; up to the columns that are set. */
  updateOnKey(key: readonly Column[]): string;
  /** The value that an INSERT brought for a column, in what `updateOnKey` sets. */
  inserted(column: Column): string;
  /** Whether the row of an INSERT that may update is new, as a column of its answer. */
  readonly wasInserted: string;
  /** A document's text. */
  documentText(column: string): string;
  /** Behind a SELECT whose row is then written. */
  readonly lockRow: string;
  /** Behind a SELECT of rows that are then removed: those that others hold are left out. */
  readonly lockFree: string;
}

export interface KeyedRows {
  readonly from: string;
  parameters(keys: readonly (readonly SqlValue[])[]): readonly SqlValue[];
}
