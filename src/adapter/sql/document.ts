/**
 * Lists, maps and messages as JSON, by protobuf field names: 64-bit numbers and decimals as text, bytes as base64,
 * enums as numbers, timestamps and durations as protobuf's JSON has them, maps as pairs of key and value. Read by name, so
 * that fields may be added, removed and reordered. Long because each kind of value stands here in both directions.
 */

import { decimalText, parseDecimal, rescale } from "../../model/decimal.ts";
import type { FieldType, MapKeyType, MessageType } from "../../model/field.ts";
import { isList, isMap, type MapKey, type MutableRecord, type Record, type Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { durationText, parseDuration, parseTimestamp, timestampText } from "./moment.ts";
import {
  DocumentError,
  emptyObject,
  isJsonList,
  objectOf,
  pairsOf,
  parseJson,
  type DocumentCodec,
  type Json,
} from "./json.ts";
import { isPlain, plainCodec } from "./plain-document.ts";

/** Compiled once per type; messages may hold themselves. */
export function documentCodec(type: FieldType): DocumentCodec {
  switch (type.kind) {
    case "bool":
      return scalar(
        (value) => value === true,
        (json) => json === true,
      );
    case "int32":
    case "uint32":
    case "float":
    case "double":
    case "enum":
      return scalar(Number, numberOf);
    case "int64":
    case "uint64":
      return scalar(String, (json) => BigInt(textOf(json)));
    case "string":
      return scalar(String, textOf);
    case "bytes":
      return scalar(base64, (json) => new Uint8Array(Buffer.from(textOf(json), "base64")));
    case "decimal":
      return decimalCodec(type.scale);
    case "timestamp":
      return scalar(
        (value) => timestampText(integerOf(value)),
        (json) => wellFormed(parseTimestamp(textOf(json))),
      );
    case "duration":
      return scalar(
        (value) => durationText(integerOf(value)),
        (json) => wellFormed(parseDuration(textOf(json))),
      );
    case "list":
      return listCodec(documentCodec(type.element));
    case "map":
      return mapCodec(type.key, documentCodec(type.value));
    case "message":
      return messageCodec(type.message);
  }
}

function scalar(encode: (value: Value) => Json, decode: (json: Json) => Value): DocumentCodec {
  return { encode, decode };
}

function decimalCodec(scale: number): DocumentCodec {
  return scalar(
    (value) => decimalText(integerOf(value), scale),
    (json) => {
      const parsed = wellFormed(parseDecimal(textOf(json)));
      return rescale(parsed.unscaled, parsed.scale, scale).value;
    },
  );
}

function listCodec(element: DocumentCodec): DocumentCodec {
  return {
    encode: (value) => (isList(value) ? value.map((item) => (item === undefined ? null : element.encode(item))) : []),
    decode: (json) => {
      if (!isJsonList(json)) throw new DocumentError("a stored list is not a JSON array");
      return json.map((item) => element.decode(item));
    },
  };
}

function mapCodec(keyType: MapKeyType, entry: DocumentCodec): DocumentCodec {
  const keyOf = mapKeyReader(keyType);
  return {
    encode: (value) => (isMap(value) ? Array.from(value, ([key, item]) => [mapKeyText(key), entry.encode(item)]) : []),
    decode: (json) => new Map(pairsOf(json).map(([name, item]) => [keyOf(name), entry.decode(item)])),
  };
}

/** How a map's key looks in its pair. */
export function mapKeyText(key: MapKey): string {
  return String(key);
}

function mapKeyReader(type: MapKeyType): (name: string) => MapKey {
  switch (type.kind) {
    case "bool":
      return (name) => name === "true";
    case "int32":
    case "uint32":
      return Number;
    case "int64":
    case "uint64":
      return (name) => BigInt(name);
    case "string":
      return (name) => name;
  }
}

const compiled = new WeakMap<MessageType, DocumentCodec>();

/** Codec of one message type; the same object for the same type. */
export function messageCodec(message: MessageType): DocumentCodec {
  const known = compiled.get(message);
  if (known) return known;
  if (isPlain(message)) {
    const plain = plainCodec(message);
    compiled.set(message, plain);
    return plain;
  }
  const parts: { name: string; ordinal: number; codec: DocumentCodec; absent: Value | undefined }[] = [];
  const codec: DocumentCodec = {
    encode: (value) => {
      const object = emptyObject();
      if (!isList(value)) return object;
      for (const part of parts) {
        const item = value[part.ordinal];
        if (item !== undefined) object[part.name] = part.codec.encode(item);
      }
      return object;
    },
    decode: (json) => {
      const object = objectOf(json);
      const record: MutableRecord = [];
      for (const part of parts) {
        const item = Object.hasOwn(object, part.name) ? object[part.name] : undefined;
        record.push(item === undefined ? part.absent : part.codec.decode(item));
      }
      return record;
    },
  };
  compiled.set(message, codec); // before its fields: one of them may be the message itself
  for (const field of message.fields) {
    parts.push({
      name: field.name,
      ordinal: field.ordinal,
      codec: documentCodec(field.type),
      absent: absentValue(field),
    });
  }
  return codec;
}

/** A whole Record as JSON text, and back in normal form. */
export function recordText(message: MessageType, record: Record): string {
  return JSON.stringify(messageCodec(message).encode(record));
}

export function recordOf(message: MessageType, text: string): Record {
  const record = messageCodec(message).decode(parseJson(text));
  if (!isList(record)) throw new DocumentError("a stored message is not a Record");
  return record;
}

function base64(value: Value): string {
  if (!(value instanceof Uint8Array)) throw new TypeError("bytes expected");
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64");
}

function integerOf(value: Value): bigint {
  if (typeof value !== "bigint") throw new TypeError("a bigint expected");
  return value;
}

function numberOf(json: Json): number {
  if (typeof json !== "number") throw new DocumentError("a stored number is not a JSON number");
  return json;
}

function textOf(json: Json): string {
  if (typeof json !== "string") throw new DocumentError("a stored text is not a JSON string");
  return json;
}

function wellFormed<Parsed>(parsed: Parsed | undefined): Parsed {
  if (parsed === undefined) throw new DocumentError("a stored decimal, timestamp or duration is malformed");
  return parsed;
}
