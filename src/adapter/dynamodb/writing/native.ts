/**
 * Updates and Deletes as one request that the database decides about, without a read before it. Only where it would do exactly what
 * `transition` does with the row: fields that are set, cleared and added to, conditions that it can say, a row that is live by its own
 * attributes. What its condition refuses is decided by `transition` on the row that the refusal brings.
 */

import type { MessageType } from "../../../model/field.ts";
import type { Mutation, Precondition } from "../../../model/mutation.ts";
import { normaliseValue } from "../../../model/record.ts";
import type { Value } from "../../../model/value.ts";
import { conditionText } from "./condition.ts";
import type { AttributeValue } from "../driver.ts";
import { inputOf, Places, type ItemWrite } from "./expressions.ts";
import { boundsOf } from "./increment.ts";
import { keyItem, MOST_ITEM, type Table } from "../items/table.ts";

export type NativeWrite = Extract<ItemWrite, { readonly kind: "Update" | "Delete" }>;
type Update = Extract<Mutation, { readonly kind: "update" }>;
type Delete = Extract<Mutation, { readonly kind: "delete" }>;

/** Undefined where the database would not do exactly the same. */
export function nativeWrite(table: Table, mutation: Mutation): NativeWrite | undefined {
  if (!isRoomy(table, mutation)) return undefined;
  if (mutation.kind === "update") return updateWrite(table, mutation);
  return mutation.kind === "delete" ? deleteWrite(table, mutation) : undefined;
}

function updateWrite(table: Table, mutation: Update): NativeWrite | undefined {
  const { entity, changes } = mutation;
  const writing = new Writing(table, mutation);
  if (changes.length === 0 || !writing.isAlone(changes.map(({ ordinal }) => ordinal))) return undefined;
  for (const change of changes) {
    const field = entity.fields[change.ordinal];
    if (!field || field.immutable) return undefined;
    if (change.kind === "set")
      writing.set(change.ordinal, change.value === undefined ? undefined : normaliseValue(field.type, change.value));
    else if (change.kind !== "increment" || !writing.add(change.ordinal, change.by)) return undefined;
  }
  if (!writing.isLive(mutation.precondition) || !writing.stamp(mutation.precondition)) return undefined;
  return writing.update();
}

/** A row of an entity with unique values leaves markers behind, and goes with them. */
function deleteWrite(table: Table, mutation: Delete): NativeWrite | undefined {
  const { soft, precondition, now, entity } = mutation;
  if (table.unique.length > 0) return undefined;
  const writing = new Writing(table, mutation);
  if (!soft) {
    if (!writing.isThere(precondition)) return undefined;
    return writing.delete();
  }
  const { deletedAt } = entity.managed;
  if (deletedAt === undefined || !writing.isAlone([deletedAt])) return undefined;
  if (!writing.isLive(precondition)) return undefined;
  writing.set(deletedAt, now);
  return writing.stamp(precondition) ? writing.update() : undefined;
}

const LAST_VERSION = 2n ** 63n - 1n;

/** The expressions of one request, as they come together. */
class Writing {
  readonly #table: Table;
  readonly #mutation: Update | Delete;
  readonly #places = new Places();
  readonly #tests: string[] = [];
  readonly #sets: string[] = [];
  readonly #removes: string[] = [];
  readonly #adds: string[] = [];

  constructor(table: Table, mutation: Update | Delete) {
    this.#table = table;
    this.#mutation = mutation;
    this.#tests.push(`attribute_exists(${this.#places.name(table.key.partitionName)})`);
    if (table.type)
      this.#tests.push(`${this.#places.name(table.type.name)} = ${this.#places.value({ S: table.type.value })}`);
  }

  /** Whether no index, template or sweep has what changes: their attributes would need the whole row. */
  isAlone(ordinals: readonly number[]): boolean {
    const { expiresAt, updatedAt, version } = this.#table.entity.managed;
    const touched = new Set([...ordinals, updatedAt, version]);
    if (expiresAt !== undefined && touched.has(expiresAt)) return false;
    return !this.#table.indexes.some(
      ({ index, sides }) =>
        index?.parts.some(({ ordinal }) => touched.has(ordinal)) === true ||
        [...(sides?.partition.ordinals ?? []), ...(sides?.sort.ordinals ?? [])].some((ordinal) => touched.has(ordinal)),
    );
  }

  /** @param value undefined clears */
  set(ordinal: number, value: Value | undefined): void {
    const attribute = this.#table.attributes[ordinal];
    const given = value ?? attribute?.absent;
    const stored = given === undefined ? undefined : attribute?.encode(given);
    const name = this.#nameAt(ordinal);
    if (stored) this.#sets.push(`${name} = ${this.#places.value(stored)}`);
    else this.#removes.push(name);
  }

  /** False where the database would not add exactly. */
  add(ordinal: number, by: number | bigint): boolean {
    const field = this.#table.entity.fields[ordinal];
    const bounds = field && boundsOf(field, { kind: "increment", ordinal, by });
    if (!bounds) return false;
    const name = this.#nameAt(ordinal);
    this.#tests.push(`(attribute_not_exists(${name}) OR ${this.#between(name, bounds.least, bounds.most)})`);
    this.#adds.push(`${name} ${this.#places.value(bounds.by)}`);
    return true;
  }

  /** Neither expired nor otherwise than the precondition says. */
  isThere(precondition: Precondition | undefined): boolean {
    const { entity } = this.#table;
    const { expiresAt, version } = entity.managed;
    if (expiresAt !== undefined) {
      const now = this.#table.attributes[expiresAt]?.encode(this.#mutation.now);
      if (!now) return false;
      const name = this.#nameAt(expiresAt);
      this.#tests.push(`(attribute_not_exists(${name}) OR ${name} > ${this.#places.value(now)})`);
    }
    if (precondition?.version !== undefined) {
      if (version === undefined) return false;
      this.#tests.push(`${this.#nameAt(version)} = ${this.#places.value({ N: String(precondition.version) })}`);
    }
    if (!precondition?.condition) return true;
    const text = conditionText(this.#table, precondition.condition, this.#places);
    if (text !== undefined) this.#tests.push(text);
    return text !== undefined;
  }

  isLive(precondition: Precondition | undefined): boolean {
    const { deletedAt } = this.#table.entity.managed;
    if (deletedAt !== undefined) this.#tests.push(`attribute_not_exists(${this.#nameAt(deletedAt)})`);
    return this.isThere(precondition);
  }

  /** What every change writes. False where no version could follow. */
  stamp(precondition: Precondition | undefined): boolean {
    const { updatedAt, version } = this.#table.entity.managed;
    if (updatedAt !== undefined) this.set(updatedAt, this.#mutation.now);
    if (version === undefined) return true;
    const [least, most] = [precondition?.version ?? 0n, precondition?.version ?? LAST_VERSION - 1n];
    if (most >= LAST_VERSION) return false;
    const name = this.#nameAt(version);
    this.#tests.push(this.#between(name, { N: String(least) }, { N: String(most) }));
    this.#adds.push(`${name} ${this.#places.value({ N: "1" })}`);
    return true;
  }

  update(): NativeWrite {
    const clauses = [
      ...(this.#sets.length > 0 ? [`SET ${this.#sets.join(", ")}`] : []),
      ...(this.#removes.length > 0 ? [`REMOVE ${this.#removes.join(", ")}`] : []),
      ...(this.#adds.length > 0 ? [`ADD ${this.#adds.join(", ")}`] : []),
    ];
    return { kind: "Update", input: { ...this.#input(), UpdateExpression: clauses.join(" ") } };
  }

  delete(): NativeWrite {
    return { kind: "Delete", input: this.#input() };
  }

  #input(): NativeWrite["input"] & { readonly Key: ReturnType<typeof keyItem> } {
    return {
      ...inputOf(this.#table.name, this.#tests.join(" AND "), this.#places),
      Key: keyItem(this.#table, this.#mutation.key),
    };
  }

  #nameAt(ordinal: number): string {
    return this.#places.name(this.#table.attributes[ordinal]?.name ?? "");
  }

  #between(name: string, least: AttributeValue, most: AttributeValue): string {
    return `${name} BETWEEN ${this.#places.value(least)} AND ${this.#places.value(most)}`;
  }
}

/** Numbers packed in lists may be several times as large in a message as in an item. */
const LARGEST_RATIO = 2.5;

/** Whether the row cannot come near what it may have, whatever its size is. */
function isRoomy({ entity }: Table, { mostBytes, answer }: Mutation): boolean {
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
