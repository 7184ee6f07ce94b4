/** Where the rows of an entity lie: in a table of its own, under keys of bytes, or in the one table of the store, under keys of text. */

import type { EntityModel, IndexModel, ItemTemplate, OrderTerm } from "../../../model/entity.ts";
import { indexPath, keyPath, type AccessPath } from "../../planner/access-path.ts";
import { compileTemplate } from "../../item-template.ts";
import { indexName, OURS } from "./names.ts";
import { bytesPath, textPath, type KeyNames, type Path } from "./path.ts";
import { derivedTemplate } from "./template.ts";

export interface Layout {
  /** Before the names of all tables. */
  readonly prefix: string;
  /** Undefined is a table for each entity. */
  readonly single: SingleTable | undefined;
  /** By name of the index in the database; the others are global, and have all attributes. */
  readonly indexes: ReadonlyMap<string, IndexOptions>;
}

export interface IndexOptions {
  readonly isLocal: boolean;
  /** Columns; none is keys alone, undefined is all attributes. */
  readonly include: readonly string[] | undefined;
}

/** The one table of a store, and its attributes. */
export interface SingleTable {
  readonly table: string;
  readonly partition: string;
  readonly sort: string;
  /** Says whose row an item is. */
  readonly type: string;
  /** By name of the index in the database; the others have their own name before PK and SK. */
  readonly indexes: ReadonlyMap<string, { readonly partition: string; readonly sort: string }>;
}

interface Paths {
  readonly key: Path;
  readonly indexes: readonly Path[];
}

/** Of a table that has one entity's rows. */
export function ownPaths(entity: EntityModel, options: Layout["indexes"]): Paths {
  const type = "B";
  return {
    key: bytesPath({
      entity,
      access: keyPath(entity),
      partitionName: `${OURS}pk`,
      sortName: `${OURS}sk`,
      type,
    }),
    indexes: entity.indexes.map((index) => {
      const name = indexName(index);
      const own = options.get(name);
      const partitionName = own?.isLocal === true ? `${OURS}pk` : `${OURS}${name}_pk`;
      const names = { name, partitionName, sortName: `${OURS}${name}_sk`, ...kindOf(own, []) };
      return bytesPath({ entity, access: indexPath(entity, index), ...names, type });
    }),
  };
}

/** Of an entity's rows in the one table. @param stored as `storedEntity` has it */
export function sharedPaths(
  entity: EntityModel,
  stored: EntityModel,
  single: SingleTable,
  options: Layout["indexes"],
): Paths {
  const access = keyPath(stored);
  const key: KeyNames = { partitionName: single.partition, sortName: single.sort, type: "S" };
  const physical = physicalNames(entity.indexes);
  return {
    key: textPath({ entity, access, ...key }, stored.item ?? keyTemplate(stored, access)),
    indexes: stored.indexes.map((index, i) => {
      const name = physical[i] ?? "";
      const own = options.get(name);
      const { sort, ...named } = single.indexes.get(name) ?? { partition: `${name}PK`, sort: `${name}SK` };
      const partition = own?.isLocal === true ? single.partition : named.partition;
      const template = index.item ?? indexTemplate(stored, index);
      const { terms, declared, entry } = indexPath(stored, index, ordinalsIn(stored, template.partition).length);
      const declaredIndex = entity.indexes[i];
      const path = { terms, declared, entry, ...(declaredIndex && { index: declaredIndex }) };
      return textPath(
        {
          entity,
          access: path,
          name,
          partitionName: partition,
          sortName: sort,
          type: "S",
          ...kindOf(own, [single.type]),
        },
        template,
      );
    }),
  };
}

function kindOf(options: IndexOptions | undefined, always: readonly string[]): Pick<KeyNames, "isLocal" | "holds"> {
  const include = options?.include;
  return {
    ...(options?.isLocal === true && { isLocal: true as const }),
    ...(include && { holds: include.length === 0 ? [] : [...always, ...include] }),
  };
}

/** The entity with the fields of its key and indexes in the order of their templates: so its rows lie. */
export function storedEntity(entity: EntityModel): EntityModel {
  const { item } = entity;
  const key = item
    ? [
        ...entity.key.filter(({ partition }) => partition),
        ...inOrderOf(
          entity.key.filter(({ partition }) => !partition),
          ordinalsIn(entity, item.sort),
        ),
      ]
    : entity.key;
  return { ...entity, key, indexes: entity.indexes.map((index) => storedIndex(entity, index)) };
}

function storedIndex(entity: EntityModel, index: IndexModel): IndexModel {
  if (!index.item) return index;
  const leading = ordinalsIn(entity, index.item.partition);
  const isLeading = ({ ordinal }: OrderTerm): boolean => leading.includes(ordinal);
  const others = index.parts.filter((part) => !isLeading(part));
  const parts = [...index.parts.filter(isLeading), ...inOrderOf(others, ordinalsIn(entity, index.item.sort))];
  return { ...index, parts };
}

function inOrderOf<Part extends OrderTerm>(parts: readonly Part[], ordinals: readonly number[]): readonly Part[] {
  return parts.toSorted((a, b) => ordinals.indexOf(a.ordinal) - ordinals.indexOf(b.ordinal));
}

function ordinalsIn(entity: EntityModel, template: string): readonly number[] {
  return compileTemplate(entity, template).ordinals;
}

function keyTemplate(entity: EntityModel, { terms, entry }: AccessPath): ItemTemplate {
  const ordinals = terms.map(({ ordinal }) => ordinal);
  const sort = ordinals.slice(entry);
  return {
    partition: derivedTemplate(entity, entity.name, ordinals.slice(0, entry)),
    sort: derivedTemplate(entity, sort.length > 0 ? "" : entity.name, sort),
  };
}

/** By the first field, and within it by the others and the key. */
function indexTemplate(entity: EntityModel, index: IndexModel): ItemTemplate {
  const ordinals = indexPath(entity, index).terms.map(({ ordinal }) => ordinal);
  const sort = ordinals.slice(1);
  return {
    partition: derivedTemplate(entity, `${entity.name}#${index.name}`, ordinals.slice(0, 1)),
    sort: derivedTemplate(entity, sort.length > 0 ? "" : index.name, sort),
  };
}

/** As annotated; the others have GSI and the lowest number that is free in their entity. */
function physicalNames(indexes: readonly IndexModel[]): readonly string[] {
  const taken = new Set(indexes.flatMap(({ physical }) => (physical === undefined ? [] : [physical])));
  let next = 1;
  return indexes.map((index) => {
    if (index.physical !== undefined) return indexName(index);
    while (taken.has(`GSI${next}`)) next += 1;
    return `GSI${next++}`;
  });
}
