/** The parts that many requests share: masks, orders, levels. */

import { codecOf, FieldError } from "../codec/message-codec.ts";
import type { Writer } from "../codec/writer.ts";
import type { EntityTable } from "../schema/tables.ts";
import { ValueError } from "../value/value-error.ts";

const consistencies: { readonly [name: string]: number } = {
  strong: 1,
  eventual: 2,
  one: 10,
  two: 11,
  three: 12,
  quorum: 13,
  all: 14,
  localOne: 15,
  localQuorum: 16,
  eachQuorum: 17,
  serial: 18,
  localSerial: 19,
  any: 20,
};
const isolations: { readonly [name: string]: number } = {
  readCommitted: 1,
  repeatableRead: 2,
  snapshot: 3,
  serializable: 4,
};
const totals: { readonly [name: string]: number } = { exact: 1, estimated: 2 };

function writeName(writer: Writer, number: number, names: { readonly [name: string]: number }, name: unknown): void {
  if (name === undefined) return;
  const value = typeof name === "string" && Object.hasOwn(names, name) ? names[name] : undefined;
  if (value === undefined) throw new ValueError("ENUM_UNKNOWN", `is one of ${Object.keys(names).join(", ")}`);
  writer.tag(number, 0);
  writer.varint(value);
}

export function writeConsistency(writer: Writer, number: number, level: unknown): void {
  if (level !== undefined) writeName(writer, number, consistencies, level);
}

export function writeIsolation(writer: Writer, number: number, isolation: unknown): void {
  writeName(writer, number, isolations, isolation);
}

export function writeTotal(writer: Writer, number: number, total: unknown): void {
  if (total === undefined || total === false) return;
  writeName(writer, number, totals, total === true ? "exact" : total);
}

export function writeFlag(writer: Writer, number: number, flag: unknown): void {
  if (flag !== true) return;
  writer.tag(number, 0);
  writer.varint(1);
}

export function writeText(writer: Writer, number: number, text: string | undefined): void {
  if (text === undefined || text === "") return;
  writer.tag(number, 2);
  writer.string(text);
}

/** A number of rows, pages or segments. */
export function writeCount(writer: Writer, number: number, count: unknown, name: string): void {
  if (count === undefined) return;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > 2_147_483_647)
    throw new FieldError(name, "FIELD_INVALID", "is a whole number, from 0");
  writer.tag(number, 0);
  writer.varint(count);
}

/** What an answer holds: names of fields as callers write them, undefined for all. An empty list means the key alone. */
export type Fields = readonly string[] | undefined;

/** As paths of the proto file; the version is asked for along with others. */
export function writeMask(writer: Writer, number: number, entity: EntityTable, fields: Fields): void {
  if (fields === undefined) return;
  const asked = fields.length === 0 ? entity.key : entity.version === undefined ? fields : [...fields, entity.version];
  writePaths(writer, number, entity, new Set(asked));
}

export function writePaths(writer: Writer, number: number, entity: EntityTable, names: Iterable<string>): void {
  const { fields } = codecOf(entity);
  writer.tag(number, 2);
  const start = writer.begin();
  for (const name of names) {
    const field = fields.get(name);
    if (!field) throw new FieldError("fields", "MASK_INVALID", `names ${JSON.stringify(name)}, which is no field of ${entity.name}`); // prettier-ignore
    writer.tag(1, 2);
    writer.string(field.table.proto);
  }
  writer.end(start);
}

/** `{ createdAt: "desc" }` or a list of such. */
export function orderText(entity: EntityTable, order: unknown): string {
  const terms = (Array.isArray(order) ? order : [order]).flatMap((part: unknown) => Object.entries(part ?? {}));
  const { fields } = codecOf(entity);
  return terms
    .map(([name, direction]) => {
      const field = fields.get(name);
      if (!field) throw new FieldError("orderBy", "ORDER_INVALID", `names ${JSON.stringify(name)}, which is no field of ${entity.name}`); // prettier-ignore
      if (direction !== "asc" && direction !== "desc")
        throw new FieldError(`orderBy.${name}`, "ORDER_INVALID", 'is "asc" or "desc"');
      return direction === "desc" ? `${field.table.proto} desc` : field.table.proto;
    })
    .join(", ");
}
