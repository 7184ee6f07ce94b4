/** HPACK on the sending side: fields to bytes. Blocks that repeat are encoded once and copied from then on. */

import { createField, DynamicTable, FIELD_OVERHEAD, STATIC_TABLE } from "./fields.ts";
import { TABLE_SIZE } from "./hpack-decoder.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";

/** A name, in lower case, and a value whose characters are bytes. */
export type Pair = readonly [name: string, value: string];

/** Fields that are sent again and again: the same list, and not an equal one, is recognised. They enter the peer's table. */
export type FieldList = readonly Pair[];

const staticByName = new Map<string, number>();
const staticByPair = new Map<string, number>();
for (const [at, { name, value }] of STATIC_TABLE.entries()) {
  if (!staticByName.has(name)) staticByName.set(name, at + 1);
  staticByPair.set(`${name}\n${value}`, at + 1);
}

/** Bytes that a field takes at most: three integers beside its text. */
const mostIntegers = 15;
/** A table with less room is not used: what enters it would push out what entered just before. */
const leastTable = 1_024;
/** Lists that are remembered with their bytes; there are about ten in a program. */
const mostRemembered = 64;

/** One for each connection. */
export class HpackEncoder {
  #table: DynamicTable = new DynamicTable(TABLE_SIZE);
  readonly #remembered = new Map<FieldList, { readonly generation: number; readonly bytes: Buffer }>();
  /** The smallest limit since the last block, and the limit now, where the peer has to be told of them. */
  #told: { least: number; now: number } | undefined;

  /** What the peer's SETTINGS_HEADER_TABLE_SIZE says; we use no more than the default. */
  limitTable(size: number): void {
    const limit = Math.min(size, TABLE_SIZE);
    if (limit === this.#table.limit) return;
    this.#told = { least: Math.min(this.#told?.least ?? limit, limit), now: limit };
    this.#table.resize(limit);
  }

  /** Bytes that the fields take at most. */
  static most(fields: FieldList, more: readonly Pair[] = []): number {
    let bytes = 2 * mostIntegers;
    for (const [name, value] of fields) bytes += mostIntegers + name.length + value.length;
    for (const [name, value] of more) bytes += mostIntegers + name.length + value.length;
    return bytes;
  }

  /**
   * Writes one block and answers where it ends: `fields`, which are remembered, then `more`, which do not enter the
   * table. `target` must have the room that `most` says.
   */
  encode(fields: FieldList, more: readonly Pair[], target: Buffer, start: number): number {
    let at = start;
    if (this.#told) at = this.#sizeUpdates(target, at);
    at = this.#list(fields, target, at);
    for (const [name, value] of more) at = this.#once(name, value, target, at);
    return at;
  }

  #sizeUpdates(target: Buffer, start: number): number {
    const told = this.#told;
    this.#told = undefined;
    if (!told) return start;
    const at = told.least < told.now ? integer(told.least, 0x20, 0x1f, target, start) : start;
    return integer(told.now, 0x20, 0x1f, target, at);
  }

  #list(fields: FieldList, target: Buffer, start: number): number {
    const known = this.#remembered.get(fields);
    if (known?.generation === this.#table.generation) {
      target.set(known.bytes, start);
      return start + known.bytes.length;
    }
    const { generation } = this.#table;
    let at = start;
    for (const [name, value] of fields) at = this.#indexed(name, value, target, at);
    if (generation === this.#table.generation) {
      if (this.#remembered.size >= mostRemembered) this.#remembered.clear();
      this.#remembered.set(fields, { generation, bytes: Buffer.from(target.subarray(start, at)) });
    }
    return at;
  }

  #indexed(name: string, value: string, target: Buffer, start: number): number {
    const index = staticByPair.get(`${name}\n${value}`) ?? this.#find(name, value);
    if (index !== undefined) return integer(index, 0x80, 0x7f, target, start);
    if (this.#table.limit < leastTable || FIELD_OVERHEAD + name.length + value.length > this.#table.limit / 4)
      return this.#once(name, value, target, start);
    const at = this.#name(name, 0x40, 0x3f, target, start);
    this.#table.add(createField(name, value));
    return text(value, target, at);
  }

  #once(name: string, value: string, target: Buffer, start: number): number {
    return text(value, target, this.#name(name, 0, 0x0f, target, start));
  }

  #name(name: string, bits: number, mask: number, target: Buffer, start: number): number {
    const index = staticByName.get(name) ?? this.#find(name);
    if (index !== undefined) return integer(index, bits, mask, target, start);
    target[start] = bits;
    return text(name, target, start + 1);
  }

  /** The newest entry with the name, and with the value where one is given. */
  #find(name: string, value?: string): number | undefined {
    for (let at = 0; at < this.#table.count; at++) {
      const field = this.#table.at(at);
      if (field?.name === name && (value === undefined || field.value === value)) return STATIC_TABLE.length + 1 + at;
    }
    return undefined;
  }
}

function integer(value: number, bits: number, mask: number, target: Buffer, start: number): number {
  if (value < mask) {
    target[start] = bits | value;
    return start + 1;
  }
  let at = start;
  target[at++] = bits | mask;
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[at++] = (rest & 0x7f) | 0x80;
  target[at++] = rest;
  return at;
}

/** Texts below this are not worth the code: the reader's work is larger than what is saved. */
const worthCoding = 64;

function text(value: string, target: Buffer, start: number): number {
  const { length } = value;
  if (length >= worthCoding) {
    const coded = huffmanLength(value);
    if (coded < length) return huffmanEncode(value, target, integer(coded, 0x80, 0x7f, target, start));
  }
  const at = integer(length, 0, 0x7f, target, start);
  target.write(value, at, length, "latin1");
  return at + length;
}
