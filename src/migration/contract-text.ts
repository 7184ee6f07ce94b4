/**
 * Contracts as JSON text, and back. Names are values, never names of members; embedded messages and enums are written once
 * each and are referred to by name and form, because they may hold themselves.
 */

import { createHash } from "node:crypto";
import type { EnumType, FieldType, MapKeyType, MessageField, MessageType, Reference } from "../model/field.ts";
import { MANAGED, type Contract, type ContractIndex, type ContractManaged } from "./contract.ts";
import { ContractError, parseObject, Reader, type JsonObject } from "./contract-reader.ts";
import { namedTypes, type NamedTypes } from "./named-types.ts";

/** Raised when the text says more than an older version would keep. */
export const CONTRACT_FORMAT = 3;

/** 2: a name has several definitions; 3: a field has an enforced reference. Texts that need no more are of the first, so that digests stay and older versions read them. */
const FIRST_FORMAT = 1;
const FORMS_FORMAT = 2;

/** Equal contracts give equal text. */
export function contractText(contract: Contract): string {
  const fields = byNumber(contract.fields);
  const named = namedTypes(fields.map(({ type }) => type));
  const { messages, enums } = named;
  const hasForms = [...messages, ...enums].some(({ form }) => form > 0);
  const hasReferences = fields.some(({ onDelete }) => onDelete !== "none");
  return JSON.stringify({
    format: hasReferences ? CONTRACT_FORMAT : hasForms ? FORMS_FORMAT : FIRST_FORMAT,
    entity: contract.entity,
    table: contract.table,
    fields: fields.map(({ number, name, column, type, presence, maxLength, oneof, onDelete }) => ({
      number,
      name,
      column,
      type: typeJson(type, named),
      presence,
      maxLength,
      ...(oneof !== undefined && { oneof }),
      ...(onDelete !== "none" && { onDelete }),
    })),
    key: contract.key.map(({ number, desc, partition }) => ({ number, desc, partition })),
    indexes: contract.indexes.map(({ name, physical, parts, unique, leavesOut }) => ({
      name,
      physical,
      parts: parts.map(({ number, desc }) => ({ number, desc })),
      unique,
      ...(leavesOut !== undefined && { leavesOut }),
    })),
    managed: contract.managed.map(({ kind, number }) => ({ kind, number })),
    messages: byName(messages).map(({ type, form }) => ({
      name: type.name,
      ...formJson(form),
      fields: byNumber(type.fields).map((field) => ({
        number: field.number,
        name: field.name,
        type: typeJson(field.type, named),
        presence: field.presence,
        ...(field.oneof !== undefined && { oneof: field.oneof }),
      })),
    })),
    enums: byName(enums).map(({ type, form }) => ({
      name: type.name,
      ...formJson(form),
      values: byNumber(type.values).map(({ number, name }) => ({ number, name })),
    })),
  });
}

/** SHA-256 of the contract's text, in hexadecimal: equal entities have equal digests, in every process. */
export function contractDigest(contract: Contract): string {
  return createHash("sha256").update(contractText(contract)).digest("hex");
}

/** @throws ContractError where the text is damaged or from a newer version */
export function parseContract(text: string): Contract {
  const root = new Reader(parseObject(text), "contract");
  const format = root.number("format");
  if (format > CONTRACT_FORMAT) {
    throw new ContractError(`it has format ${format}, and this version knows ${CONTRACT_FORMAT}: a newer one wrote it`);
  }
  const types = new Types(root);
  return {
    entity: root.text("entity"),
    table: root.text("table"),
    fields: root.list("fields").map((field) => ({
      ...plainField(field, types),
      column: field.text("column"),
      maxLength: field.number("maxLength"),
      onDelete: parseAction(field.optionalText("onDelete")),
    })),
    key: root.list("key").map((part) => ({
      number: part.number("number"),
      desc: part.flag("desc"),
      partition: part.flag("partition"),
    })),
    indexes: root.list("indexes").map(parseIndex),
    managed: root.list("managed").map(parseManaged),
  };
}

function parseIndex(index: Reader): ContractIndex {
  const leavesOut = index.optionalNumber("leavesOut");
  return {
    name: index.text("name"),
    physical: index.text("physical"),
    parts: index.list("parts").map((part) => ({ number: part.number("number"), desc: part.flag("desc") })),
    unique: index.flag("unique"),
    ...(leavesOut !== undefined && { leavesOut }),
  };
}

const ACTIONS: readonly Reference["onDelete"][] = ["none", "restrict", "cascade", "set_null"];

function parseAction(name = "none"): Reference["onDelete"] {
  const action = ACTIONS.find((known) => known === name);
  if (!action) throw new ContractError(`${name} is nothing that becomes of a reference`);
  return action;
}

function parseManaged(managed: Reader): ContractManaged {
  const name = managed.text("kind");
  const kind = MANAGED.find((known) => known === name);
  if (!kind) throw new ContractError(`${name} is no managed field`);
  return { kind, number: managed.number("number") };
}

interface PlainField extends Pick<MessageField, "number" | "name" | "type" | "presence"> {
  readonly oneof?: number;
}

function plainField(field: Reader, types: Types): PlainField {
  const oneof = field.optionalNumber("oneof");
  return {
    number: field.number("number"),
    name: field.text("name"),
    type: types.typeOf(field.object("type")),
    presence: field.flag("presence"),
    ...(oneof !== undefined && { oneof }),
  };
}

/** Messages and enums of a contract, each made once. */
class Types {
  readonly #messages: ReadonlyMap<string, Reader>;
  readonly #enums: ReadonlyMap<string, Reader>;
  readonly #made = new Map<string, MessageType>();

  constructor(root: Reader) {
    this.#messages = new Map(root.list("messages").map((message) => [keyIn(message), message]));
    this.#enums = new Map(root.list("enums").map((found) => [keyIn(found), found]));
  }

  typeOf(type: Reader): FieldType {
    const kind = type.text("kind");
    switch (kind) {
      case "bool":
      case "int32":
      case "uint32":
      case "int64":
      case "uint64":
      case "float":
      case "double":
      case "string":
      case "bytes":
      case "timestamp":
      case "duration":
        return { kind };
      case "decimal":
        return { kind, precision: type.number("precision"), scale: type.number("scale") };
      case "enum":
        return { kind, enum: this.#enum(type) };
      case "message":
        return { kind, message: this.#message(type) };
      case "list":
        return { kind, element: elementOf(this.typeOf(type.object("element"))), set: type.flag("set") };
      case "map":
        return {
          kind,
          key: keyOf(this.typeOf(type.object("key"))),
          value: elementOf(this.typeOf(type.object("value"))),
        };
      default:
        throw new ContractError(`${kind} is no type`);
    }
  }

  #enum(type: Reader): EnumType {
    const name = type.text("name");
    const values = this.#enums.get(keyIn(type))?.list("values");
    if (!values) throw new ContractError(`the enum ${name} is missing`);
    return { name, values: values.map((value) => ({ number: value.number("number"), name: value.text("name") })) };
  }

  #message(type: Reader): MessageType {
    const name = type.text("name");
    const known = this.#made.get(keyIn(type));
    if (known) return known;
    const source = this.#messages.get(keyIn(type))?.list("fields");
    if (!source) throw new ContractError(`the message ${name} is missing`);
    const fields: MessageField[] = [];
    const message: MessageType = { name, fields, ignored: [] };
    this.#made.set(keyIn(type), message); // before its fields: one of them may be of this very type
    for (const field of source) fields.push({ ...plainField(field, this), ordinal: fields.length, wire: NO_WIRE });
    return message;
  }
}

/** Of a definition, and of what refers to it. */
function keyIn(named: Reader): string {
  return `${named.optionalNumber("form") ?? 0} ${named.text("name")}`;
}

function formJson(form: number): JsonObject {
  return form === 0 ? {} : { form };
}

/** Stored rows never meet the wire under an earlier contract. */
export const NO_WIRE: MessageField["wire"] = { encoding: "length", packed: false, wrapper: false };

function elementOf(type: FieldType): Exclude<FieldType, { kind: "list" | "map" }> {
  if (type.kind === "list" || type.kind === "map") throw new ContractError("a list of lists is no type");
  return type;
}

const KEYS: readonly MapKeyType["kind"][] = ["bool", "int32", "uint32", "int64", "uint64", "string"];

function keyOf(type: FieldType): MapKeyType {
  const kind = KEYS.find((known) => known === type.kind);
  if (!kind) throw new ContractError(`${type.kind} is no key of a map`);
  return { kind };
}

function typeJson(type: FieldType, named: NamedTypes): JsonObject {
  switch (type.kind) {
    case "decimal":
      return { kind: type.kind, precision: type.precision, scale: type.scale };
    case "enum":
      return { kind: type.kind, name: type.enum.name, ...formJson(named.formOf(type.enum)) };
    case "message":
      return { kind: type.kind, name: type.message.name, ...formJson(named.formOf(type.message)) };
    case "list":
      return { kind: type.kind, element: typeJson(type.element, named), set: type.set };
    case "map":
      return { kind: type.kind, key: typeJson(type.key, named), value: typeJson(type.value, named) };
    case "bool":
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double":
    case "string":
    case "bytes":
    case "timestamp":
    case "duration":
      return { kind: type.kind };
  }
}

function byNumber<Item extends { readonly number: number }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => a.number - b.number);
}

function byName<Item extends { readonly type: { readonly name: string } }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted(({ type: a }, { type: b }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
