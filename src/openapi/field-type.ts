/** What a schema is as the type of a field. */

import type { EnumDraft, MessageDraft, ReportFinding } from "./draft.ts";
import { enumValueName, typeName } from "./names.ts";
import type { DocumentNode } from "./node.ts";
import { readSchema, type Schema, type Schemas } from "./schemas.ts";

/** A type without its label, by what it can be part of. */
export interface FieldType {
  readonly kind: "scalar" | "enum" | "message" | "list" | "map";
  readonly text: string;
  /** A list without duplicates. */
  readonly isSet?: boolean;
}

/** Where types of a message are declared that have no name of their own in the document. */
export interface TypeScope {
  readonly messages: MessageDraft[];
  readonly enums: EnumDraft[];
}

export interface Typing extends Schemas {
  /** Full names of messages that are imported. */
  readonly imports: Set<string>;
  /** A model of its own becomes a message or an enum of the file. Answers its name. */
  nameOf(model: string): string;
  /** An object without a name: its fields, declared in a message of this name. */
  messageOf(name: string, schema: Schema, model: string): MessageDraft;
}

export interface TypePlace {
  readonly model: string;
  readonly field: string;
  readonly scope: TypeScope;
}

/** Undefined, and reported, for what a field cannot be. */
export function fieldType(typing: Typing, node: DocumentNode, place: TypePlace): FieldType | undefined {
  const { model, field } = place;
  const schema = readSchema(typing, node, { model, field });
  return schema && typeOf(typing, schema, place);
}

function typeOf(typing: Typing, schema: Schema, place: TypePlace): FieldType | undefined {
  const { model, field, scope } = place;
  const say = (what: string, mend: string): undefined => {
    typing.report({ line: schema.line, model, field, what, mend });
    return undefined;
  };
  if (schema.values.length > 0 && (schema.type ?? "string") === "string") {
    if (schema.model !== undefined) return { kind: "enum", text: typing.nameOf(schema.model) };
    const draft = enumOf(typeName(field), schema, { model, field, report: typing.report });
    scope.enums.push(draft);
    return { kind: "enum", text: draft.name };
  }
  switch (schema.type) {
    case "string":
      return stringType(typing, schema.format);
    case "boolean":
      return scalar("bool");
    case "integer":
      if (schema.values.length > 0) say("is an enum of numbers, which are no names", "made a number of any value");
      return scalar(integerType(schema.format));
    case "number":
      return scalar(schema.format === "float" ? "float" : "double");
    case "array":
      return listType(typing, schema, place);
    case "object":
      return objectType(typing, schema, place);
    case undefined:
      return say("has no type", "left out; give it one");
    default:
      return say(`has the type ${schema.type}, which is none of OpenAPI`, "left out; correct it");
  }
}

function scalar(text: string): FieldType {
  return { kind: "scalar", text };
}

function stringType(typing: Typing, format: string | undefined): FieldType {
  if (format === "byte" || format === "binary") return scalar("bytes");
  if (format !== "date-time") return scalar("string");
  return imported(typing, "google.protobuf.Timestamp");
}

function integerType(format: string | undefined): string {
  return ["int32", "uint32", "int64", "uint64"].includes(format ?? "") ? String(format) : "int64";
}

function imported(typing: Typing, text: string): FieldType {
  typing.imports.add(text);
  return { kind: "message", text };
}

function listType(typing: Typing, schema: Schema, place: TypePlace): FieldType | undefined {
  const { model, field } = place;
  const say = (what: string, mend: string): undefined => {
    typing.report({ line: schema.line, model, field, what, mend });
    return undefined;
  };
  if (!schema.items) return say("is an array without items", "left out; describe its items");
  const item = fieldType(typing, schema.items, place);
  if (item?.kind === "list" || item?.kind === "map")
    return say(
      `is an array of ${item.kind === "list" ? "arrays" : "maps"}, which a field cannot hold`,
      "left out; put the inner one into an object",
    );
  const isSet = schema.isSet && item?.kind !== "message";
  return item && { kind: "list", text: item.text, ...(isSet && { isSet }) };
}

function objectType(typing: Typing, schema: Schema, place: TypePlace): FieldType | undefined {
  const { model, field, scope } = place;
  const { additional, properties } = schema;
  if (properties.length > 0) {
    if (schema.model !== undefined) return { kind: "message", text: typing.nameOf(schema.model) };
    const draft = typing.messageOf(typeName(field), schema, model);
    scope.messages.push(draft);
    return { kind: "message", text: draft.name };
  }
  if (!additional || additional.kind !== "map" || additional.entries().length === 0)
    return imported(typing, "google.protobuf.Struct");
  const value = fieldType(typing, additional, place);
  if (value?.kind === "list" || value?.kind === "map") {
    typing.report({
      line: additional.line,
      model,
      field,
      what: "is a map of arrays or maps, which a field cannot hold",
      mend: "left out; put the inner one into an object",
    });
    return undefined;
  }
  return value && { kind: "map", text: `map<string, ${value.text}>` };
}

interface EnumPlace {
  readonly model: string;
  readonly field?: string;
  readonly report: ReportFinding;
}

/** Stored by number; 0 is what is not said. */
export function enumOf(name: string, schema: Schema, { report, ...place }: EnumPlace): EnumDraft {
  const values = new Set([enumValueName(name, "unspecified")]);
  for (const { text, line } of schema.values) {
    if (text === undefined || text === "null") continue; // it may be absent
    const value = enumValueName(name, text);
    if (/^[A-Z][A-Z0-9_]*[A-Z0-9]$/u.test(value) && !values.has(value)) values.add(value);
    else if (value !== enumValueName(name, "unspecified"))
      report({
        line,
        ...place,
        what: `has the value ${JSON.stringify(text)}, which gives no name of its own`,
        mend: "left out; name it apart",
      });
  }
  return { name, comment: schema.model === undefined ? undefined : schema.description, values: [...values] };
}
