/** A field with an optional " desc", as keys, indexes and orders have it. */

export interface NamedTerm {
  readonly name: string;
  readonly desc: boolean;
}

/** Undefined for what is no such term. */
export function parseTerm(text: string): NamedTerm | undefined {
  const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)(\s+desc)?\s*$/.exec(text);
  return match?.[1] === undefined ? undefined : { name: match[1], desc: match[2] !== undefined };
}

/** The terms of an `order_by`, separated by commas; undefined in place of what is no term. Empty text has none. */
export function parseOrder(text: string): readonly (NamedTerm | undefined)[] {
  return text.trim() === "" ? [] : text.split(",").map(parseTerm);
}
