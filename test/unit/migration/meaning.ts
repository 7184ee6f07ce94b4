/** What a value says, whatever its type, so that it can be compared before and after a change. */

import { decimalText, parseDecimal } from "../../../src/model/decimal.ts";
import type { FieldType, MessageField } from "../../../src/model/field.ts";
import { isList, isMap, type Value, type ValueList } from "../../../src/model/value.ts";

/** What a value means, whatever its type: a number by its digits, text and bytes by their bytes, a list by its elements. */
export function meaning(type: FieldType, value: Value | undefined): unknown {
  if (value === undefined) return undefined;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (isMap(value)) {
    const entry: FieldType = type.kind === "map" ? type.value : type;
    return Array.from(value, ([key, item]) => [String(key), meaning(entry, item)]);
  }
  if (isList(value)) {
    if (type.kind === "list") return value.map((item) => meaning(type.element, item));
    return type.kind === "message" ? type.message.fields.flatMap((inner) => memberMeaning(inner, value)) : undefined;
  }
  if (type.kind === "decimal" && typeof value === "bigint") return numberMeaning(decimalText(value, type.scale));
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  if (typeof value === "boolean") return numberMeaning(value ? "1" : "0");
  return Number.isInteger(value) ? numberMeaning(BigInt(value).toString()) : numberMeaning(String(value));
}

function memberMeaning({ number, ordinal, type }: MessageField, record: ValueList): readonly unknown[] {
  const item = meaning(type, record[ordinal]);
  return item === undefined ? [] : [[number, item]];
}

/** Without the members that the other message does not have; a rewrite carries them along unread. */
function known(found: unknown, type: FieldType): unknown {
  if (type.kind !== "message" || !Array.isArray(found)) return found;
  return found.filter(([number]) => type.message.fields.some((field) => field.number === number));
}

/** What must be read after the change. */
export function expected(from: FieldType, to: FieldType, value: Value): unknown {
  if (from.kind === "list" && to.kind !== "list")
    return isList(value) && value[0] !== undefined ? expected(from.element, to, value[0]) : undefined;
  if (to.kind === "list") {
    if (from.kind !== "list") return [expected(from, to.element, value)];
    return isList(value)
      ? value.map((item) => (item === undefined ? undefined : expected(from.element, to.element, item)))
      : undefined;
  }
  if (from.kind === "decimal" && to.kind === "string" && typeof value === "bigint")
    return meaning(to, decimalText(value, from.scale));
  if (from.kind === "string" && to.kind === "decimal" && typeof value === "string") return numberMeaning(value);
  return known(meaning(from, value), to);
}

function numberMeaning(text: string): string {
  const parsed = parseDecimal(text);
  return parsed ? `${parsed.unscaled}e-${parsed.scale}` : text;
}
