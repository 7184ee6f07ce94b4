/** Bytes that are equal exactly when two pieces of decoded data are: what digests are made of. Never stored, never read. */

import { createHash } from "node:crypto";

/** SHA-256 over plain data: objects by sorted name, absent properties left out; maps by sorted entry; the rest in order. */
export function digestOf(data: unknown): Uint8Array {
  const input = new Input();
  feed(input, data);
  return input.digest();
}

/** Text is kept until there are bytes: each piece that is told to the hash by itself costs more than hashing it. */
class Input {
  readonly #hash = createHash("sha256");
  #text = "";

  text(text: string): void {
    this.#text += text;
  }

  bytes(bytes: Uint8Array): void {
    this.#hash.update(this.#text);
    this.#text = "";
    this.#hash.update(bytes);
  }

  digest(): Uint8Array {
    return this.#hash.update(this.#text).digest();
  }
}

/** Kind and length of what has one come first, so that neighbours cannot run together. */
function feed(input: Input, data: unknown): void {
  if (data === undefined) input.text("u");
  else if (typeof data === "string") input.text(`s${Buffer.byteLength(data)}:${data}`);
  else if (typeof data === "bigint") feedDigits(input, "i", data.toString());
  else if (typeof data === "number") feedDigits(input, "n", data.toString());
  else if (typeof data === "boolean") input.text(data ? "t" : "f");
  else if (data instanceof Uint8Array) {
    input.text(`b${data.length}:`);
    input.bytes(data);
  } else if (Array.isArray(data)) feedList(input, data);
  else if (data instanceof Map) feedMap(input, data);
  else if (typeof data === "object" && data !== null) feedObject(input, data);
  else throw new TypeError(`a ${typeof data} has no canonical form`);
}

function feedDigits(input: Input, kind: string, digits: string): void {
  input.text(`${kind}${digits.length}:${digits}`);
}

function feedList(input: Input, list: readonly unknown[]): void {
  input.text(`l${list.length}:`);
  for (const element of list) feed(input, element);
}

/** A map's order has no meaning, so its entries go by their own digests. */
function feedMap(input: Input, map: ReadonlyMap<unknown, unknown>): void {
  const entries = [...map].map((entry) => Buffer.from(digestOf(entry)).toString("latin1"));
  input.text(`m${map.size}:`);
  for (const entry of entries.toSorted()) input.bytes(Buffer.from(entry, "latin1"));
}

function feedObject(input: Input, data: object): void {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  input.text(`o${entries.length}:`);
  for (const [name, value] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    feed(input, name);
    feed(input, value);
  }
}
