/** Messages inside entities: their own annotations are few, and those that would do nothing are refused. */

import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { Generate, OnDelete, type FieldOptions } from "../../gen/pannier/v1/annotations_pb.ts";
import type { Annotations } from "../annotations.ts";
import type { Report } from "./entity-under-check.ts";
import { checkDecimal, checkEncoding, checkRequiredLabel } from "./fields.ts";

/** Checks every message that one of `entities` holds, directly or not, once. Entities are checked as entities. */
export function checkEmbedded(entities: readonly DescMessage[], annotations: Annotations, report: Report): void {
  const seen = new Set<DescMessage>(entities);
  const visit = (message: DescMessage): void => {
    for (const field of message.fields) {
      const inner = field.message;
      if (!inner || seen.has(inner) || annotations.field(field).ignore) continue;
      seen.add(inner);
      for (const own of inner.fields) checkEmbeddedField(own, annotations.field(own), report);
      visit(inner);
    }
  };
  for (const entity of entities) visit(entity);
}

function checkEmbeddedField(field: DescField, options: FieldOptions, report: Report): void {
  checkRequiredLabel({ report }, field);
  checkEncoding({ report }, field);
  checkDecimal({ report }, field, options);
  if (options.references && options.references.onDelete !== OnDelete.UNSPECIFIED) {
    report(field, "is a field of an embedded message, and its reference has `on_delete`", "take `on_delete` off");
  }
  const idle = idleOptions(options);
  if (idle.length > 0) {
    report(
      field,
      `is a field of an embedded message, where ${idle.join(", ")} would do nothing`,
      "put it on a field of the entity, or take it off",
    );
  }
}

function idleOptions(options: FieldOptions): readonly string[] {
  const all: readonly (readonly [string, boolean])[] = [
    ["column", options.column !== ""],
    ["index", options.index],
    ["unique", options.unique],
    ["immutable", options.immutable],
    ["sensitive", options.sensitive],
    ["generate", options.generate !== Generate.UNSPECIFIED],
    ["renamed_from", options.renamedFrom.length > 0],
    ["max_length", options.maxLength > 0 && !options.decimal],
    ["required", options.required],
    ["a managed field", options.managed.value === true],
  ];
  return all.filter(([, set]) => set).map(([name]) => name);
}
