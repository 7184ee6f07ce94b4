/** One value of an earlier type as a value of the type now: the same value, or none. Never rounds, cuts or guesses. */

import { decimalFits, decimalText, parseDecimal, rescale, type Decimal } from "../model/decimal.ts";
import type { FieldType, MessageType, NumberKind } from "../model/field.ts";
import { identity } from "../model/compare.ts";
import { isList, isMap, type MapKey, type MutableRecord, type EntityRecord, type Value } from "../model/value.ts";
import { absentValue } from "../model/zero.ts";

/** Answers undefined where the value has no counterpart. */
export type Convert = (value: Value) => Value | undefined;

/** Told of every embedded message that was converted, with what it was. */
export type OnMessage = (from: EntityRecord, to: EntityRecord) => void;

/** Of types whose change is widened or narrowed; see `type-change.ts`. Compiled once. */
export function converter(from: FieldType, to: FieldType, onMessage: OnMessage = () => {}): Convert {
  return new Converters(onMessage).of(from, to);
}

class Converters {
  readonly #onMessage: OnMessage;
  readonly #messages = new Map<MessageType, Map<MessageType, Convert>>();

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage;
  }

  of(from: FieldType, to: FieldType): Convert {
    if (to.kind === "list") return from.kind === "list" ? this.#list(from, to) : this.#wrapped(from, to);
    if (from.kind === "list") return this.#only(from, to);
    if (from.kind === "map" && to.kind === "map") return this.#map(from, to);
    if (from.kind === "message" && to.kind === "message") return this.#message(from.message, to.message);
    return scalar(from, to);
  }

  #list(from: FieldType & { kind: "list" }, to: FieldType & { kind: "list" }): Convert {
    const element = this.of(from.element, to.element);
    return (value) => {
      if (!isList(value)) return undefined;
      const items: Value[] = [];
      for (const item of value) {
        const converted = item === undefined ? undefined : element(item);
        if (converted === undefined) return undefined;
        items.push(converted);
      }
      const isDoubled = to.set && new Set(items.map((item) => identity(to.element, item))).size < items.length;
      return isDoubled ? undefined : items;
    };
  }

  #wrapped(from: FieldType, to: FieldType & { kind: "list" }): Convert {
    const element = this.of(from, to.element);
    return (value) => {
      const converted = element(value);
      return converted === undefined ? undefined : [converted];
    };
  }

  /** An empty list is an absent value, which the caller has to deal with. */
  #only(from: FieldType & { kind: "list" }, to: FieldType): Convert {
    const element = this.of(from.element, to);
    return (value) => {
      if (!isList(value) || value.length !== 1) return undefined;
      const [item] = value;
      return item === undefined ? undefined : element(item);
    };
  }

  #map(from: FieldType & { kind: "map" }, to: FieldType & { kind: "map" }): Convert {
    const keyOf = this.of(from.key, to.key);
    const entryOf = this.of(from.value, to.value);
    return (value) => {
      if (!isMap(value)) return undefined;
      const entries = new Map<MapKey, Value>();
      for (const [key, entry] of value) {
        const newKey = keyOf(key);
        const newEntry = entryOf(entry);
        if (newKey === undefined || newEntry === undefined || typeof newKey === "object") return undefined;
        entries.set(newKey, newEntry);
      }
      return entries;
    };
  }

  #message(from: MessageType, to: MessageType): Convert {
    const known = this.#messages.get(from)?.get(to);
    if (known) return known;
    const parts: { ordinal: number; convert: Convert }[] = [];
    const absent = to.fields.map(absentValue);
    const convert: Convert = (value) => {
      if (!isList(value)) return undefined;
      const record: MutableRecord = [...absent];
      for (const [i, { ordinal, convert: convertField }] of parts.entries()) {
        const item = ordinal < 0 ? undefined : value[ordinal];
        if (item === undefined) continue;
        const converted = convertField(item);
        if (converted === undefined) return undefined;
        record[i] = converted;
      }
      this.#onMessage(value, record);
      return record;
    };
    const byTo = this.#messages.get(from) ?? new Map<MessageType, Convert>();
    this.#messages.set(from, byTo.set(to, convert)); // before its fields: one of them may be the message itself
    for (const field of to.fields) {
      const earlier = from.fields.find((candidate) => candidate.number === field.number);
      parts.push({
        ordinal: earlier?.ordinal ?? -1,
        convert: earlier ? this.of(earlier.type, field.type) : () => undefined,
      });
    }
    return convert;
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function scalar(from: FieldType, to: FieldType): Convert {
  switch (to.kind) {
    case "string":
      if (from.kind === "decimal")
        return (value) => (typeof value === "bigint" ? decimalText(value, from.scale) : undefined);
      return from.kind === "bytes" ? textOf : (value) => value;
    case "bytes":
      return (value) => (typeof value === "string" ? new Uint8Array(Buffer.from(value, "utf8")) : value);
    case "decimal":
      return (value) => decimalOf(from, value, to.precision, to.scale);
    case "enum":
      return (value) => {
        const number = Number(value);
        const isKnown = to.enum.values.some((known) => known.number === number);
        // Numbers that neither declares were taken from newer callers, and stay.
        const wasKnown = from.kind !== "enum" || from.enum.values.some((known) => known.number === number);
        return isKnown || !wasKnown ? number : undefined;
      };
    case "bool":
      return (value) => (typeof value === "boolean" ? value : Number(value) === 0 ? false : oneOf(value));
    case "int32":
    case "uint32":
    case "int64":
    case "uint64":
    case "float":
    case "double": {
      const { kind } = to;
      return (value) => numberOf(kind, unscaledOf(from, value));
    }
    case "timestamp":
    case "duration":
    case "list":
    case "map":
    case "message":
      return (value) => value;
  }
}

function oneOf(value: Value): boolean | undefined {
  return Number(value) === 1 ? true : undefined;
}

function textOf(value: Value): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    const text = UTF8.decode(value);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}

function decimalOf(from: FieldType, value: Value, precision: number, scale: number): bigint | undefined {
  const source = decimalSource(from, value);
  if (!source) return undefined;
  const { value: unscaled, exact } = rescale(source.unscaled, source.scale, scale);
  return exact && decimalFits(unscaled, precision) ? unscaled : undefined;
}

function decimalSource(from: FieldType, value: Value): Decimal | undefined {
  if (typeof value === "bigint") return { unscaled: value, scale: from.kind === "decimal" ? from.scale : 0 };
  if (typeof value === "number") return { unscaled: BigInt(value), scale: 0 };
  return typeof value === "string" ? parseDecimal(value) : undefined;
}

/** A decimal without fraction is a whole number; any other has none. */
function unscaledOf(from: FieldType, value: Value): Value | undefined {
  if (from.kind !== "decimal" || typeof value !== "bigint") return value;
  const { value: whole, exact } = rescale(value, from.scale, 0);
  return exact ? whole : undefined;
}

const RANGES: { readonly [Kind in NumberKind]?: readonly [bigint, bigint] } = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function numberOf(kind: NumberKind, value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined;
  const plain = typeof value === "boolean" ? Number(value) : value;
  if (typeof plain !== "number" && typeof plain !== "bigint") return undefined;
  const range = RANGES[kind];
  if (!range) {
    const number = Number(plain);
    const isExact = typeof plain === "bigint" ? BigInt(number) === plain : true;
    return isExact && (kind === "double" || Math.fround(number) === number) ? number : undefined;
  }
  if (typeof plain === "number" && !Number.isInteger(plain)) return undefined;
  const whole = BigInt(plain);
  if (whole < range[0] || whole > range[1]) return undefined;
  return kind === "int32" || kind === "uint32" ? Number(whole) : whole;
}
