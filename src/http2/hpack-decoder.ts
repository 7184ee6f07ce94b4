/** HPACK on the receiving side (RFC 7541): the bytes of a header block to its fields, and the table that blocks build. */

import { createField, DynamicTable, STATIC_TABLE, type Field } from "./fields.ts";
import { huffmanDecode } from "./huffman.ts";
import { ConnectionError, ERROR_CODE } from "./protocol.ts";

/** What a block unpacks to. */
export interface FieldSection {
  /** As they came; those beyond the limits are left out. */
  readonly fields: readonly Field[];
  /** Sizes of all, also of those left out. */
  readonly size: number;
  readonly count: number;
  /** Whether there were more than the limits allow. */
  readonly isCut: boolean;
}

export interface FieldLimits {
  /** Most of the sum of sizes, as SETTINGS_MAX_HEADER_LIST_SIZE counts them. */
  readonly size: number;
  readonly count: number;
}

/** Of the table: SETTINGS_HEADER_TABLE_SIZE is left at its default. */
export const TABLE_SIZE = 4_096;

const staticCount = STATIC_TABLE.length;

/** One for each connection, because blocks depend on those before them: every block must be read, also of streams that are refused. */
export class HpackDecoder {
  readonly #table: DynamicTable = new DynamicTable(TABLE_SIZE);
  readonly #limits: FieldLimits;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  constructor(limits: FieldLimits) {
    this.#limits = limits;
  }

  /** Equal bytes mean the same fields as long as this stays the same. */
  get generation(): number {
    return this.#table.generation;
  }

  /** @throws ConnectionError: after a block that cannot be read, no later one can */
  decode(bytes: Buffer, start: number, end: number): FieldSection {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    const fields: Field[] = [];
    let size = 0;
    let count = 0;
    let isCut = false;
    while (this.#at < end) {
      const field = this.#next(count > 0);
      if (!field) continue;
      count += 1;
      size += field.size;
      if (size > this.#limits.size || count > this.#limits.count) isCut = true;
      else fields.push(field);
    }
    return { fields, size, count, isCut };
  }

  /** Undefined for a change of the table's size. */
  #next(hasFields: boolean): Field | undefined {
    const first = this.#bytes[this.#at] ?? 0;
    if (first >= 0x80) return this.#indexed(this.#integer(0x7f));
    if (first >= 0x40) {
      const field = this.#literal(0x3f);
      this.#table.add(field);
      return field;
    }
    if (first < 0x20) return this.#literal(0x0f); // not indexed, or never to be
    if (hasFields) throw broken("a table size update follows fields"); // RFC 7541, 4.2
    const limit = this.#integer(0x1f);
    if (limit > TABLE_SIZE) throw broken("a table size update exceeds SETTINGS_HEADER_TABLE_SIZE");
    this.#table.resize(limit);
    return undefined;
  }

  #indexed(index: number): Field {
    const field = index <= staticCount ? STATIC_TABLE[index - 1] : this.#table.at(index - staticCount - 1);
    if (!field) throw broken("an index points outside the tables");
    return field;
  }

  #literal(mask: number): Field {
    const index = this.#integer(mask);
    const name = index === 0 ? this.#string() : this.#indexed(index).name;
    return createField(name, this.#string());
  }

  /** Section 5.1; the bits of `mask` are the prefix. */
  #integer(mask: number): number {
    const prefix = (this.#bytes[this.#at++] ?? 0) & mask;
    if (prefix < mask) return prefix;
    let value = mask;
    for (let shift = 0; shift <= 21; shift += 7) {
      if (this.#at >= this.#end) break;
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw broken("an integer is cut or too large");
  }

  #string(): string {
    if (this.#at >= this.#end) throw broken("a string is cut");
    const isCoded = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(0x7f);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#end) throw broken("a string is cut");
    if (!isCoded) return this.#bytes.toString("latin1", start, this.#at);
    const text = huffmanDecode(this.#bytes, start, this.#at);
    if (text === undefined) throw broken("a string is not in the Huffman code");
    return text;
  }
}

function broken(what: string): ConnectionError {
  return new ConnectionError(ERROR_CODE.compression, what);
}
