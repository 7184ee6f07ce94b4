/** The changes of an Update: values with their mask, and increments, appends and removals as messages of the entity. */

import type { Append, Increment, Remove } from "../api/changes.ts";
import { codecOf, FieldError, within, type FieldCodec } from "../codec/message-codec.ts";
import type { Writer } from "../codec/writer.ts";
import type { EntityTable } from "../schema/tables.ts";
import { Duration } from "../value/duration.ts";
import { Timestamp } from "../value/timestamp.ts";
import { ValueError } from "../value/value-error.ts";
import { writePaths } from "./options.ts";

type Change = Increment<unknown> | Append<unknown> | Remove<unknown>;

const numbers: { readonly [change in Change["change"]]: number } = { increment: 5, append: 6, remove: 7 };

export function isChange(value: unknown): value is Change {
  if (typeof value !== "object" || value === null || !("change" in value)) return false;
  return value.change === "increment" || value.change === "append" || value.change === "remove";
}

/** The entity with the key of `target`, the mask, and the changes. */
export function writeChanges(writer: Writer, entity: EntityTable, target: object, changes: object): void {
  const { fields } = codecOf(entity);
  const set: [string, FieldCodec, unknown][] = [];
  const changed: Record<Change["change"], [string, FieldCodec, Change][]> = { increment: [], append: [], remove: [] };
  const mask: string[] = [];
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || entity.key.includes(name)) continue;
    const field = fields.get(name);
    if (!field) throw new FieldError(name, "FIELD_UNKNOWN", `is no field of ${entity.name}`);
    if (isChange(value) && !isJson(field)) changed[value.change].push([name, field, value]);
    else {
      mask.push(name);
      if (value !== null || field.table.kind === "value") set.push([name, field, value]);
    }
  }
  writer.tag(1, 2);
  const start = writer.begin();
  for (const name of entity.key) {
    const value: unknown = Reflect.get(target, name);
    if (value === undefined) throw new FieldError(name, "KEY_INCOMPLETE", "is missing in the key");
    within(name, () => fields.get(name)?.writeAlways(writer, value));
  }
  for (const [name, field, value] of set) within(name, () => field.writeAlways(writer, value));
  writer.end(start);
  if (mask.length > 0) writePaths(writer, 2, entity, mask);
  for (const kind of ["increment", "append", "remove"] as const)
    if (changed[kind].length > 0) writeKind(writer, numbers[kind], changed[kind]);
}

/** Whether its values are objects of any form, so that none can be a change. */
function isJson({ table: { kind } }: FieldCodec): boolean {
  return kind === "struct" || kind === "value";
}

function writeKind(writer: Writer, number: number, changes: readonly [string, FieldCodec, Change][]): void {
  writer.tag(number, 2);
  const start = writer.begin();
  for (const [name, field, change] of changes) within(name, () => field.writeAlways(writer, valueOf(field, change)));
  writer.end(start);
}

function valueOf(field: FieldCodec, change: Change): unknown {
  const { table } = field;
  const isMany = table.list === true || table.map !== undefined;
  if (change.change === "increment") {
    if (isMany) throw new ValueError("FIELD_INVALID", "is no number, and cannot be incremented");
    return change.by;
  }
  if (!isMany) throw new ValueError("FIELD_INVALID", `is no list or map: ${change.change} does not apply`);
  if (change.change === "append" || table.map === undefined) return change.values;
  return mapOfKeys(field, change.values);
}

/** On a map, `remove` takes keys; their values are ignored. */
function mapOfKeys({ table }: FieldCodec, keys: unknown): object {
  if (!Array.isArray(keys)) throw new ValueError("FIELD_INVALID", "is a list of keys");
  const zeros: { readonly [kind: string]: unknown } = {
    string: "",
    decimal: "0",
    bool: false,
    bytes: new Uint8Array(),
    message: {},
    struct: {},
    value: null,
    listValue: [],
    enum: 0,
    timestamp: new Timestamp(0, 0),
    duration: new Duration(0, 0),
  };
  const is64 = table.kind.endsWith("64");
  const zero = table.kind in zeros ? zeros[table.kind] : is64 ? 0n : 0;
  return Object.fromEntries(keys.map((key: unknown) => [String(key), zero]));
}
