/** What differs between SQL databases in the text that the family writes. */

/** One database's spelling. Every member answers SQL text; values travel as parameters, never in the text. */
export interface Dialect {
  /** An identifier. */
  quote(name: string): string;
  /** The parameter at a position, counted from 1. */
  parameter(position: number): string;
  /** Whether a text holds another; byte exact. */
  contains(text: string, part: string): string;
  /** Whether a text begins with another of `length` code points; byte exact. */
  startsWith(text: string, prefix: string, length: number): string;
  /** Whether a JSON list holds a scalar. */
  hasElement(list: string, element: string): string;
  /** Whether a map, stored as a JSON list of `[key, value]`, holds a key. */
  hasKey(pairs: string, key: string): string;
  /** Whether a JSON list is empty; false where absent. */
  isEmptyDocument(document: string): string;
  /** A condition made two-valued and turned around: true where it is false or unknown. */
  isNotTrue(condition: string): string;
}

/** What a SQL driver takes as a parameter and gives as a column. */
export type SqlValue = null | number | bigint | string | Uint8Array;
