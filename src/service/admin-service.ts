/** pannier.v1.AdminService: what is served, and what the stores behind it can do. Looks, never changes. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  AdminService,
  KeyRole,
  ManagedKind,
  type EntityDescriptionSchema,
  type EntitySummarySchema,
  type FieldDescriptionSchema,
  type StoreDescriptionSchema,
} from "../gen/pannier/v1/admin_pb.ts";
import { Generate, OnDelete } from "../gen/pannier/v1/annotations_pb.ts";
import type { EntityModel, IndexModel, OrderTerm } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { ElementType, Field, FieldType, Generator } from "../model/field.ts";
import type { Method } from "../transport/transport.ts";
import { protoMethod, type ProtoServiceOptions } from "./proto-method.ts";
import { repositoryMethods } from "./repository-service.ts";

/** An entity as it is routed. */
export interface ServedEntity {
  readonly model: EntityModel;
  /** Name in the configuration. */
  readonly store: string;
  /** What the store lacks to carry it; empty when it is served. */
  readonly missing: () => readonly { readonly capability: string; readonly text: string }[];
  /** What its store remembers of it; undefined where that is nothing, or the store is not open. */
  readonly contract: () => ServedContract | undefined;
  /** Whether its store, once open, can carry it as it is. */
  readonly isCarried: () => boolean;
}

export interface ServedContract {
  readonly digest: string;
  readonly storeDigest: string;
  readonly revision: number;
  /** Names of the entity's indexes in the store, in the order of the model. */
  readonly indexes: readonly string[];
  readonly drift: readonly string[];
}

/** A store as it is now. */
export interface ServedStore {
  readonly name: string;
  readonly scheme: string;
  readonly serving: () => boolean;
  /** By name; empty while the store has never answered. */
  readonly capabilities: () => readonly StoreCapabilityText[];
}

export interface StoreCapabilityText {
  readonly name: string;
  readonly supported: boolean;
  /** Undefined when it has none. */
  readonly limit: number | undefined;
  readonly text: string;
  /** Levels of consistency or isolation; empty elsewhere. */
  readonly values: readonly string[];
}

export interface AdminOptions extends ProtoServiceOptions {
  /** By name. */
  readonly entities: readonly ServedEntity[];
  /** By name. */
  readonly stores: readonly ServedStore[];
}

export function adminService(options: AdminOptions): ReadonlyMap<string, Method> {
  const { entities, stores } = options;
  const { listEntities, describeEntity, listStores } = AdminService.method;
  const path = (method: { readonly name: string }): string => `/${AdminService.typeName}/${method.name}`;
  const storeOf = (name: string): ServedStore => {
    const store = stores.find((candidate) => candidate.name === name);
    if (!store)
      throw new Fault("STORE_UNKNOWN", `no store is configured as "${name}"; ListStores has all of them`, {
        store: name,
      });
    return store;
  };
  return new Map([
    [
      path(listEntities),
      protoMethod({ ...listEntities, run: ({ store }) => ({ entities: routed(store).map(summary) }) }, options),
    ],
    [
      path(describeEntity),
      protoMethod({ ...describeEntity, run: ({ entity }) => ({ entity: describe(entity) }) }, options),
    ],
    [path(listStores), protoMethod({ ...listStores, run: () => ({ stores: stores.map(storeDescription) }) }, options)],
  ]);

  function routed(store: string): readonly ServedEntity[] {
    return store === "" ? entities : entities.filter((entity) => entity.store === storeOf(store).name);
  }

  function describe(name: string): MessageInitShape<typeof EntityDescriptionSchema> {
    const entity = entities.find(({ model }) => model.name === name);
    if (!entity) throw new Fault("ENTITY_UNKNOWN", "no entity of that name is served; ListEntities has all of them");
    return description(entity, storeOf(entity.store));
  }

  function summary({ model, store, isCarried }: ServedEntity): MessageInitShape<typeof EntitySummarySchema> {
    const serving = isCarried() && storeOf(store).serving();
    return { entity: model.name, service: model.service, store, table: model.table, serving };
  }
}

function storeDescription(store: ServedStore): MessageInitShape<typeof StoreDescriptionSchema> {
  const capabilities = store.capabilities().map(({ limit, values, ...rest }) => ({
    ...rest,
    limit: BigInt(limit ?? 0),
    values: [...values],
  }));
  return { name: store.name, scheme: store.scheme, serving: store.serving(), capabilities };
}

function description(
  { model, missing, contract }: ServedEntity,
  store: ServedStore,
): MessageInitShape<typeof EntityDescriptionSchema> {
  const known = contract();
  const name = (term: OrderTerm): string => model.fields[term.ordinal]?.name ?? "";
  return {
    entity: model.name,
    store: store.name,
    scheme: store.scheme,
    table: model.table,
    key: model.key.map((part) => ({
      name: name(part),
      role: part.partition ? KeyRole.PARTITION : KeyRole.SORT,
      descending: part.desc,
    })),
    indexes: model.indexes.map((index, i) => indexDescription(index, known?.indexes[i], name)),
    fields: [
      ...model.fields.map(fieldDescription),
      ...model.message.ignored.map((number) => ({ number, ignored: true })),
    ],
    managedFields: managedFields(model),
    softDelete: model.managed.deletedAt !== undefined,
    defaultOrderBy: model.defaultOrder.map((term) => (term.desc ? `${name(term)} desc` : name(term))).join(", "),
    service: model.service,
    methods: [...repositoryMethods(model)],
    references: model.fields.flatMap(({ name: field, references }) =>
      references ? [{ field, entity: references.entity, onDelete: onDelete[references.onDelete] }] : [],
    ),
    missingCapabilities: missing().map((lack) => ({ ...lack })),
    ...contractDescription(known),
  };
}

function contractDescription(
  known: ServedContract | undefined,
): Pick<MessageInitShape<typeof EntityDescriptionSchema>, "contract"> {
  if (!known) return {};
  const { digest, storeDigest, revision, drift } = known;
  return { contract: { digest, storeDigest, revision: BigInt(revision), drift: [...drift] } };
}

function indexDescription(index: IndexModel, stored: string | undefined, name: (term: OrderTerm) => string) {
  return {
    name: index.name,
    fields: index.parts.map((part) => ({ name: name(part), descending: part.desc })),
    unique: index.unique,
    physical: stored ?? index.physical ?? "",
  };
}

function fieldDescription(field: Field): MessageInitShape<typeof FieldDescriptionSchema> {
  return {
    name: field.name,
    number: field.number,
    column: field.column,
    type: typeText(field.type),
    presence: field.presence,
    immutable: field.immutable,
    sensitive: field.sensitive,
    required: field.required,
    set: field.type.kind === "list" && field.type.set,
    maxLength: field.maxLength,
    generate: field.generate === undefined ? Generate.UNSPECIFIED : generators[field.generate],
    ...(field.type.kind === "decimal" ? { decimal: { precision: field.type.precision, scale: field.type.scale } } : {}),
  };
}

function typeText(type: FieldType): string {
  if (type.kind === "list") return `repeated ${elementText(type.element)}`;
  return type.kind === "map" ? `map<${type.key.kind}, ${elementText(type.value)}>` : elementText(type);
}

const written: { readonly [Kind in ElementType["kind"]]?: string } = {
  decimal: "string",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
};

function elementText(type: ElementType): string {
  if (type.kind === "message") return type.message.name;
  return type.kind === "enum" ? type.enum.name : (written[type.kind] ?? type.kind);
}

function managedFields({ managed, fields }: EntityModel): { name: string; kind: ManagedKind }[] {
  const kinds: readonly (readonly [number | undefined, ManagedKind])[] = [
    [managed.createdAt, ManagedKind.CREATED_AT],
    [managed.updatedAt, ManagedKind.UPDATED_AT],
    [managed.deletedAt, ManagedKind.DELETED_AT],
    [managed.expiresAt, ManagedKind.EXPIRES_AT],
    [managed.version, ManagedKind.VERSION],
  ];
  return kinds.flatMap(([ordinal, kind]) =>
    ordinal === undefined ? [] : [{ name: fields[ordinal]?.name ?? "", kind }],
  );
}

const generators: { readonly [Name in Generator]: Generate } = {
  uuid_v7: Generate.UUID_V7,
  uuid_v4: Generate.UUID_V4,
  ulid: Generate.ULID,
  sequence: Generate.SEQUENCE,
  snowflake: Generate.SNOWFLAKE,
};

const onDelete = {
  none: OnDelete.UNSPECIFIED,
  restrict: OnDelete.RESTRICT,
  cascade: OnDelete.CASCADE,
  set_null: OnDelete.SET_NULL,
} as const;
