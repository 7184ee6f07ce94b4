/** Keys of the table and of its indexes: which attributes they are, what lies in them, and how their rows lie. */

import type { EntityModel, IndexModel, ItemTemplate, OrderTerm } from "../../../model/entity.ts";
import type { EntityRecord, Value } from "../../../model/value.ts";
import type { AccessPath } from "../../planner/access-path.ts";
import { compileTemplate, textOrder, type TextTemplate } from "../../item-template.ts";
import { keyBytes, type ByteOrder, type KeyCodec } from "../../ordered/interval.ts";
import type { AttributeValue } from "../driver.ts";
import { prefixText, textOf } from "./template.ts";

/** The attributes of a key. */
export interface KeyNames {
  /** Of the index in the database; undefined for the table's own key. */
  readonly name?: string;
  readonly partitionName: string;
  /** Undefined where the partition is all of the key. */
  readonly sortName?: string;
  /** What both of them hold: bytes or text. */
  readonly type: "B" | "S";
  /** Made with the table, in its partitions, and never behind it. */
  readonly isLocal?: true;
  /** Attributes that the index has besides the keys; undefined is all. */
  readonly holds?: readonly string[];
}

/** A key of rows, of the table or of an index. */
export interface Path extends KeyNames {
  /** Undefined for the table's own. */
  readonly index?: IndexModel;
  /** All of the key as bytes, the partition first; its terms as they lie in the database. */
  readonly order: ByteOrder;
  /** How many of the terms are the partition. */
  readonly entry: number;
  /** Whether rows lie backwards, seen from what the entity declares. */
  readonly isBackwards: boolean;
  /** How the rows of one partition lie: in the declared order with all ties, without all of them, or in none. */
  readonly lie: "total" | "declared" | "none";
  /** Of the rows with these values in the partition's terms, as bytes of `order`. */
  readonly partitionBytes: (values: Values) => Buffer;
  /** What the attributes of a row's key hold. */
  readonly keyOf: (record: EntityRecord) => KeyParts;
  /** Templates of its sides, where it has some. */
  readonly sides?: { readonly partition: TextTemplate; readonly sort: TextTemplate };
}

export type Values = readonly (Value | undefined)[];

export interface KeyParts {
  readonly partition: Buffer;
  readonly sort: Buffer | undefined;
}

export interface PathOptions extends KeyNames {
  readonly entity: EntityModel;
  readonly access: AccessPath;
}

/** Values as bytes: the terms of the order one behind the other. */
export function bytesPath({ entity, access, ...names }: PathOptions): Path {
  const { terms, entry, index } = access;
  const order = (some: readonly OrderTerm[]): ByteOrder => ({ entity, prefix: Buffer.alloc(0), terms: some });
  const [partition, sort] = [order(terms.slice(0, entry)), order(terms.slice(entry))];
  const { sortName, ...others } = names;
  const isSorted = terms.length > entry && sortName !== undefined;
  return {
    ...others,
    ...(isSorted && { sortName }),
    ...(index && { index }),
    order: order(terms),
    entry,
    isBackwards: false,
    lie: "total",
    partitionBytes: (values) => keyBytes(partition, recordWith(partition.terms, values)),
    keyOf: (record) => ({
      partition: keyBytes(partition, record),
      sort: isSorted ? keyBytes(sort, record) : undefined,
    }),
  };
}

function recordWith(terms: readonly OrderTerm[], values: Values): EntityRecord {
  const record: (Value | undefined)[] = [];
  for (const [i, { ordinal }] of terms.entries()) record[ordinal] = values[i];
  return record;
}

/** Ends a text as bytes; no text holds it. */
const END = "\0";

/**
 * Values as text by a template, whose fields are in the order of the access path. The bytes of the order are the partition's text and
 * the sort key's, each with an end. Rows lie forwards by the first term behind the partition; a term of another direction is turned.
 */
export function textPath({ entity, access, ...names }: PathOptions, template: ItemTemplate): Path {
  const { terms, entry, index, declared } = access;
  const free = terms.slice(entry);
  const isBackwards = free[0]?.desc ?? false;
  const turned = new Set(free.filter(({ desc }) => desc !== isBackwards).map(({ ordinal }) => ordinal));
  const partition = compileTemplate(entity, template.partition);
  const sort = compileTemplate(entity, template.sort === "" ? template.partition : template.sort, turned);
  const written = textOrder(sort, new Set(terms.slice(0, entry).map(({ ordinal }) => ordinal)));
  const apart = written?.findIndex(({ ordinal }, i) => free[i]?.ordinal !== ordinal) ?? 0;
  const inOrder = written && apart < 0 ? written.length : apart;
  const stored = terms.map(({ ordinal }, i) => ({ ordinal, desc: i >= entry && turned.has(ordinal) }));
  const codec = textCodec(stored, partition, sort);
  return {
    ...names,
    ...(index && { index }),
    order: { entity, prefix: Buffer.alloc(0), terms: stored, codec },
    entry,
    isBackwards,
    lie: !written || inOrder < declared - entry ? "none" : inOrder === free.length ? "total" : "declared",
    partitionBytes: (values) => Buffer.from(partitionText(stored, partition, values), "utf8"),
    keyOf: (record) => ({ partition: wholeText(partition, record), sort: wholeText(sort, record) }),
    sides: { partition, sort },
  };
}

function lookUp(terms: readonly OrderTerm[], values: Values): (ordinal: number) => Value | undefined {
  return (ordinal) => values[terms.findIndex((term) => term.ordinal === ordinal)];
}

function partitionText(terms: readonly OrderTerm[], template: TextTemplate, values: Values): string {
  const { text, isWhole } = textOf(template, lookUp(terms, values));
  if (!isWhole) throw new TypeError("a range without the values of its partition");
  return `${text}${END}`;
}

function textCodec(terms: readonly OrderTerm[], partition: TextTemplate, sort: TextTemplate): KeyCodec {
  const leading = (values: Values): string => {
    const { text, isWhole } = textOf(sort, lookUp(terms, values));
    return `${partitionText(terms, partition, values)}${text}${isWhole ? END : ""}`;
  };
  return {
    leading: (values) => Buffer.from(leading(values), "utf8"),
    present: (values) => Buffer.from(leading(values), "utf8"),
    prefix: (values, prefix) => {
      const term = terms[values.length];
      const part = sort.parts.find((each) => each.kind === "field" && each.ordinal === term?.ordinal);
      if (part?.kind !== "field") throw new TypeError("a range with more values than terms");
      return Buffer.from(`${leading(values)}${prefixText(part, prefix)}`, "utf8");
    },
  };
}

function wholeText(template: TextTemplate, record: EntityRecord): Buffer {
  const { text, isWhole } = textOf(template, (ordinal) => record[ordinal]);
  if (!isWhole) throw new TypeError("a row that lacks a field of its key");
  return Buffer.from(text, "utf8");
}

export function keyAttribute({ type }: KeyNames, bytes: Buffer): AttributeValue {
  return type === "B" ? { B: bytes } : { S: bytes.toString("utf8") };
}

/** What `order` has of an attribute behind the partition. */
export function sortBytes({ type }: KeyNames, stored: AttributeValue | undefined): Buffer | undefined {
  if (type === "B") return stored?.B && Buffer.from(stored.B);
  return stored?.S === undefined ? undefined : Buffer.from(`${stored.S}${END}`, "utf8");
}

/** What `order` has of an item. */
export function orderBytes(names: KeyNames, item: { readonly [name: string]: AttributeValue }): Buffer {
  const partition = sortBytes(names, item[names.partitionName]); // a text has its end there too
  const sort = names.sortName === undefined ? undefined : sortBytes(names, item[names.sortName]);
  return Buffer.concat([partition ?? Buffer.alloc(0), sort ?? Buffer.alloc(0)]);
}

/** At or before the bytes; both bounds are followed by a look at each row. */
export function lowerBound(names: KeyNames, bytes: Buffer): AttributeValue | undefined {
  if (names.type === "B") return { B: bytes };
  const text = beginning(bytes);
  return text === "" ? undefined : { S: text };
}

/** At or behind the bytes; undefined where there is no such text. */
export function upperBound(names: KeyNames, bytes: Buffer): AttributeValue | undefined {
  if (names.type === "B") return { B: bytes };
  const text = beginning(bytes);
  const rest = bytes.subarray(Buffer.byteLength(text));
  if (rest.length === 0 || rest.equals(Buffer.from(END))) return text === "" ? undefined : { S: text };
  const above = `${text}${LAST}`;
  return Buffer.compare(Buffer.from(above), bytes) < 0 ? undefined : { S: above };
}

/** The last code point. */
const LAST = "\u{10ffff}";

/** The longest text that the bytes begin with, without what ends it. */
function beginning(bytes: Buffer): string {
  for (let length = bytes.length; length > bytes.length - 5 && length > 0; length -= 1) {
    try {
      return STRICT.decode(bytes.subarray(0, length)).replace(/\0$/u, "");
    } catch {
      // cut within a character
    }
  }
  return "";
}

const STRICT = new TextDecoder("utf8", { fatal: true, ignoreBOM: true });
