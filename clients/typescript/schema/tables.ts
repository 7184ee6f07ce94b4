/** What a generated module says of its messages, as data. The runtime reads it; types are beside it, for the compiler alone. */

import type { EntityTypes } from "../api/entity-client.ts";

/** A scalar of protobuf, by its name there. */
export type ScalarKind =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** Whatever has a form of its own; `decimal` is a string on the wire. */
export type ValueKind = ScalarKind | "decimal" | "timestamp" | "duration" | "struct" | "value" | "listValue";

interface FieldCommon {
  /** As callers write it. */
  readonly name: string;
  /** As the .proto file has it: masks and orders name it so. */
  readonly proto: string;
  readonly number: number;
  readonly list?: true;
  /** A map, and the kind of its keys. */
  readonly map?: ScalarKind;
  /** Whether absent differs from zero. Messages always have it. */
  readonly presence?: true;
  /** Of a oneof: its name. */
  readonly oneof?: string;
}

export type FieldTable =
  | (FieldCommon & { readonly kind: ValueKind; readonly wrapper?: true })
  | (FieldCommon & { readonly kind: "enum"; readonly enum: EnumTable })
  | (FieldCommon & { readonly kind: "message"; readonly message: () => MessageTable; readonly group?: true });

export interface EnumTable {
  /** Full name. */
  readonly name: string;
  /** Names as callers write them, with their numbers. */
  readonly values: Readonly<Record<string, number>>;
}

/** `Message` exists for the compiler alone. */
export interface MessageTable<Message = unknown> {
  readonly message?: Message;
  /** Full name. */
  readonly name: string;
  /** By number. */
  readonly fields: readonly FieldTable[];
}

export interface EntityTable<Types extends EntityTypes = EntityTypes> extends MessageTable<Types["entity"]> {
  readonly types?: Types;
  /** Full name of its repository service. */
  readonly service: string;
  /** Full name that the names of its messages begin with: `shop.v1.Order` of `shop.v1.OrderRepositoryGetRequest`. */
  readonly api: string;
  /** Names of the key's fields as callers write them, in order. */
  readonly key: readonly string[];
  /** Name of the version field. */
  readonly version?: string;
  /** Names of fields that the sidecar sets. */
  readonly managed: readonly string[];
  /** Whether rows are marked deleted. */
  readonly softDelete?: true;
}

/** The entities of a package, by the names they have in its client. */
export interface PackageTable<Clients = unknown> {
  readonly clients?: Clients;
  readonly entities: Readonly<Record<string, EntityTable>>;
}
