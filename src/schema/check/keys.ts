/** Whether the key can be one: present, stored, of types that compare alike everywhere. */

import type { DescField } from "@bufbuild/protobuf";
import { managedKind } from "../entity-model.ts";
import { parseTerm } from "../order-term.ts";
import { isSingular, TIMESTAMP } from "../well-known.ts";
import { lookUp, optionsOf, type EntityUnderCheck } from "./entity-under-check.ts";

export function checkKey(entity: EntityUnderCheck): void {
  const { message, options, report } = entity;
  const { key } = options;
  if (!key || key.partition.length === 0) {
    report(message, "has no key", 'name at least one field: `key: {partition: "id"}`');
    return;
  }
  const partition = key.partition.map(parseTerm);
  const directed = partition.find((term) => term?.desc);
  if (directed) report(message, `the key's partition gives ${directed.name} a direction`, 'only `sort` takes " desc"');
  const fields = lookUp(entity, [...partition, ...key.sort.map(parseTerm)], "the key");
  for (const field of fields) checkKeyField(entity, field);
}

function checkKeyField(entity: EntityUnderCheck, field: DescField): void {
  const wrong = unfit(field);
  if (wrong)
    entity.report(
      field,
      `is in the key, and is ${wrong}`,
      "use a string, integer, bool, bytes, open enum or Timestamp",
    );
  const options = optionsOf(entity, field);
  if (options.sensitive)
    entity.report(field, "is in the key, and is sensitive", "keys appear in logs and errors: use another field");
  const kind = managedKind(options);
  if (kind)
    entity.report(
      field,
      `is in the key, and the sidecar writes it (${kind})`,
      "use another field: a key never changes",
    );
}

function unfit(field: DescField): string | undefined {
  if (field.fieldKind === "list") return "repeated";
  if (field.fieldKind === "map") return "a map";
  if (field.oneof) return `a member of the oneof ${field.oneof.name}`;
  if (field.message && field.message.typeName !== TIMESTAMP) return `a message (${field.message.typeName})`;
  if (field.enum && !field.enum.open) return `a closed enum (${field.enum.typeName})`;
  return isSingular(field) && isFloating(field) ? "floating point" : undefined;
}

function isFloating(field: DescField): boolean {
  const scalar: number | undefined = field.scalar;
  return scalar === FLOAT || scalar === DOUBLE;
}

/** google.protobuf.FieldDescriptorProto.Type. */
const DOUBLE = 1;
const FLOAT = 2;
