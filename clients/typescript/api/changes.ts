/** What an Update may do to a field beyond setting it, each atomic in the store. */

/** Adds to a number; an absent one counts as 0. */
export interface Increment<V> {
  readonly change: "increment";
  readonly by: V;
}

/** Adds elements at the end of a list; to a set, once; to a map, its entries. */
export interface Append<V> {
  readonly change: "append";
  readonly values: V;
}

/** Removes equal elements of a list; of a map, the keys named. */
export interface Remove<V> {
  readonly change: "remove";
  readonly values: readonly V[];
}

/** @example update({ id }, { stock: increment(-1), total: increment("2.50") }) */
export function increment<const V extends number | bigint | string>(by: V): Increment<V> {
  return { change: "increment", by };
}

/** @example update({ id }, { tags: append(["new"]) }) */
export function append<const V extends object>(values: V): Append<V> {
  return { change: "append", values };
}

/** @example update({ id }, { tags: remove(["old"]) }) */
export function remove<const V>(values: readonly V[]): Remove<V> {
  return { change: "remove", values };
}

/** A field that can be set; null clears one that may be absent, undefined leaves it alone. */
export type NumberChange<V> = V | Increment<V>;
export type ListChange<V> = readonly V[] | Append<readonly V[]> | Remove<V>;
export type MapChange<V> = { readonly [key: string]: V } | Append<{ readonly [key: string]: V }> | Remove<string>;
