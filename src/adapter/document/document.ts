/**
 * Lists, maps and messages as JSON, by protobuf field numbers, maps as pairs of key and value; scalars are in `scalar-document.ts`.
 * Read by number, so that fields may be added, removed, renamed and reordered; members with other numbers are carried along unread.
 * Long because each kind of value is here in both directions, as JSON and as its text.
 */

import type { FieldType, MapKeyType, MessageType } from "../../model/field.ts";
import { isList, isMap, type MapKey, type MutableRecord, type EntityRecord, type Value } from "../../model/value.ts";
import { absentValue } from "../../model/zero.ts";
import { DocumentError, emptyObject, isJsonList, objectOf, pairsOf, parseJson, writePairs, type Json } from "./json.ts";
import type { DocumentCodec } from "./document-codec.ts";
import { JsonText, readPairs, unusual } from "./json-text.ts";
import { isPlain, plainCodec } from "./plain-document.ts";
import { integerIn, scalarDocument } from "./scalar-document.ts";

/**
 * Compiled once per type; messages may hold themselves.
 *
 * @param earlier the type whose field names are in documents that were written by name, before numbers were
 */
export function documentCodec(type: FieldType, earlier: FieldType = type): DocumentCodec {
  if (type.kind === "list") return listCodec(documentCodec(type.element, elementOf(earlier)));
  if (type.kind === "map") return mapCodec(type.key, documentCodec(type.value, elementOf(earlier)));
  if (type.kind !== "message") return scalarDocument(type);
  return messageCodec(type.message, earlier.kind === "message" ? earlier.message : type.message);
}

function elementOf(type: FieldType): FieldType {
  if (type.kind === "list") return type.element;
  return type.kind === "map" ? type.value : type;
}

function listCodec(element: DocumentCodec): DocumentCodec {
  return {
    encode: (value) => (isList(value) ? value.map((item) => (item === undefined ? null : element.encode(item))) : []),
    write: (value) => writeList(value, element),
    decode: (json) => {
      if (!isJsonList(json)) throw new DocumentError("a stored list is not a JSON array");
      return json.map((item) => element.decode(item));
    },
    read: (text) => {
      const list: Value[] = [];
      text.each("list", () => list.push(element.read(text)));
      return list;
    },
  };
}

function writeList(value: Value, element: DocumentCodec): string {
  if (!isList(value)) return "[]";
  let text = "";
  for (const item of value) text += `${text === "" ? "" : ","}${item === undefined ? "null" : element.write(item)}`;
  return `[${text}]`;
}

function mapCodec(keyType: MapKeyType, entry: DocumentCodec): DocumentCodec {
  const keyOf = mapKeyReader(keyType);
  return {
    encode: (value) => (isMap(value) ? Array.from(value, ([key, item]) => [mapKeyText(key), entry.encode(item)]) : []),
    write: (value) => writePairs(value, (item) => entry.write(item)),
    decode: (json) => new Map(pairsOf(json).map(([name, item]) => [keyOf(name), entry.decode(item)])),
    read: (text) => readPairs(text, keyOf, () => entry.read(text)),
  };
}

/** How a map's key looks in its pair. */
export function mapKeyText(key: MapKey): string {
  return String(key);
}

function mapKeyReader(type: MapKeyType): (name: string) => MapKey {
  switch (type.kind) {
    case "bool":
      return (name) => {
        if (name !== "true" && name !== "false") throw new DocumentError("a stored bool is neither true nor false");
        return name === "true";
      };
    case "int32":
    case "uint32": {
      const { kind } = type;
      return (name) => Number(integerIn(kind, name));
    }
    case "int64":
    case "uint64": {
      const { kind } = type;
      return (name) => integerIn(kind, name);
    }
    case "string":
      return (name) => name;
  }
}

const compiled = new WeakMap<MessageType, WeakMap<MessageType, DocumentCodec>>();

/**
 * Codec of one message type; the same object for the same type.
 *
 * @param earlier see `documentCodec`
 */
export function messageCodec(message: MessageType, earlier: MessageType = message): DocumentCodec {
  const byEarlier = compiled.get(message) ?? new WeakMap<MessageType, DocumentCodec>();
  compiled.set(message, byEarlier);
  const known = byEarlier.get(earlier);
  if (known) return known;
  if (isPlain(message)) {
    const plain = plainCodec(message);
    byEarlier.set(earlier, plain);
    return plain;
  }
  const parts: Part[] = [];
  const shape: Shape = { parts: [], absent: [] };
  const codec: DocumentCodec = {
    encode: (value) => encodeMessage(parts, value),
    write: (value) => writeMessage(shape, value),
    decode: (json) => decodeMessage(parts, earlier, json),
    read: (text) => readMessage(shape, text),
  };
  byEarlier.set(earlier, codec); // before its fields: one of them may be the message itself
  for (const field of message.fields) {
    const before = earlier.fields.find(({ number }) => number === field.number);
    parts.push({
      key: field.number,
      ordinal: field.ordinal,
      codec: documentCodec(field.type, before?.type),
      absent: absentValue(field),
    });
  }
  shape.parts.push(...parts.toSorted((a, b) => a.key - b.key));
  shape.absent.push(...parts.map(({ absent }) => absent));
  return codec;
}

interface Part {
  /** Its number. */
  readonly key: number;
  readonly ordinal: number;
  readonly codec: DocumentCodec;
  readonly absent: Value | undefined;
}

/**
 * Members that a decoded message does not know, to be written again with it: a process of an older schema must not lose
 * what a newer one stored. Only the very record that was read has them; one that a caller sent has not.
 */
const unread = new WeakMap<EntityRecord, readonly (readonly [key: string, Json])[]>();

function encodeMessage(parts: readonly Part[], value: Value): Json {
  const object = emptyObject();
  if (!isList(value)) return object;
  for (const part of parts) {
    const item = value[part.ordinal];
    if (item !== undefined) object[part.key] = part.codec.encode(item);
  }
  for (const [key, json] of unread.get(value) ?? []) object[key] ??= json;
  return object;
}

/** Members by number, as JSON.stringify orders names that are numbers. */
function writeMessage({ parts }: Shape, value: Value): string {
  if (!isList(value)) return "{}";
  if (unread.has(value)) return JSON.stringify(encodeMessage(parts, value));
  let text = "";
  for (const { key, ordinal, codec } of parts) {
    const item = value[ordinal];
    if (item !== undefined) text += `${text === "" ? "" : ","}"${key}":${codec.write(item)}`;
  }
  return `{${text}}`;
}

/** @param earlier undefined where members with names have got their numbers already */
function decodeMessage(parts: readonly Part[], earlier: MessageType | undefined, json: Json): Value {
  const object = objectOf(json);
  let left = Object.keys(object).length;
  const record: MutableRecord = [];
  for (const part of parts) {
    const item = object[part.key];
    if (item !== undefined) left -= 1;
    record.push(item === undefined ? part.absent : part.codec.decode(item));
  }
  if (left === 0) return record;
  const names = Object.keys(object);
  if (earlier && names.some(isName)) return decodeMessage(parts, undefined, byNumber(object, names, earlier));
  unread.set(record, unreadOf(parts, object));
  return record;
}

interface Shape {
  /** By number, as both JSON.stringify and databases order them. */
  readonly parts: Part[];
  /** Of each field, what it reads as where it is absent. */
  readonly absent: (Value | undefined)[];
}

function readMessage({ parts, absent }: Shape, text: JsonText): Value {
  const record: MutableRecord = absent.slice();
  let next = 0;
  text.each("object", () => {
    const number = text.memberNumber();
    while ((parts[next]?.key ?? number) < number) next += 1;
    const part = parts[next];
    if (part?.key !== number) throw unusual();
    record[part.ordinal] = part.codec.read(text); // of two with one name the last counts, as it does in JSON.parse
  });
  return record;
}

function unreadOf(
  parts: readonly Part[],
  object: { readonly [key: string]: Json },
): readonly (readonly [string, Json])[] {
  return Object.entries(object).filter(([key]) => !parts.some((part) => String(part.key) === key));
}

/** Gives a message what another holds beyond what it reads, where one is made of the other. */
export function carryUnread(from: EntityRecord, to: EntityRecord): void {
  const members = unread.get(from);
  if (members) unread.set(to, members);
}

/** Names of fields begin with no digit. */
function isName(key: string): boolean {
  const first = key.charCodeAt(0);
  return !(first >= 0x30 && first <= 0x39);
}

/** A message that was written by field names. What has no number any more keeps its name. */
function byNumber(
  stored: { readonly [name: string]: Json },
  names: readonly string[],
  { fields }: MessageType,
): { readonly [key: string]: Json } {
  const object = emptyObject();
  for (const name of names) {
    const number = isName(name) ? fields.find((field) => field.name === name)?.number : undefined;
    const json = stored[name];
    if (json !== undefined) object[number === undefined ? name : String(number)] = json;
  }
  return object;
}

/** A document as it is stored. @throws DocumentError where it is not what the codec writes */
export function readDocument(codec: DocumentCodec, stored: string): Value {
  if (!stored.includes("\\")) {
    const text = new JsonText(stored);
    try {
      const value = codec.read(text);
      if (text.isAtEnd()) return value;
    } catch {
      // Whatever it is, the plain way knows, or says what is wrong.
    }
  }
  return codec.decode(parseJson(stored));
}

/** A whole record as JSON text, and back in normal form. */
export function recordText(message: MessageType, record: EntityRecord): string {
  return messageCodec(message).write(record);
}

export function recordOf(message: MessageType, text: string): EntityRecord {
  const record = readDocument(messageCodec(message), text);
  if (!isList(record)) throw new DocumentError("a stored message is not a record");
  return record;
}
