/**
 * What a request says, apart from how a version of the schema holds it: fields go by number, those that say nothing are left out,
 * whole numbers have one kind and decimals no scale. So a field that is renamed, moved or added between two sidecars makes no other
 * request of a repeat, and no other query of a page token. For `digestOf`.
 */

import type { EntityModel } from "../model/entity.ts";
import type { FieldType, MessageType } from "../model/field.ts";
import type { Condition, Filter } from "../model/filter.ts";
import { isPresent } from "../model/record.ts";
import { isList, isMap, type EntityRecord, type MapKey, type Value } from "../model/value.ts";
import type { BatchWriteRequest, Mask, Sparse, SparseKey } from "./operation.ts";

/** What requests have in common that goes by the schema, and what only says how to answer. */
interface Parts {
  readonly entity?: Sparse | undefined;
  readonly increment?: Sparse | undefined;
  readonly append?: Sparse | undefined;
  readonly remove?: Sparse | undefined;
  readonly updateMask?: Mask;
  readonly condition?: Filter | undefined;
  readonly where?: Filter | undefined;
  readonly key?: SparseKey | undefined;
  readonly writes?: BatchWriteRequest["writes"];
  readonly requestId?: unknown;
  readonly readMask?: unknown;
  readonly consistency?: unknown;
}

/** Without what only says how to answer, or where: that does not make it another request. */
export function canonicalRequest(entity: EntityModel, request: Parts): object {
  const { requestId: _, readMask: _mask, consistency: _level, ...said } = request;
  const { message } = entity;
  const record = (values: Sparse | undefined): unknown => values && canonicalRecord(message, values);
  return {
    ...said,
    entity: record(said.entity),
    increment: record(said.increment),
    append: record(said.append),
    remove: record(said.remove),
    updateMask: canonicalMask(entity, said.updateMask),
    condition: said.condition && canonicalFilter(entity, said.condition),
    where: said.where && canonicalFilter(entity, said.where),
    key: said.key?.map((value, i) => canonicalValue(entity.fields[entity.key[i]?.ordinal ?? -1]?.type, value)),
    writes: said.writes?.map((item) =>
      "request" in item ? [item.kind, canonicalRequest(entity, item.request)] : [item.kind],
    ),
  };
}

export function canonicalFilter(entity: EntityModel, filter: Filter): unknown {
  switch (filter.kind) {
    case "group":
      return [filter.op, filter.terms.map((term) => canonicalFilter(entity, term))];
    case "not":
      return [filter.kind, canonicalFilter(entity, filter.term)];
    case "const":
      return [filter.kind, filter.value];
    case "condition":
      return canonicalCondition(entity, filter);
  }
}

function canonicalCondition({ fields }: EntityModel, condition: Condition): unknown {
  const field = fields[condition.ordinal];
  const type = field && operandOf(field.type);
  const operand =
    "values" in condition
      ? condition.values.map((value) => canonicalValue(type, value))
      : canonicalValue(type, condition.value);
  return [field?.number, condition.op, operand];
}

/** Collections are asked for an element or a key. */
function operandOf(type: FieldType): FieldType {
  if (type.kind === "list") return type.element;
  return type.kind === "map" ? type.key : type;
}

/** A name that nothing has stays: the request is refused. */
function canonicalMask({ fields }: EntityModel, mask: Mask): unknown {
  if (!mask || mask.length === 0) return undefined;
  const named = mask.map((path) => fields.find(({ name }) => name === path)?.number ?? path);
  return [...new Set(named)].toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
}

/** Numbers and values, in the order of numbers; zero without presence, and an empty list or map, say nothing. */
function canonicalRecord({ fields }: MessageType, record: EntityRecord): readonly unknown[] {
  return fields.flatMap((field) => {
    const value = record[field.ordinal];
    return isPresent(field, value) ? [[field.number, canonicalValue(field.type, value)]] : [];
  });
}

function canonicalValue(type: FieldType | undefined, value: Value | undefined): unknown {
  if (!type || value === undefined) return value;
  switch (type.kind) {
    case "message":
      return isList(value) ? canonicalRecord(type.message, value) : value;
    case "list":
      return isList(value) ? value.map((element) => canonicalValue(type.element, element)) : value;
    case "map":
      return isMap(value) ? canonicalMap(type, value) : value;
    case "decimal":
      return typeof value === "bigint" ? canonicalDecimal(value, type.scale) : value;
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "enum":
      return typeof value === "number" ? BigInt(value) : value;
    case "bool":
    case "float":
    case "double":
    case "string":
    case "bytes":
    case "timestamp":
    case "duration":
      return value;
  }
}

function canonicalMap(
  { key, value: element }: Extract<FieldType, { readonly kind: "map" }>,
  map: ReadonlyMap<MapKey, Value>,
): ReadonlyMap<unknown, unknown> {
  return new Map(Array.from(map, ([name, value]) => [canonicalValue(key, name), canonicalValue(element, value)]));
}

/** Without zeros at its end. */
function canonicalDecimal(unscaled: bigint, scale: number): string {
  let [digits, exponent] = [unscaled, -scale];
  while (digits !== 0n && digits % 10n === 0n) [digits, exponent] = [digits / 10n, exponent + 1];
  return digits === 0n ? "0" : `${digits}e${exponent}`;
}
