/** Message descriptors → the message types of the model, each made once, so that messages may hold each other. */

import { ScalarType, type DescEnum, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import type { EntityOptions } from "../gen/pannier/v1/annotations_pb.ts";
import type {
  ElementType,
  EnumType,
  FieldType,
  MapKeyType,
  MessageField,
  MessageType,
  ScalarType as ModelScalar,
  WireFormat,
} from "../model/field.ts";
import type { Annotations } from "./annotations.ts";
import { isSingular, scalarKind, valueKind } from "./well-known.ts";
import { wireFormat } from "./wire-format.ts";

/** Turns a plain field of an entity into one that says what its annotations say. */
export type Annotate = (
  field: MessageField,
  desc: DescField,
  message: DescMessage,
  options: EntityOptions,
) => MessageField;

export class MessageTypes {
  readonly #annotations: Annotations;
  readonly #annotate: Annotate;
  readonly #messages = new Map<string, MessageType>();
  readonly #enums = new Map<string, EnumType>();
  /** A schema has thousands of fields, of few types. */
  readonly #scalars = new Map<string, ModelScalar>();
  readonly #keys = new Map<string, MapKeyType>();
  readonly #formats = new Map<string, WireFormat>();

  constructor(annotations: Annotations, annotate: Annotate) {
    this.#annotations = annotations;
    this.#annotate = annotate;
  }

  of(message: DescMessage): MessageType {
    const known = this.#messages.get(message.typeName);
    if (known) return known;
    const fields: MessageField[] = [];
    const ignored: number[] = [];
    const type: MessageType = { name: message.typeName, fields, ignored };
    this.#messages.set(message.typeName, type); // before its fields, which may be of this very type
    const options = this.#annotations.entity(message);
    for (const desc of message.fields.toSorted((a, b) => a.number - b.number)) {
      if (this.#annotations.field(desc).ignore) ignored.push(desc.number);
      else {
        const field = this.#field(desc, fields.length);
        fields.push(options ? this.#annotate(field, desc, message, options) : field);
      }
    }
    return type;
  }

  #field(desc: DescField, ordinal: number): MessageField {
    const type = this.#fieldType(desc);
    const oneof = desc.oneof ? desc.parent.oneofs.indexOf(desc.oneof) : -1;
    return {
      name: desc.name,
      number: desc.number,
      ordinal,
      type,
      presence: hasPresence(desc, this.#annotations),
      ...(oneof >= 0 && { oneof }),
      wire: this.#wireFormat(desc),
    };
  }

  #fieldType(desc: DescField): FieldType {
    const { set } = this.#annotations.field(desc);
    switch (desc.fieldKind) {
      case "list":
        return { kind: "list", element: this.#elementType(desc), set };
      case "map":
        return { kind: "map", key: this.#mapKey(desc.mapKey), value: this.#elementType(desc) };
      case "scalar":
      case "enum":
      case "message":
        return this.#elementType(desc);
    }
  }

  #wireFormat(desc: DescField): WireFormat {
    const format = wireFormat(desc);
    return shared(this.#formats, Object.values(format).join(), () => format);
  }

  #elementType(desc: DescField): ElementType {
    const { decimal } = this.#annotations.field(desc);
    if (decimal) return { kind: "decimal", precision: decimal.precision, scale: decimal.scale };
    if (desc.enum) return { kind: "enum", enum: this.#enumType(desc.enum) };
    const kind = valueKind(desc);
    if (kind === "message" && desc.message) return { kind, message: this.of(desc.message) };
    return shared(this.#scalars, kind, () => ({ kind }) as ModelScalar); // enum and message are dealt with above; what is left are scalars
  }

  #mapKey(scalar: ScalarType): MapKeyType {
    return shared(this.#keys, String(scalar), () => mapKey(scalar));
  }

  #enumType(desc: DescEnum): EnumType {
    const known = this.#enums.get(desc.typeName);
    if (known) return known;
    const names = new Map<number, string>();
    for (const { number, name } of desc.values) if (!names.has(number)) names.set(number, name);
    const type = { name: desc.typeName, values: [...names].map(([number, name]) => ({ number, name })) };
    this.#enums.set(desc.typeName, type);
    return type;
  }
}

function shared<Thing>(known: Map<string, Thing>, key: string, make: () => Thing): Thing {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}

/** Whether absent differs from zero; decimals have presence whatever the file says. */
export function hasPresence(desc: DescField, annotations: Annotations): boolean {
  if (!isSingular(desc)) return false;
  if (desc.message || desc.oneof || annotations.field(desc).decimal) return true;
  return desc.presence !== FeatureSet_FieldPresence.IMPLICIT;
}

function mapKey(scalar: ScalarType): MapKeyType {
  const kind = scalarKind(scalar);
  switch (kind) {
    case "bool":
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "string":
      return { kind };
    case "float":
    case "double":
    case "bytes":
      throw new TypeError(`protobuf knows no map with keys of ${kind}`);
  }
}
