/** A model as a message: its properties as fields, its index map as an entity. */

import type { FieldDraft, MessageDraft } from "./draft.ts";
import { entityOf } from "./entity.ts";
import { fieldType, type TypeScope, type Typing } from "./field-type.ts";
import { fieldName } from "./names.ts";
import type { Property } from "./property.ts";
import type { Schema } from "./schemas.ts";

export interface MessageOptions {
  readonly name: string;
  readonly schema: Schema;
  /** Of the document, for what is reported. */
  readonly model: string;
  /** Only a model of its own can have rows. */
  readonly isModel: boolean;
}

export function messageOf(typing: Typing, { name, schema, model, isModel }: MessageOptions): MessageDraft {
  const scope: TypeScope = { messages: [], enums: [] };
  const properties = propertiesOf(typing, schema, model, scope);
  const entity =
    isModel && schema.indexMap ? entityOf(typing, { model, map: schema.indexMap, properties, scope }) : undefined;
  const all = [...properties, ...(entity?.raised ?? [])];
  const key = new Set(entity ? [...entity.draft.partition, ...entity.draft.sort] : []);
  return {
    name,
    comment: schema.description,
    fields: all.map((property) =>
      fieldOf(property, schema, { isEntity: entity !== undefined, isKey: key.has(property.name) }),
    ),
    messages: scope.messages,
    enums: scope.enums,
    ...(entity && { entity: entity.draft }),
  };
}

function propertiesOf(typing: Typing, schema: Schema, model: string, scope: TypeScope): readonly Property[] {
  const taken = new Map<string, string>();
  return schema.properties.flatMap(([original, node]): Property | readonly [] => {
    const name = fieldName(original);
    const other = taken.get(name);
    if (other !== undefined) {
      const what = `and ${other} both give the field ${name}`;
      typing.report({ line: node.line, model, field: original, what, mend: "left out; name one of them otherwise" });
      return [];
    }
    const type = fieldType(typing, node, { model, field: original, scope });
    if (!type) return [];
    taken.set(name, original);
    return { path: [original], name, line: node.line, type, node };
  });
}

interface Role {
  readonly isEntity: boolean;
  readonly isKey: boolean;
}

function fieldOf({ path, name, type, node }: Property, schema: Schema, { isEntity, isKey }: Role): FieldDraft {
  const [original = ""] = path;
  const isRaised = path.length > 1;
  const isSingular = type.kind !== "list" && type.kind !== "map";
  const hasPresence = isSingular && !isKey;
  const label = type.kind === "list" ? "repeated " : hasPresence && type.kind !== "message" ? "optional " : "";
  const maxLength = node.get("maxLength")?.number;
  const options = [
    ...(!isRaised && original !== name ? [`column: ${JSON.stringify(original)}`] : []),
    ...(hasPresence && schema.required.has(original) && !isRaised ? ["required: true"] : []),
    ...(type.isSet === true ? ["set: true"] : []),
    ...(maxLength !== undefined && maxLength > 0 && (type.text === "string" || type.text === "bytes") && isSingular
      ? [`max_length: ${maxLength}`]
      : []),
  ];
  return {
    name,
    type: `${label}${type.text}`,
    comment: isRaised ? `Copy of ${path.join(".")}, which a key cannot reach into.` : node.get("description")?.text,
    options: isEntity ? options : [],
    deprecated: node.get("deprecated")?.isTrue === true,
  };
}
