/** Item templates: literals and {field}, from which every key can be read back. */

import type { DescField } from "@bufbuild/protobuf";
import type { ItemTemplate } from "../../gen/pannier/v1/annotations_pb.ts";
import { declaredIndexes } from "../entity-model.ts";
import { isSingular, valueKind } from "../well-known.ts";
import { fieldNamed, keyNames, optionsOf, type EntityUnderCheck } from "./entity-under-check.ts";

type Part = { readonly literal: string } | { readonly field: string };

export function checkTemplates(entity: EntityUnderCheck): void {
  const { message, options, annotations } = entity;
  if (options.item) checkTemplate(entity, options.item, { where: "item", needed: keyNames(options), only: true });
  for (const index of declaredIndexes(message, options, annotations)) {
    if (!index.item) continue;
    const needed = index.terms.flatMap((term) => term?.name ?? []);
    checkTemplate(entity, index.item, { where: `the item of the index ${index.name}`, needed, only: false });
  }
}

interface Demand {
  readonly where: string;
  /** Fields that it must name. */
  readonly needed: readonly string[];
  /** Whether no other field may. */
  readonly only: boolean;
}

function checkTemplate(entity: EntityUnderCheck, template: ItemTemplate, { where, needed, only }: Demand): void {
  const { message, report } = entity;
  if (template.partition === "")
    report(message, `${where} has no partition template`, "give it one, with the fields it is found by");
  const parsed = [template.partition, template.sort].map(parseTemplate);
  const named = new Set<string>();
  for (const [i, parts] of parsed.entries()) {
    const side = `${where}'s ${i === 0 ? "partition" : "sort"} template`;
    if (!parts)
      report(
        message,
        `${side} has a brace without its other half, or nothing between two`,
        "write literals and {field}",
      );
    else checkParts(entity, parts, side).forEach((name) => named.add(name));
  }
  if (!parsed.every((parts) => parts !== undefined)) return;
  const missing = needed.filter((name) => !named.has(name));
  if (missing.length > 0)
    report(message, `${where} lacks ${missing.join(", ")}, so different rows would be one item`, "name every field");
  const foreign = only ? [...named].filter((name) => fieldNamed(message, name) && !needed.includes(name)) : [];
  if (foreign.length > 0)
    report(message, `${where} names ${foreign.join(", ")} outside the key`, "name fields of the key only");
}

/** Reports what is wrong with each part and each neighbourhood; answers the names it holds. */
function checkParts(entity: EntityUnderCheck, parts: readonly Part[], side: string): readonly string[] {
  const { message, report } = entity;
  const names = parts.flatMap((part) => ("field" in part ? part.field : []));
  for (const name of names) checkTemplateField(entity, name, side);
  for (const [i, part] of parts.entries()) {
    const [between, next] = [parts[i + 1], parts[i + 2]];
    if (!("field" in part) || !between) continue;
    if ("field" in between) {
      report(
        message,
        `${side} has {${part.field}} and {${between.field}} side by side, so two keys could give one item`,
        "put a literal between them",
      );
    } else if (next && "field" in next && !separates(entity, part.field, between.literal)) {
      report(
        message,
        `${side} has "${between.literal}" after {${part.field}}, which could be part of it, so two keys could give one item`,
        'use a literal such as "#"',
      );
    }
  }
  return names;
}

/** A string that holds the literal is refused when it is written; other values may not be able to hold it at all. */
function separates(entity: EntityUnderCheck, name: string, literal: string): boolean {
  const field = fieldNamed(entity.message, name);
  return !field || valueKind(field) === "string" || /[^A-Za-z0-9+\-.:_/=]/.test(literal);
}

function checkTemplateField(entity: EntityUnderCheck, name: string, side: string): void {
  const field = fieldNamed(entity.message, name);
  if (!field) entity.report(entity.message, `${side} names ${name}, which is no field of it`, "name one of its fields");
  else if (optionsOf(entity, field).ignore || !hasText(field)) {
    entity.report(
      field,
      `${side} names it, and it has no text of its own`,
      "name a stored field that holds one string, integer, bool, enum, bytes or Timestamp",
    );
  }
}

function hasText(field: DescField): boolean {
  const kind = valueKind(field);
  return isSingular(field) && kind !== "message" && kind !== "duration" && kind !== "float" && kind !== "double";
}

/** Undefined when its braces do not match. */
function parseTemplate(text: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let rest = text;
  while (rest !== "") {
    const match = /^(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([^{}]+))/.exec(rest);
    if (!match) return undefined;
    parts.push(match[1] === undefined ? { literal: match[0] } : { field: match[1] });
    rest = rest.slice(match[0].length);
  }
  return parts;
}
