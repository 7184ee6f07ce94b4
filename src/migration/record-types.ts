/** The types of an entity's fields by number as one text, so that what was written beside it is not read as something else. */

import type { EntityModel } from "../model/entity.ts";
import type { Field, FieldType } from "../model/field.ts";
import { contractDigest } from "./contract-text.ts";
import { typeText } from "./type-text.ts";

/** Made once per entity: "1 string;2 decimal(10, 2)". */
export function typesText(entity: EntityModel): string {
  const known = texts.get(entity);
  if (known !== undefined) return known;
  const text = entity.fields.map((field) => `${field.number} ${formOf(field)}`).join(";");
  texts.set(entity, text);
  return text;
}

const texts = new WeakMap<EntityModel, string>();

/** Digits of a digest that tell two definitions of a message apart. */
const DIGITS = 12;

/** A message is told by all that is in it. */
function formOf({ number, type, presence, maxLength }: Field): string {
  if (!holdsMessage(type)) return typeText(type);
  const field = { number, name: "", column: "", type, presence, maxLength, onDelete: "none" as const };
  return contractDigest({ entity: "", table: "", fields: [field], key: [], indexes: [], managed: [] }).slice(0, DIGITS);
}

function holdsMessage(type: FieldType): boolean {
  if (type.kind === "list") return holdsMessage(type.element);
  return type.kind === "map" ? holdsMessage(type.value) : type.kind === "message";
}
