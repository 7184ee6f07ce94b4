/** Which entities can have rows in a partition, and what its text says of their fields. */

import type { FieldSet } from "../../adapter/adapter.ts";
import { itemTexts, type ItemTexts } from "../../adapter/item-template.ts";
import type { EntityModel, IndexModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { readMasks } from "../mask.ts";
import type { CollectionRequest } from "../operation.ts";
import type { Scope } from "../scope.ts";

/** An entity with a template of the key, or of the index that was asked. */
export interface Member {
  readonly scope: Scope;
  /** Undefined for the key. */
  readonly index: IndexModel | undefined;
  readonly texts: ItemTexts;
  /** What an answer shows of its rows; undefined is all. */
  readonly shown: FieldSet;
  /** What the partition's text says, by ordinal. */
  readonly fixed: ReadonlyMap<number, Value>;
}

export interface Members {
  readonly partition: string;
  /** By name. */
  readonly members: readonly Member[];
}

/** What is worked out once for each entity. */
export interface Known {
  /** @throws Fault that says why it is not served */
  readonly scopeOf: (entity: EntityModel) => Scope;
  /** Of the key where no index is given. Undefined where it has no template. */
  readonly textsOf: (entity: EntityModel, index: IndexModel | undefined) => ItemTexts | undefined;
}

/** What must be read of a row so that it can be shown: what its texts are made of, too. */
export function readFields({ shown, texts, scope }: Member): FieldSet {
  if (!shown) return undefined;
  const { layout } = scope;
  const all = [...shown, ...layout.keyOrdinals, ...texts.partition.ordinals, ...texts.sort.ordinals];
  return [...new Set(all)].toSorted((a, b) => a - b);
}

/** Compiled when first asked for. */
export function rememberedTexts(): Known["textsOf"] {
  const made = new Map<EntityModel | IndexModel, ItemTexts | undefined>();
  return (entity, index) => {
    const of = index ?? entity;
    if (!made.has(of)) made.set(of, itemTexts(entity, index));
    return made.get(of);
  };
}

/** @throws Fault where an entity was named that can have no rows there */
export function membersOf(request: CollectionRequest, known: Known): Members {
  const partition = partitionOf(request, known);
  const shown = readMasks(request.entities, request.readMask);
  const members = request.entities.flatMap((entity, i): Member | readonly [] => {
    const found = memberOf(entity, request.index, partition, known);
    if (typeof found !== "string") return { ...found, shown: shown(found.scope.layout) };
    if (request.isOpen) return [];
    throw new Fault("PARTITION_INVALID", `${entity.name} ${found}`, { entity: entity.name, field: `entities[${i}]` });
  });
  return { partition, members: members.toSorted((a, b) => (a.scope.entity.name < b.scope.entity.name ? -1 : 1)) };
}

function memberOf(
  entity: EntityModel,
  name: string,
  partition: string,
  { scopeOf, textsOf }: Known,
): Omit<Member, "shown"> | string {
  const index = name === "" ? undefined : entity.indexes.find((candidate) => isNamed(candidate, name));
  if (name !== "" && !index) return "has no index of this name; name one that all of the entities have";
  const texts = textsOf(entity, index);
  if (!texts) return `has no item template for ${name === "" ? "its key" : "this index"}, so it is in no collection`;
  const fixed = texts.partition.decode(partition);
  if (!fixed)
    return "has no rows in this partition: its item template gives other texts; ask for entities with a common partition";
  return { scope: scopeOf(entity), index, texts, fixed };
}

function isNamed({ name, physical }: IndexModel, asked: string): boolean {
  return name === asked || physical === asked;
}

function partitionOf({ partition, index: name }: CollectionRequest, { scopeOf, textsOf }: Known): string {
  if (partition.kind === "text") {
    if (partition.text === "")
      throw new Fault("FIELD_REQUIRED", "partition_key is empty; send the partition's text", {
        field: "partition_key",
      });
    return partition.text;
  }
  const { entity } = partition;
  // A number 0 is not on the wire, and is a value.
  const record = entity.fields.map((field) => partition.record[field.ordinal] ?? absentValue(field));
  const index = name === "" ? undefined : entity.indexes.find((candidate) => isNamed(candidate, name));
  const texts = name !== "" && !index ? undefined : textsOf(entity, index);
  if (!texts)
    throw new Fault(
      "PARTITION_INVALID",
      `${entity.name} has no item template for ${name === "" ? "its key" : "this index"}`,
      {
        entity: entity.name,
        field: "partition_of",
      },
    );
  const { layout } = scopeOf(entity);
  const text = texts.partition.encode(layout.truncate.record(entity.message, record));
  if (text !== undefined) return text;
  const missing = texts.partition.ordinals.find((ordinal) => isMissing(record[ordinal]));
  throw new Fault("KEY_INCOMPLETE", "partition_of lacks a field of the partition's template; set all of them", {
    entity: entity.name,
    field: `partition_of.${entity.fields[missing ?? 0]?.name}`,
  });
}

function isMissing(value: Value | undefined): boolean {
  return value === undefined || value === "" || (value instanceof Uint8Array && value.length === 0);
}
