/** Timestamps in the precision a store keeps: always rounded down, so that order is kept, wherever they occur. */

import type { Capabilities } from "../adapter/capabilities.ts";
import type { FieldType, MessageType } from "../model/field.ts";
import { isList, isMap, type MapKey, type EntityRecord, type Value } from "../model/value.ts";

/** A record with every timestamp in it, nested ones too, in the store's precision; the same record where nothing changes. */
export interface Truncation {
  record(message: MessageType, record: EntityRecord): EntityRecord;
  value(type: FieldType, value: Value): Value;
}

/** Nanoseconds of the smallest step in time a store keeps. */
export function precisionOf(capabilities: Capabilities): bigint {
  const published = capabilities.timestamp_nanos;
  return published?.supported === true ? 1n : BigInt(published?.limit ?? 1);
}

/** Towards the past. */
export function truncateTime(nanos: bigint, precision: bigint): bigint {
  if (precision === 1n) return nanos;
  const rest = nanos % precision;
  return rest < 0n ? nanos - rest - precision : nanos - rest;
}

export function createTruncation(precision: bigint): Truncation {
  if (precision === 1n) return { record: (_message, record) => record, value: (_type, value) => value };
  return new Truncating(precision);
}

class Truncating implements Truncation {
  readonly #precision: bigint;
  /** Whether there is a timestamp anywhere in a message. */
  readonly #timed = new Map<MessageType, boolean>();

  constructor(precision: bigint) {
    this.#precision = precision;
  }

  record(message: MessageType, record: EntityRecord): EntityRecord {
    if (!this.#messageIsTimed(message)) return record;
    return record.map((value, ordinal) => {
      const field = message.fields[ordinal];
      return value === undefined || !field ? value : this.value(field.type, value);
    });
  }

  value(type: FieldType, value: Value): Value {
    if (!this.#typeIsTimed(type)) return value;
    if (typeof value === "bigint") return truncateTime(value, this.#precision);
    if (type.kind === "message" && isList(value)) return this.record(type.message, value);
    if (type.kind === "list" && isList(value))
      return value.map((element) => (element === undefined ? element : this.value(type.element, element)));
    if (type.kind === "map" && isMap(value)) {
      const entries = new Map<MapKey, Value>();
      for (const [key, entry] of value) entries.set(key, this.value(type.value, entry));
      return entries;
    }
    return value;
  }

  #typeIsTimed(type: FieldType): boolean {
    if (type.kind === "message") return this.#messageIsTimed(type.message);
    if (type.kind === "list") return this.#typeIsTimed(type.element);
    return type.kind === "map" ? this.#typeIsTimed(type.value) : type.kind === "timestamp";
  }

  #messageIsTimed(message: MessageType): boolean {
    let timed = this.#timed.get(message);
    if (timed === undefined) this.#timed.set(message, (timed = messageHoldsTime(message, new Set())));
    return timed;
  }
}

/** `seen` ends cycles: a message is looked into once. */
function holdsTime(type: FieldType, seen: Set<MessageType>): boolean {
  if (type.kind === "message") return messageHoldsTime(type.message, seen);
  if (type.kind === "list") return holdsTime(type.element, seen);
  if (type.kind === "map") return holdsTime(type.value, seen);
  return type.kind === "timestamp";
}

function messageHoldsTime(message: MessageType, seen: Set<MessageType>): boolean {
  if (seen.has(message)) return false;
  seen.add(message);
  return message.fields.some((field) => holdsTime(field.type, seen));
}
