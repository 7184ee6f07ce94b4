/** The types of fields, messages and enums, as the schema knows them. Plain data: cyclic, but structured-cloneable. */

/** A number type of protobuf, however it is encoded on the wire. */
export type NumberKind = "int32" | "uint32" | "int64" | "uint64" | "float" | "double";

/** Types that hold one value and can be compared. */
export type ScalarType =
  | { readonly kind: NumberKind | "bool" | "string" | "bytes" | "timestamp" | "duration" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "enum"; readonly enum: EnumType };

export type ElementType = ScalarType | { readonly kind: "message"; readonly message: MessageType };

export type MapKeyType = { readonly kind: "bool" | "int32" | "uint32" | "int64" | "uint64" | "string" };

export type FieldType =
  | ElementType
  | { readonly kind: "list"; readonly element: ElementType; readonly set: boolean }
  | { readonly kind: "map"; readonly key: MapKeyType; readonly value: ElementType };

export type TypeKind = FieldType["kind"];

export interface EnumType {
  /** Full name, for example `shop.v1.OrderStatus`. */
  readonly name: string;
  /** Declared numbers and names; of aliases, the first name. */
  readonly values: readonly { readonly number: number; readonly name: string }[];
}

/** A message whose values form Records: the entity itself, or one embedded in it. */
export interface MessageType {
  /** Full name, for example `google.protobuf.Struct`. */
  readonly name: string;
  /** By ordinal, which is the order of field numbers. */
  readonly fields: readonly MessageField[];
  /** Numbers of declared fields that are not stored (`ignore`): accepted on the wire, and dropped. */
  readonly ignored: readonly number[];
}

/** What every field of a message has, embedded or not. */
export interface MessageField {
  /** As in the .proto file. */
  readonly name: string;
  readonly number: number;
  /** Its position in a Record. */
  readonly ordinal: number;
  readonly type: FieldType;
  /** Whether absent differs from zero. Always true for messages and decimals, false for lists and maps. */
  readonly presence: boolean;
  /** Number of the oneof it is a member of, counted within the message; synthetic ones do not count. */
  readonly oneof?: number;
  readonly wire: WireFormat;
}

/** How protobuf encodes a scalar: plain varint, zigzag varint (sint), or fixed width (fixed, sfixed, float, double). */
export type WireEncoding = "varint" | "zigzag" | "fixed" | "length" | "group";

/** How a field's bytes look; only the codecs read it. */
export interface WireFormat {
  /** Of the field, of a list's element, or of a map's value. */
  readonly encoding: WireEncoding;
  /** Of a map's key. */
  readonly key?: WireEncoding;
  /** Whether a list of scalars is written packed; both forms are read. */
  readonly packed: boolean;
  /** Whether the value is wrapped in one of google.protobuf's wrapper messages. */
  readonly wrapper: boolean;
}

export type Generator = "uuid_v7" | "uuid_v4" | "ulid" | "sequence" | "snowflake";

/** A field of an entity, with what its annotations say. */
export interface Field extends MessageField {
  /** Column or attribute name in the store. */
  readonly column: string;
  readonly renamedFrom: readonly string[];
  readonly immutable: boolean;
  /** Never printed, audited or quoted in an error. */
  readonly sensitive: boolean;
  readonly required: boolean;
  readonly generate?: Generator;
  /** Most code points of a string, most bytes of bytes; 0 is unlimited. Defaults are already applied. */
  readonly maxLength: number;
  readonly references?: Reference;
}

export interface Reference {
  /** Full name of the entity referred to. */
  readonly entity: string;
  /** "none" documents only; the others are enforced, and need the capability `references`. */
  readonly onDelete: "none" | "restrict" | "cascade" | "set_null";
}
