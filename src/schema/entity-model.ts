/** Entity descriptors → the model that everything above and below the schema works with. */

import type { DescField, DescMessage } from "@bufbuild/protobuf";
import {
  Generate,
  OnDelete,
  type EntityOptions,
  type FieldOptions,
  type ItemTemplate as ItemOptions,
} from "../gen/pannier/v1/annotations_pb.ts";
import type { EntityModel, IndexModel, ItemTemplate, KeyPart, ManagedFields, OrderTerm } from "../model/entity.ts";
import type { Field, Generator, MessageField, Reference } from "../model/field.ts";
import type { Annotations } from "./annotations.ts";
import { MessageTypes } from "./message-type.ts";
import { apiName, indexName, serviceName, tableName } from "./naming.ts";
import { parseOrder, parseTerm, type NamedTerm } from "./order-term.ts";

/** Code points that a string in a key or index may have when its annotations set no limit. */
const INDEXED_LENGTH = 255;

/**
 * Models of `entities`, in their order. Embedded messages that several of them hold are one object.
 * Every check has passed: an annotation that makes no sense throws a TypeError here.
 */
export function createModels(entities: readonly DescMessage[], annotations: Annotations): readonly EntityModel[] {
  const indexed = new Map<DescMessage, ReadonlySet<string>>();
  const types = new MessageTypes(annotations, (field, desc, message, options) => {
    const names = indexed.get(message) ?? indexedFields(message, options, annotations);
    indexed.set(message, names);
    return annotatedField(field, annotations.field(desc), names);
  });
  return entities.map((message) => createModel(message, annotations, types));
}

/** The store that an entity's annotations name. */
export function storeOf(message: DescMessage, options: EntityOptions, annotations: Annotations): string {
  return options.store || annotations.defaults(message.file).store || "default";
}

/** The table that an entity's annotations name or imply. */
export function tableOf(message: DescMessage, options: EntityOptions, annotations: Annotations): string {
  return options.table || annotations.defaults(message.file).tablePrefix + tableName(message.name);
}

/** An index as it is declared, before its fields are looked up. */
export interface DeclaredIndex {
  readonly name: string;
  readonly terms: readonly (NamedTerm | undefined)[];
  readonly unique: boolean;
  readonly physical?: string;
  readonly item?: ItemOptions;
  /** The field whose shorthand it is. */
  readonly shorthand?: DescField;
}

/** Message level first, then field shorthands by field number. */
export function declaredIndexes(
  message: DescMessage,
  options: EntityOptions,
  annotations: Annotations,
): readonly DeclaredIndex[] {
  const declared = options.indexes.map((index) => {
    const terms = index.fields.map(parseTerm);
    const name = index.name || indexName(terms.map((term) => term?.name ?? ""));
    return {
      name,
      terms,
      unique: index.unique,
      ...(index.physical !== "" && { physical: index.physical }),
      ...(index.item && { item: index.item }),
    };
  });
  const shorthands = message.fields
    .toSorted((a, b) => a.number - b.number)
    .filter((field) => isIndexed(annotations.field(field)))
    .map((field) => ({
      name: indexName([field.name]),
      terms: [{ name: field.name, desc: false }],
      unique: annotations.field(field).unique,
      shorthand: field,
    }));
  return [...declared, ...shorthands];
}

function isIndexed({ index, unique, ignore }: FieldOptions): boolean {
  return (index || unique) && !ignore;
}

function createModel(message: DescMessage, annotations: Annotations, types: MessageTypes): EntityModel {
  const options = annotations.entity(message);
  if (!options?.key) throw new TypeError(`${message.typeName} is no entity with a key`);
  const type = types.of(message);
  const fields = type.fields as readonly Field[]; // annotatedField made them: the message is an entity
  const term = ordinals(message, fields);
  const { key } = options;
  const keyParts: KeyPart[] = [
    ...key.partition.map((text) => ({ ...term(parseTerm(text)), partition: true })),
    ...key.sort.map((text) => ({ ...term(parseTerm(text)), partition: false })),
  ];
  return {
    name: message.typeName,
    service: serviceName(apiName(message.typeName, options.apiName)),
    store: storeOf(message, options, annotations),
    table: tableOf(message, options, annotations),
    renamedFrom: options.renamedFrom,
    fields,
    message: type,
    key: keyParts,
    indexes: declaredIndexes(message, options, annotations).map((index) => indexModel(index, term)),
    managed: managedFields(message, fields, annotations),
    defaultOrder: parseOrder(options.defaultOrderBy).map(term),
    ...(options.item && { item: template(options.item) }),
  };
}

function ordinals(message: DescMessage, fields: readonly Field[]): (term: NamedTerm | undefined) => OrderTerm {
  const byName = new Map(fields.map((field) => [field.name, field.ordinal]));
  return (term) => {
    const ordinal = term && byName.get(term.name);
    if (term === undefined || ordinal === undefined)
      throw new TypeError(`${message.typeName} has no field ${term?.name}`);
    return { ordinal, desc: term.desc };
  };
}

function indexModel(index: DeclaredIndex, term: (term: NamedTerm | undefined) => OrderTerm): IndexModel {
  return {
    name: index.name,
    ...(index.physical !== undefined && { physical: index.physical }),
    parts: index.terms.map(term),
    unique: index.unique,
    ...(index.item && { item: template(index.item) }),
  };
}

function template(options: ItemOptions): ItemTemplate {
  return { partition: options.partition, sort: options.sort };
}

function managedFields(message: DescMessage, fields: readonly Field[], annotations: Annotations): ManagedFields {
  const managed: { -readonly [K in keyof ManagedFields]: ManagedFields[K] } = {};
  for (const field of fields) {
    const desc = message.fields.find((candidate) => candidate.number === field.number);
    const kind = desc && managedKind(annotations.field(desc));
    if (kind) managed[kind] = field.ordinal;
  }
  return managed;
}

/** Which managed field it is; a kind that is written out as false switches nothing on. */
export function managedKind(options: FieldOptions): keyof ManagedFields | undefined {
  return options.managed.value === true ? options.managed.case : undefined;
}

/** Names of the fields in the key or in an index. */
function indexedFields(message: DescMessage, options: EntityOptions, annotations: Annotations): ReadonlySet<string> {
  const key = [...(options.key?.partition ?? []), ...(options.key?.sort ?? [])].map(parseTerm);
  const indexes = declaredIndexes(message, options, annotations).flatMap((index) => index.terms);
  return new Set([...key, ...indexes].map((term) => term?.name ?? ""));
}

function annotatedField(field: MessageField, options: FieldOptions, indexed: ReadonlySet<string>): Field {
  const generate = GENERATORS.get(options.generate);
  const references = reference(options);
  const limited = field.type.kind === "string" && indexed.has(field.name);
  return {
    ...field,
    column: options.column || field.name,
    renamedFrom: options.renamedFrom,
    immutable: options.immutable,
    sensitive: options.sensitive,
    required: options.required,
    ...(generate && { generate }),
    maxLength: options.maxLength || (limited ? INDEXED_LENGTH : 0),
    ...(references && { references }),
  };
}

/** A generator that is not here has been refused by the checks. */
const GENERATORS: ReadonlyMap<Generate, Generator> = new Map([
  [Generate.UUID_V7, "uuid_v7"],
  [Generate.UUID_V4, "uuid_v4"],
  [Generate.ULID, "ulid"],
  [Generate.SEQUENCE, "sequence"],
  [Generate.SNOWFLAKE, "snowflake"],
]);

const ON_DELETE: ReadonlyMap<OnDelete, Reference["onDelete"]> = new Map([
  [OnDelete.RESTRICT, "restrict"],
  [OnDelete.CASCADE, "cascade"],
  [OnDelete.SET_NULL, "set_null"],
]);

function reference({ references }: FieldOptions): Reference | undefined {
  return references && { entity: references.entity, onDelete: ON_DELETE.get(references.onDelete) ?? "none" };
}
