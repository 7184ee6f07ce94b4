/** Fields in columns of types that Pannier does not make itself, as far as servers agree about them. */

import { Fault } from "../../../../model/fault.ts";
import type { EnumType, Field } from "../../../../model/field.ts";
import type { Value } from "../../../../model/value.ts";
import { plain, wider, type Storage } from "../../storage.ts";

/** Whole digits, and those behind the point, of `numeric(p,s)` or `decimal(p,s)`; all there can be where it says none. */
export function digitsOf(type: string): { readonly whole: number; readonly fraction: number } | undefined {
  const [, name, precision, scale = "0"] = /^(numeric|decimal)(?:\((\d+),(\d+)\))?( unsigned)?$/u.exec(type) ?? [];
  if (name === undefined) return undefined;
  if (precision === undefined) return { whole: Infinity, fraction: Infinity };
  return { whole: Number(precision) - Number(scale), fraction: Number(scale) };
}

/** An enum by the names of its values. What the database compares are its own labels, so that it is asked for no number. */
export function namedEnum(field: Field, type: EnumType, declared: string, labels: readonly string[]): Storage {
  const labelOf = new Map<number, string>();
  const numberOf = new Map<string, number>();
  for (const { number, name } of type.values) {
    const label = labels.length === 0 ? name : labels.find((each) => isLabelOf(each, name, type.name));
    if (label === undefined) continue;
    labelOf.set(number, label);
    numberOf.set(label, number);
  }
  const bind = (value: Value): string | null => {
    const label = labelOf.get(Number(value));
    if (label !== undefined) return label;
    if (Number(value) === 0 && !field.presence) return null;
    throw new Fault("ENUM_UNKNOWN", `the store has no name for the number ${Number(value)} of ${field.name}`, {
      field: `entity.${field.name}`,
    });
  };
  const read = (stored: unknown): number => {
    const number = numberOf.get(String(stored));
    if (number === undefined) throw wider();
    return number;
  };
  return { ...plain(declared, String, read), bind, isOpaque: true };
}

/** `SHIPPED` and `shipped` are labels of ORDER_STATUS_SHIPPED in an enum OrderStatus, as is the name itself. */
function isLabelOf(label: string, name: string, enumName: string): boolean {
  const prefix = `${(enumName.split(".").at(-1) ?? "").replace(/(?<=[a-z0-9])(?=[A-Z])/gu, "_").toUpperCase()}_`;
  const short = name.toUpperCase().startsWith(prefix) ? name.slice(prefix.length) : name;
  return label === name || label.toUpperCase() === short.toUpperCase();
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** A text in a column that holds UUIDs alone, and answers them in one spelling. */
export function uuidStorage(field: Field): Storage {
  const bind = (value: Value): string => {
    if (typeof value === "string" && UUID.test(value)) return value;
    throw new Fault("STRING_INVALID", `the store keeps ${field.name} as a UUID: give 36 characters in lower case`, {
      field: `entity.${field.name}`,
    });
  };
  return { ...plain("uuid", String, String), bind, isOpaque: true };
}
