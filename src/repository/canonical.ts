/** Bytes that are equal exactly when two pieces of decoded data are: what digests are made of. Never stored, never read. */

import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";

/** SHA-256 over plain data: objects by sorted name, absent properties left out; maps by sorted entry; the rest in order. */
export function digestOf(data: unknown): Uint8Array {
  const hash = createHash("sha256");
  feed(hash, data);
  return hash.digest();
}

function feed(hash: Hash, data: unknown): void {
  if (data === undefined) hash.update("u");
  else if (typeof data === "string") feedBytes(hash, "s", Buffer.from(data));
  else if (typeof data === "bigint") feedBytes(hash, "i", Buffer.from(data.toString()));
  else if (typeof data === "number") feedBytes(hash, "n", Buffer.from(data.toString()));
  else if (typeof data === "boolean") hash.update(data ? "t" : "f");
  else if (data instanceof Uint8Array) feedBytes(hash, "b", data);
  else if (Array.isArray(data)) feedList(hash, data);
  else if (data instanceof Map) feedMap(hash, data);
  else if (typeof data === "object" && data !== null) feedObject(hash, data);
  else throw new TypeError(`a ${typeof data} has no canonical form`);
}

/** Kind and length come first, so that neighbours cannot run together. */
function feedBytes(hash: Hash, kind: string, bytes: Uint8Array): void {
  hash.update(`${kind}${bytes.length}:`);
  hash.update(bytes);
}

function feedList(hash: Hash, list: readonly unknown[]): void {
  hash.update(`l${list.length}:`);
  for (const element of list) feed(hash, element);
}

/** A map's order has no meaning, so its entries go by their own digests. */
function feedMap(hash: Hash, map: ReadonlyMap<unknown, unknown>): void {
  const entries = [...map].map((entry) => Buffer.from(digestOf(entry)).toString("latin1"));
  hash.update(`m${map.size}:`);
  for (const entry of entries.toSorted()) hash.update(entry, "latin1");
}

function feedObject(hash: Hash, data: object): void {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  hash.update(`o${entries.length}:`);
  for (const [name, value] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    feed(hash, name);
    feed(hash, value);
  }
}
