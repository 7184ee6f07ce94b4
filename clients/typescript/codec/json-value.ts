/** google.protobuf.Struct, Value and ListValue, as JSON. */

import type { JsonObject, JsonValue } from "../value/json.ts";
import { ValueError } from "../value/value-error.ts";
import { MalformedError, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What JSON can hold at most in depth, so that a circle is found. */
const deepest = 100;

export function writeStruct(writer: Writer, value: unknown, depth: number = 0): void {
  if (!isPlain(value)) throw wrong("is a JSON object", value);
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    writer.tag(1, 2);
    const entry = writer.begin();
    writer.tag(1, 2);
    writer.string(name);
    writer.tag(2, 2);
    const start = writer.begin();
    writeValue(writer, member, depth + 1);
    writer.end(start);
    writer.end(entry);
  }
}

export function writeList(writer: Writer, value: unknown, depth: number = 0): void {
  if (!Array.isArray(value)) throw wrong("is a JSON array", value);
  for (const element of value) {
    writer.tag(1, 2);
    const start = writer.begin();
    writeValue(writer, element, depth + 1);
    writer.end(start);
  }
}

export function writeValue(writer: Writer, value: unknown, depth: number = 0): void {
  if (depth > deepest) throw new ValueError("FIELD_INVALID", `is nested deeper than ${deepest}, or holds itself`);
  if (value === null) {
    writer.tag(1, 0);
    writer.varint(0);
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new ValueError("NUMBER_INVALID", "holds a number that JSON has not");
    writer.tag(2, 1);
    writer.double(value);
  } else if (typeof value === "string") {
    writer.tag(3, 2);
    writer.string(value);
  } else if (typeof value === "boolean") {
    writer.tag(4, 0);
    writer.varint(value ? 1 : 0);
  } else {
    writer.tag(Array.isArray(value) ? 6 : 5, 2);
    const start = writer.begin();
    if (Array.isArray(value)) writeList(writer, value, depth);
    else writeStruct(writer, value, depth);
    writer.end(start);
  }
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function wrong(wanted: string, value: unknown): ValueError {
  return new ValueError("FIELD_INVALID", `${wanted}; a ${typeof value} is none`);
}

export function readStruct(reader: Reader, end: number): JsonObject {
  const object: Record<string, JsonValue> = {};
  while (reader.at < end) {
    const tag = reader.uint32();
    if (tag !== 10) {
      reader.skip(tag);
      continue;
    }
    const entryEnd = reader.end();
    let name = "";
    let value: JsonValue = null;
    while (reader.at < entryEnd) {
      const inner = reader.uint32();
      if (inner === 10) name = reader.string();
      else if (inner === 18) value = readValue(reader, reader.end());
      else reader.skip(inner);
    }
    // A member called __proto__ is one like any other.
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

export function readList(reader: Reader, end: number): readonly JsonValue[] {
  const list: JsonValue[] = [];
  while (reader.at < end) {
    const tag = reader.uint32();
    if (tag === 10) list.push(readValue(reader, reader.end()));
    else reader.skip(tag);
  }
  return list;
}

export function readValue(reader: Reader, end: number): JsonValue {
  let value: JsonValue = null;
  while (reader.at < end) {
    const tag = reader.uint32();
    switch (tag >>> 3) {
      case 1:
        reader.uint32();
        value = null;
        break;
      case 2:
        value = reader.double();
        break;
      case 3:
        value = reader.string();
        break;
      case 4:
        value = reader.uint32() !== 0;
        break;
      case 5:
        value = readStruct(reader, reader.end());
        break;
      case 6:
        value = readList(reader, reader.end());
        break;
      default:
        reader.skip(tag);
    }
  }
  if (reader.at !== end) throw new MalformedError("a value reaches beyond its end");
  return value;
}
