/** Single fields: names and numbers that the Filter needs, and annotations on types they make no sense for. */

import type { DescField } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { Generate, type FieldOptions } from "../../gen/pannier/v1/annotations_pb.ts";
import { managedKind } from "../entity-model.ts";
import { hasPresence } from "../message-type.ts";
import { jsonName } from "../naming.ts";
import { GROUPS, LARGEST, SHIFT } from "../synthesize/filter.ts";
import { isSingular, valueKind } from "../well-known.ts";
import { isDelimited } from "../wire-format.ts";
import { optionsOf, type EntityUnderCheck } from "./entity-under-check.ts";

export function checkFields(entity: EntityUnderCheck): void {
  for (const field of entity.message.fields) {
    const options = optionsOf(entity, field);
    checkRequiredLabel(entity, field);
    checkEncoding(entity, field);
    if (options.ignore) checkIgnored(entity, field, options);
    else {
      checkName(entity, field);
      checkNumber(entity, field);
      checkDecimal(entity, field, options);
      checkFlags(entity, field, options);
      checkGenerate(entity, field, options);
    }
  }
  checkColumns(entity);
  checkJsonNames(entity);
}

/** proto2's `required` would refuse every partial answer and change. */
export function checkRequiredLabel({ report }: Pick<EntityUnderCheck, "report">, field: DescField): void {
  if (field.presence !== FeatureSet_FieldPresence.LEGACY_REQUIRED) return;
  report(
    field,
    "is `required` (LEGACY_REQUIRED), which no mask could leave out",
    "make it optional, and say `(pannier.v1.field).required = true`",
  );
}

/** Messages that are values of their own kind are read as such, and groups of them have never been asked for. */
export function checkEncoding({ report }: Pick<EntityUnderCheck, "report">, field: DescField): void {
  if (!field.message || !isDelimited(field) || valueKind(field) === "message") return;
  report(
    field,
    `is a ${field.message.typeName} sent as a group`,
    "write `[features.message_encoding = LENGTH_PREFIXED]`",
  );
}

/** Embedded messages have these too. */
export function checkDecimal(
  { report }: Pick<EntityUnderCheck, "report">,
  field: DescField,
  { decimal, set, maxLength }: FieldOptions,
): void {
  if (set && field.fieldKind !== "list")
    report(field, "is a `set` and not repeated", "make it repeated, or take `set` off");
  if (set && field.fieldKind === "list" && field.message) {
    report(field, "is a `set` of messages", "sets hold scalars and enums: take `set` off");
  }
  if (!decimal) return;
  const { precision, scale } = decimal;
  if (!isSingular(field) || field.scalar === undefined || valueKind(field) !== "string") {
    report(field, "is a `decimal` and no single string", "make it a string");
  }
  if (precision < 1 || precision > MOST_DIGITS) {
    report(field, `is a decimal of precision ${precision}`, `give it a precision from 1 to ${MOST_DIGITS}`);
  }
  if (scale > precision)
    report(
      field,
      `is a decimal of scale ${scale}, above its precision ${precision}`,
      "give it a scale up to the precision",
    );
  if (maxLength > 0) report(field, "is a decimal with a `max_length`", "take it off: the precision bounds it");
}

/** A decimal's. */
const MOST_DIGITS = 78;

function checkName(entity: EntityUnderCheck, field: DescField): void {
  if (!GROUPS.includes(jsonName(field.name))) return;
  entity.report(field, `is called ${field.name}, which the filter needs for itself`, "give it another name");
}

function checkNumber(entity: EntityUnderCheck, field: DescField): void {
  const { number } = field;
  const shifted = number + SHIFT;
  if (shifted > LARGEST) {
    entity.report(
      field,
      `has number ${number}, and its predicate would have ${shifted}`,
      `use a number up to ${LARGEST - SHIFT}`,
    );
  }
  if (shifted >= 19_000 && shifted <= 19_999) {
    entity.report(
      field,
      `has number ${number}, and its predicate would have ${shifted}, which protobuf keeps for itself`,
      "use another number",
    );
  }
}

function checkFlags(entity: EntityUnderCheck, field: DescField, options: FieldOptions): void {
  const { report } = entity;
  const kind = valueKind(field);
  if (options.maxLength > 0 && !(isSingular(field) && (kind === "string" || kind === "bytes"))) {
    report(field, "has a `max_length`, and is no single string or bytes", "take it off");
  }
  if (options.required && !hasPresence(field, entity.annotations)) {
    report(
      field,
      "is `required`, and absent cannot be distinguished from zero",
      "make it `optional`, or take `required` off",
    );
  }
  if (options.required && managedKind(options))
    report(field, "is `required`, and the sidecar writes it", "take `required` off");
  if (options.index && options.unique) report(field, "has `index` and `unique`", "say `unique` alone");
}

function checkIgnored(entity: EntityUnderCheck, field: DescField, options: FieldOptions): void {
  const more =
    managedKind(options) !== undefined || options.index || options.unique || options.required || options.references;
  if (more || options.generate !== Generate.UNSPECIFIED) {
    entity.report(
      field,
      "is not stored (`ignore`), and has annotations of a stored field",
      "take `ignore` off, or the others",
    );
  }
}

function checkGenerate(entity: EntityUnderCheck, field: DescField, options: FieldOptions): void {
  const { report } = entity;
  const wanted = generated(options.generate);
  if (!wanted) return;
  if (wanted === "unknown")
    return report(
      field,
      `has a generator of number ${options.generate}, which is unknown`,
      "use one of `pannier.v1.Generate`",
    );
  if (!isSingular(field) || field.message || options.decimal || valueKind(field) !== wanted.kind) {
    return report(
      field,
      `generates ${wanted.name}, which only a single ${wanted.kind} can hold`,
      `make it a ${wanted.kind}, or use another generator`,
    );
  }
  if (field.oneof)
    report(field, `is generated, and a member of the oneof ${field.oneof.name}`, "take it out of the oneof");
  if (managedKind(options)) report(field, "is generated and managed", "keep one of the two");
  if (options.references) report(field, "is generated and references another entity", "keep one of the two");
  if (options.maxLength > 0 && options.maxLength < wanted.length) {
    report(
      field,
      `has a max_length of ${options.maxLength}, and ${wanted.name} has ${wanted.length}`,
      "raise it, or take it off",
    );
  }
}

interface Generated {
  readonly name: string;
  readonly kind: "string" | "int64";
  /** Code points. */
  readonly length: number;
}

function generated(generate: Generate): Generated | "unknown" | undefined {
  switch (generate) {
    case Generate.UNSPECIFIED:
      return undefined;
    case Generate.UUID_V7:
    case Generate.UUID_V4:
      return { name: "a UUID", kind: "string", length: 36 };
    case Generate.ULID:
      return { name: "a ULID", kind: "string", length: 26 };
    case Generate.SEQUENCE:
      return { name: "a sequence number", kind: "int64", length: 0 };
    case Generate.SNOWFLAKE:
      return { name: "a snowflake number", kind: "int64", length: 0 };
    default:
      return "unknown";
  }
}

/** SQL compares names without regard to case. */
function checkColumns(entity: EntityUnderCheck): void {
  const taken = new Map<string, DescField>();
  for (const field of entity.message.fields) {
    const options = optionsOf(entity, field);
    if (options.ignore) continue;
    const column = options.column || field.name;
    const other = taken.get(column.toLowerCase());
    if (other)
      entity.report(field, `has the column ${column}, as ${other.name} has`, "give one of them another `column`");
    taken.set(column.toLowerCase(), field);
  }
}

/** A proto2 compiler only warns of these; the synthesized file is an edition, where it is an error. */
function checkJsonNames(entity: EntityUnderCheck): void {
  const taken = new Map<string, DescField>();
  for (const field of entity.message.fields) {
    const name = jsonName(field.name);
    const other = taken.get(name);
    if (other) entity.report(field, `is called ${name} in JSON, as ${other.name} is`, "give one of them another name");
    taken.set(name, field);
  }
}
