/** Identifiers as standard SQL quotes them. */

/** Double quotes, doubled inside; keeps case and reserved words. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What a statement calls a part of its own. With a blank in it, so that it is no table's or column's name: those are words, `given` and `k0` among them. */
export function ownName(dialect: { readonly quote: (name: string) => string }, word: string): string {
  return dialect.quote(`pannier ${word}`);
}
