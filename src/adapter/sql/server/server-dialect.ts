/** What else differs between databases that are servers. */

import type { Column } from "../storage.ts";
import type { Dialect } from "../dialect.ts";
import type { SqlValue } from "../sql-value.ts";
import type { Table } from "../table.ts";
import type { Run } from "./transaction.ts";

/** One server's spelling; see `Dialect`. */
export interface ServerDialect extends Dialect {
  /** Rows with any of many keys, as the text after FROM. */
  keysOf(table: Pick<Table, "key" | "sql">): KeyedRows;
  /** Several rows of these types, as the text behind INSERT INTO … (columns); see `Statement.shared`. */
  rows(columns: readonly Pick<Column, "declared">[], rows: readonly (readonly SqlValue[])[]): RowsText;
  /** Whether rows that are numbered are copied with all their columns, some times over, so that the key alone is numbered and the others are fetched for the few that are delivered. */
  readonly copiesNumberedRows: boolean;
  /** Starts a transaction: of a write that locks what it reads, of one that is as if alone, of reads on one state. */
  readonly begin: { readonly [Kind in "write" | "serializable" | "snapshot"]: readonly string[] };
  /**
   * A transaction of several callers, whose writes are sent at once: where one of them fails, none behind it happens. It has the patience of
   * `Statement.shared`. Asked only where there is `lockFreeRows`.
   */
  readonly shared: {
    readonly begin: readonly string[];
    /** Said to the connection when it is over. */
    readonly end?: readonly string[];
  };
  /** Behind an INSERT that does nothing where the key is taken, or fails (`ServerFailures.keyName`). */
  insertUnlessKey(key: readonly Column[]): string;
  /** Behind an INSERT that does nothing where the key or a unique index is taken, or fails. */
  readonly insertUnlessAny: string;
  /** Whether a write can answer the row as it is afterwards (RETURNING); the members below are asked only where it can. */
  readonly writesReturn: boolean;
  /** Whether Updates and Deletes of several rows can be one statement that joins `rows`, and that does fail soon where another transaction holds one. */
  readonly sharesChanges: boolean;
  /** Behind an INSERT whose row replaces what has its key, and nothing else; up to the columns that are set. */
  updateOnKey(key: readonly Column[]): string;
  /** The value that an INSERT brought for a column, in what `updateOnKey` sets. */
  inserted(column: Column): string;
  /** Whether the row of an INSERT that may update is new, as a column of its answer; undefined where rows do not tell it, so that a Put looks first. */
  readonly wasInserted: string | undefined;
  /** A document's text. */
  documentText(column: string): string;
  /** Behind a SELECT whose row is then written. */
  readonly lockRow: string;
  /** The same of several rows, but those that another transaction holds are left out; undefined where the server does not say that, and the rows of several callers are not locked together. */
  readonly lockFreeRows: string | undefined;
  /** A DELETE of so many rows at most, the first in order. */
  removeSome(rows: RowsToRemove): string;
  /** Of an index that is there. Names are as in the database. */
  dropIndex(table: string, index: string): string;
  /** Raises the number of that name in a table (name, last), and answers it; undefined where there is none yet. */
  takeNumbers(run: Run, numbers: CountedNumbers): Promise<bigint | undefined>;
  /** Of a table that is there. Names are as in the database. */
  dropForeignKey(table: string, name: string): string;
  /** Makes an index that a foreign key's deletes go along; absent where the server makes one by itself. */
  indexForKey?(table: string, column: string, name: string): string;
  /** Makes an index that takes the place of the last one by which the server holds a foreign key; absent where foreign keys have their own. */
  readonly standInForKey?: (table: string, column: string, name: string) => string;
}

export interface CountedNumbers {
  /** Quoted. */
  readonly table: string;
  readonly name: string;
  readonly count: number;
}

/** Names are quoted. */
export interface RowsToRemove {
  readonly table: string;
  /** Columns. */
  readonly key: string;
  readonly where: string;
  readonly orderBy: string;
  readonly limit: number;
}

export interface RowsText {
  readonly text: string;
  readonly parameters: readonly SqlValue[];
  /** Whether the text is the same for every number of rows. */
  readonly repeated: boolean;
}

export interface KeyedRows {
  /** For so many keys; one text for all numbers of them, or for few. */
  from(count: number): string;
  parameters(keys: readonly (readonly SqlValue[])[]): readonly SqlValue[];
}
