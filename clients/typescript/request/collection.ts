/** The Query of a collection as bytes. */

import { codecOf, FieldError, within } from "../codec/message-codec.ts";
import type { Writer } from "../codec/writer.ts";
import type { EntityTable } from "../schema/tables.ts";
import { writeConsistency, writeCount, writeFlag, writeText } from "./options.ts";

type Members = Readonly<Record<string, EntityTable>>;
/** As callers write it. */
export type Asked = Readonly<Record<string, unknown>>;

export function writeQuery(writer: Writer, members: Members, asked: Asked): void {
  const tables = Object.values(members);
  if (tables.length === 0)
    throw new FieldError("members", "FIELD_REQUIRED", "are empty: name the entities whose rows are wanted");
  for (const { name } of tables) writeText(writer, 1, name);
  writePartition(writer, members, asked["partition"]);
  writeText(writer, 5, textIn(asked, "index"));
  writeWhere(writer, asked["where"]);
  writeFlag(writer, 7, asked["descending"]);
  writeCount(writer, 8, asked["pageSize"], "pageSize");
  writeText(writer, 9, textIn(asked, "pageToken"));
  writeFlag(writer, 10, asked["showDeleted"]);
  within("consistency", () => writeConsistency(writer, 11, asked["consistency"]));
  writeFields(writer, tables, asked["fields"]);
}

function textIn(asked: Asked, name: string): string | undefined {
  const value = asked[name];
  if (value !== undefined && typeof value !== "string") throw new FieldError(name, "FIELD_INVALID", "is a text");
  return value;
}

function writePartition(writer: Writer, members: Members, partition: unknown): void {
  if (typeof partition === "string") {
    writer.tag(3, 2);
    writer.string(partition);
    return;
  }
  const given = typeof partition === "object" && partition !== null ? Object.entries(partition) : [];
  const [only, ...others] = given;
  const table = only && members[only[0]];
  if (!only || !table || others.length > 0)
    throw new FieldError("partition", "FIELD_INVALID", "is a text, or the fields of one of the members by its name");
  writer.tag(4, 2);
  const start = writer.begin();
  writeText(writer, 1, `type.googleapis.com/${table.name}`);
  writer.tag(2, 2);
  const inner = writer.begin();
  within("partition", () => within(only[0], () => codecOf(table).write(writer, only[1] as object))); // the codec refuses others
  writer.end(inner);
  writer.end(start);
}

const CONDITIONS: { readonly [name: string]: number } = { eq: 1, startsWith: 2, gt: 3, gte: 4, lt: 5, lte: 6 };

/** An empty one is refused by the sidecar; one that is undefined would widen what is asked. */
function writeWhere(writer: Writer, where: unknown): void {
  if (where === undefined) return;
  if (typeof where !== "object" || where === null)
    throw new FieldError("where", "FIELD_INVALID", "is a condition on the sort key");
  writer.tag(6, 2);
  const start = writer.begin();
  for (const [name, text] of Object.entries(where)) {
    const number = Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined;
    if (number === undefined)
      throw new FieldError(`where.${name}`, "FIELD_INVALID", `is none of ${Object.keys(CONDITIONS).join(", ")}`);
    if (typeof text !== "string") throw new FieldError(`where.${name}`, "FIELD_INVALID", "is a text");
    writer.tag(number, 2);
    writer.string(text);
  }
  writer.end(start);
}

/** Paths of all members that have the field: its name in the proto file may differ between them. */
function writeFields(writer: Writer, tables: readonly EntityTable[], fields: unknown): void {
  if (fields === undefined) return;
  if (!Array.isArray(fields)) throw new FieldError("fields", "MASK_INVALID", "is a list of names");
  const paths = new Set<string>();
  for (const name of fields) {
    const found = tables.flatMap((table) => codecOf(table).fields.get(String(name))?.table.proto ?? []);
    if (found.length === 0)
      throw new FieldError("fields", "MASK_INVALID", `names ${JSON.stringify(name)}, which is no field of any member`);
    for (const path of found) paths.add(path);
  }
  if (paths.size === 0) for (const path of keyPaths(tables)) paths.add(path);
  writer.tag(12, 2);
  const start = writer.begin();
  for (const path of paths) {
    writer.tag(1, 2);
    writer.string(path);
  }
  writer.end(start);
}

/** A mask without paths would be none. */
function keyPaths(tables: readonly EntityTable[]): readonly string[] {
  return tables.flatMap((table) => table.key.flatMap((name) => codecOf(table).fields.get(name)?.table.proto ?? []));
}
