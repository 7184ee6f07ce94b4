/** What must hold of an entity before it is stored: required fields, lengths, size; and the normal form it is stored in. */

import { Fault, type FieldViolation } from "../../model/fault.ts";
import type { Field } from "../../model/field.ts";
import { isPresent, normalise } from "../../model/record.ts";
import { isList, isMap, type EntityRecord, type Value } from "../../model/value.ts";
import type { Reason } from "../../model/reason.ts";
import type { Sparse } from "../operation.ts";
import type { EntityLayout } from "../entity-layout.ts";
import { exceedsBytes, recordBytes } from "../../model/size.ts";

export function requireEntity(entity: Sparse | undefined): Sparse {
  if (entity) return entity;
  throw new Fault("FIELD_REQUIRED", "entity is missing; send the message to be written", { field: "entity" });
}

/** Normal form: zeros for fields without presence, sets without duplicates, timestamps in the store's precision. */
export function normaliseEntity(layout: EntityLayout, entity: Sparse): EntityRecord {
  return layout.truncate.record(layout.entity.message, normalise(layout.entity.message, entity));
}

export interface Checked {
  /** Fields that are looked at; undefined is all. */
  readonly ordinals: Iterable<number> | undefined;
  /** Required fields that may be absent all the same, because they will be generated. */
  readonly generated: ReadonlySet<number>;
  /** Begins field names in a Fault, for example `entity`. */
  readonly path: string;
}

interface Finding extends FieldViolation {
  readonly reason: Reason;
}

/** All findings in one Fault, of which the first gives the reason. */
export function checkFields(layout: EntityLayout, record: EntityRecord, checked: Checked): void {
  const findings: Finding[] = [];
  for (const ordinal of checked.ordinals ?? record.keys()) {
    const field = layout.entity.fields[ordinal];
    if (!field) continue;
    const finding = check(layout, field, record[ordinal], checked);
    if (finding) findings.push({ ...finding, field: `${checked.path}.${field.name}` });
  }
  const [first] = findings;
  if (!first) return;
  const violations = findings.map(({ field, description }) => ({ field, description }));
  throw new Fault(first.reason, `${first.field}: ${first.description}`, { field: first.field, violations });
}

function check(
  layout: EntityLayout,
  field: Field,
  value: Value | undefined,
  checked: Checked,
): Omit<Finding, "field"> | undefined {
  if (value === undefined) {
    if (!field.required || checked.generated.has(field.ordinal) || layout.protected.has(field.ordinal))
      return undefined;
    return { reason: "FIELD_REQUIRED", description: "a required field must have a value" };
  }
  const description = tooLong(field, value);
  return description === undefined ? undefined : { reason: "VALUE_TOO_LONG", description };
}

/** What is wrong with a value's length: strings count in code points, bytes in bytes, lists and maps by their elements. */
export function tooLong(field: Field, value: Value): string | undefined {
  const most = field.maxLength;
  if (most === 0) return undefined;
  if (typeof value === "string")
    return exceeds(value, most) ? `longer than its ${most} characters; shorten it or raise max_length` : undefined;
  if (value instanceof Uint8Array)
    return value.length > most ? `longer than its ${most} bytes; shorten it or raise max_length` : undefined;
  if (field.type.kind === "list" && isList(value)) return firstTooLong(field, value);
  if (isMap(value)) return firstTooLong(field, value.values());
  return undefined;
}

function firstTooLong(field: Field, elements: Iterable<Value | undefined>): string | undefined {
  for (const element of elements) {
    const isScalar = typeof element === "string" || element instanceof Uint8Array;
    const found = isScalar ? tooLong(field, element) : undefined;
    if (found !== undefined) return `an element is ${found}`;
  }
  return undefined;
}

/** Whether a text has more code points than `most`. */
function exceeds(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let count = 0;
  for (const _ of text) if (++count > most) return true;
  return false;
}

export function checkSize(layout: EntityLayout, record: EntityRecord, most: number): void {
  const { message } = layout.entity;
  if (!exceedsBytes(message, record, most)) return;
  const bytes = recordBytes(message, record);
  throw new Fault("ROW_TOO_LARGE", `the entity has about ${bytes} bytes, and ${most} is the most one may have`, {
    field: "entity",
  });
}

/** Whether a generator must fill the field: it says nothing, or is an empty or zero key field. */
export function lacksValue(field: Field, isKey: boolean, value: Value | undefined): boolean {
  if (!isPresent(field, value)) return true;
  return isKey && (value === "" || value === 0 || value === 0n || (value instanceof Uint8Array && value.length === 0));
}
