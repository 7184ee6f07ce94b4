/**
 * Increments by the database's own `ADD`, so that a counter that many write to needs no read and no second attempt. Only where the database
 * adds exactly what `transition` would: whole numbers and decimals of up to 38 digits, on a row that no guard, index or time decides about.
 */

import type { Field, FieldType, MessageType } from "../../model/field.ts";
import type { Change, Mutation } from "../../model/mutation.ts";
import { decimalText } from "../../model/decimal.ts";
import type { AttributeValue } from "./driver.ts";
import { inputOf, Places, type ItemWrite } from "./expressions.ts";

import { keyItem, MOST_ITEM, type Table } from "./table.ts";

export type UpdateWrite = Extract<ItemWrite, { readonly kind: "Update" }>;
type Update = Extract<Mutation, { readonly kind: "update" }>;
type Increment = Extract<Change, { readonly kind: "increment" }>;

/** Undefined where the database would not do exactly the same. */
export function incrementWrite(table: Table, mutation: Mutation): UpdateWrite | undefined {
  if (mutation.kind !== "update" || !isAlone(table, mutation) || !isRoomy(table, mutation)) return undefined;
  const { entity, changes, now, precondition } = mutation;
  const { managed } = entity;
  const places = new Places();
  const tests = [`attribute_exists(${places.name(table.key.partitionName)})`];
  const adds: string[] = [];
  if (table.type) tests.push(`${places.name(table.type.name)} = ${places.value({ S: table.type.value })}`);
  if (managed.deletedAt !== undefined) tests.push(`attribute_not_exists(${nameAt(table, managed.deletedAt, places)})`);
  for (const change of changes) {
    const field = entity.fields[change.ordinal];
    const bounds = change.kind === "increment" && field && !field.immutable ? boundsOf(field, change) : undefined;
    if (!field || !bounds) return undefined;
    const name = places.name(field.column);
    const within = `${name} BETWEEN ${places.value(bounds.least)} AND ${places.value(bounds.most)}`;
    tests.push(`(attribute_not_exists(${name}) OR ${within})`);
    adds.push(`${name} ${places.value(bounds.by)}`);
  }
  if (managed.version !== undefined) {
    const name = nameAt(table, managed.version, places);
    const [least, most] = [precondition?.version ?? 0n, precondition?.version ?? LAST_VERSION - 1n];
    if (most >= LAST_VERSION) return undefined;
    tests.push(`${name} BETWEEN ${places.value({ N: String(least) })} AND ${places.value({ N: String(most) })}`);
    adds.push(`${name} ${places.value({ N: "1" })}`);
  }
  const UpdateExpression = `${stampOf(table, managed.updatedAt, now, places)}ADD ${adds.join(", ")}`;
  const input = {
    ...inputOf(table.name, tests.join(" AND "), places),
    Key: keyItem(table, mutation.key),
    UpdateExpression,
  };
  return { kind: "Update", input };
}

/** Whether nothing but the numbers themselves and a version decides, and no index has what changes. */
function isAlone({ entity, indexes }: Table, { changes, precondition }: Update): boolean {
  const { expiresAt, updatedAt, version } = entity.managed;
  if (precondition?.condition || expiresAt !== undefined) return false;
  if (precondition?.version !== undefined && version === undefined) return false;
  const touched = [...changes.map(({ ordinal }) => ordinal), updatedAt, version];
  const isIn = (ordinal: number): boolean => touched.includes(ordinal);
  return !indexes.some(
    ({ index, sides }) =>
      index?.parts.some(({ ordinal }) => isIn(ordinal)) === true || (sides && namesAny(sides, isIn)),
  );
}

const LAST_VERSION = 2n ** 63n - 1n;

function nameAt({ attributes }: Table, ordinal: number, places: Places): string {
  return places.name(attributes[ordinal]?.name ?? "");
}

function namesAny(
  { partition, sort }: NonNullable<Table["key"]["sides"]>,
  isIn: (ordinal: number) => boolean,
): boolean {
  return [...partition.ordinals, ...sort.ordinals].some(isIn);
}

function stampOf(table: Table, updatedAt: number | undefined, now: bigint, places: Places): string {
  const attribute = updatedAt === undefined ? undefined : table.attributes[updatedAt];
  const stored = attribute?.encode(now);
  return attribute && stored ? `SET ${places.name(attribute.name)} = ${places.value(stored)} ` : "";
}

/** What is added, and where the stored number must lie so that the sum is of its type; undefined where the database would not add exactly. */
function boundsOf(
  { type }: Field,
  { by }: Increment,
): { readonly by: AttributeValue; readonly least: AttributeValue; readonly most: AttributeValue } | undefined {
  const range = rangeOf(type);
  if (!range || (typeof by === "number" && !Number.isSafeInteger(by))) return undefined;
  const [least, most] = range;
  const step = BigInt(by);
  if (step < least || step > most) return undefined; // an absent value counts as 0
  const scale = type.kind === "decimal" ? type.scale : 0;
  const at = (number: bigint): AttributeValue => ({ N: decimalText(number, scale) });
  const [from, to] = [step < 0n ? least - step : least, step > 0n ? most - step : most];
  return { by: at(step), least: at(from), most: at(to) };
}

function rangeOf(type: FieldType): readonly [bigint, bigint] | undefined {
  switch (type.kind) {
    case "int32":
      return [-(2n ** 31n), 2n ** 31n - 1n];
    case "uint32":
      return [0n, 2n ** 32n - 1n];
    case "int64":
      return [-(2n ** 63n), 2n ** 63n - 1n];
    case "uint64":
      return [0n, 2n ** 64n - 1n];
    case "decimal":
      return type.precision <= 38
        ? [1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n]
        : undefined;
    case "float": // the database adds in decimals
    case "double":
    case "bool":
    case "string":
    case "bytes":
    case "enum":
    case "timestamp":
    case "duration":
    case "message":
    case "list":
    case "map":
      return undefined;
  }
}

/** Numbers packed in lists may be several times as large in a message as in an item. */
const LARGEST_RATIO = 2.5;

/** Whether the row cannot come near what it may have, whatever its size is. */
function isRoomy({ entity }: Table, { mostBytes, answer }: Update): boolean {
  const most = Math.min(mostBytes ?? Infinity, answer?.mostBytes ?? Infinity);
  return most >= MOST_ITEM * LARGEST_RATIO && !isDense(entity.message, new Set());
}

function isDense(message: MessageType, seen: Set<MessageType>): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields.some(({ type, wire }) => {
    const element = type.kind === "list" ? type.element : type.kind === "map" ? type.value : type;
    if (element.kind === "message") return isDense(element.message, seen);
    return type.kind === "list" && wire.encoding === "fixed";
  });
}
