/** What differs between SQL databases in the text that the family writes. */

import type { Field, FieldType } from "../../model/field.ts";
import type { MapKey } from "../../model/value.ts";
import type { SqlValue } from "./sql-value.ts";
import type { Column, Storage } from "./storage.ts";

/** What a column is for, where the database must know. */
export interface ColumnUse {
  /** Whether it is in the key or in an index. */
  readonly isIndexed: boolean;
  /** As `Field.maxLength`. */
  readonly maxLength: number;
}

/** A column as it is in the database. */
export interface FoundColumn {
  /** As `Storage.declared` has it. */
  readonly type: string;
  readonly notNull: boolean;
  /** What it may hold, where it is an enum of the database. */
  readonly labels?: readonly string[];
}

/** One database's spelling. Every member answers SQL text; values travel as parameters, never in the text. */
export interface Dialect {
  /** An identifier. */
  readonly quote: (name: string) => string;
  /** The place of the next parameter: parameters are given in the order of the text. */
  readonly parameter: string;
  /** @param earlier see `documentCodec` */
  storageOf(type: FieldType, earlier?: FieldType, use?: ColumnUse): Storage;
  /** Of a bound value, for DEFAULT; undefined where such a column can have none. */
  literal(value: SqlValue, declared: string): string | undefined;
  /** Whether an index can leave rows out by itself; without, `liveMark` does it in unique ones, and others hold every row. */
  readonly partialIndexes: boolean;
  /** Whether an index goes on in the order of the key by itself, so that what is equal in it need not name the key. */
  readonly indexesEndInKey: boolean;
  /** The definition of a column that is NULL where a row is soft-deleted, and so keeps it out of unique indexes. */
  liveMark?(deletedAt: Column): string;
  /** How a column that others made holds a field, where its type is another than ours; undefined where it does not, exactly. */
  adopt?(
    field: Field,
    column: { readonly sql: string; readonly isKey: boolean; readonly isIndexed: boolean },
    found: FoundColumn,
  ): Storage | undefined;
  /** Whether a column of one type does as well as one of another. */
  accepts?(stored: string, declared: string): boolean;
  /** Makes a column of another type what the field asks for, where every value stays and the server does it at once, or refuses. */
  widened?(table: string, column: Column, stored: string): string | undefined;
  /** Whether a primary key can have descending parts; without, a key in mixed directions has an index of its own. */
  readonly directedKeys: boolean;
  /** False where the server lets every part of an index ascend, whatever is asked; absent is true. */
  readonly directedIndexes?: boolean;
  /** Behind the columns of CREATE TABLE. */
  tableOptions(columns: readonly Column[], key: readonly Column[]): string;
  /** A column in ORDER BY or in an index; absent values come first ascending and last descending. */
  orderTerm(column: Column, desc: boolean): string;
  /** That a column has a value, as a condition that is a place in an index. */
  hasValue(column: Column): string;
  /** Whether a text holds another; byte exact. */
  contains(text: string, part: string): string;
  /** Whether a text begins with another of `length` code points; byte exact. */
  startsWith(text: string, prefix: string, length: number): string;
  /** Whether a JSON list holds a scalar. */
  hasElement(list: string, element: string): string;
  /** An element of a list as `hasElement` compares it. */
  element(value: MapKey): SqlValue;
  /** Whether a map, stored as a JSON list of `[key, value]`, holds a key. */
  hasKey(pairs: string, key: string): string;
  /** Whether `hasElement` and `hasKey` mean of such a column what the model means; absent is of every one. */
  searches?(type: FieldType): boolean;
  /** Whether a JSON list is empty; false where absent. */
  isEmptyDocument(document: string): string;
  /** A condition made two-valued and turned around: true where it is false or unknown. */
  isNotTrue(condition: string): string;
}
