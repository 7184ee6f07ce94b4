/**
 * google.protobuf.Struct, Value and ListValue close to the JSON they represent: `{"a": 1}` is `[["a", 1]]`, and inside a Value
 * `{"struct": [["a", 1]]}`, because names are user text (see `pairsOf`). A Value with nothing set is `{}`.
 */

import type { MessageType } from "../../model/field.ts";
import { isList, isMap, type EntityRecord, type MutableRecord, type Value } from "../../model/value.ts";
import { BEGINS, COLON, readBool, readPairs, unusual, type JsonText } from "./json-text.ts";
import { DocumentError, isJsonList, objectOf, pairsOf, writePairs, type Json } from "./json.ts";
import type { DocumentCodec } from "./document-codec.ts";

const STRUCT = "google.protobuf.Struct";
const VALUE = "google.protobuf.Value";
const LIST = "google.protobuf.ListValue";

/** Whether the message represents plain JSON. */
export function isPlain(message: MessageType): boolean {
  return message.name === STRUCT || message.name === VALUE || message.name === LIST;
}

export function plainCodec(message: MessageType): DocumentCodec {
  const shape = shapesFrom(message);
  switch (message.name) {
    case STRUCT:
      return {
        encode: (value) => structJson(shape, value),
        write: (value) => structText(shape, value),
        decode: (json) => structRecord(shape, json),
        read: (text) => readStruct(shape, text),
      };
    case LIST:
      return {
        encode: (value) => listJson(shape, value),
        write: (value) => listText(shape, value),
        decode: (json) => listRecord(shape, json),
        read: (text) => readList(shape, text),
      };
    default:
      return {
        encode: (value) => valueJson(shape, value),
        write: (value) => valueText(shape, value),
        decode: (json) => valueRecord(shape, json),
        read: (text) => readValue(shape, text),
      };
  }
}

/** The ordinals of google.protobuf.Value's members; Struct and ListValue have one field each. */
interface ValueShape {
  /** A Value with nothing set. */
  readonly blank: EntityRecord;
  readonly nothing: number;
  readonly number: number;
  readonly text: number;
  readonly bool: number;
  readonly struct: number;
  readonly list: number;
}

function shapesFrom(message: MessageType): ValueShape {
  const value = valueTypeOf(message);
  const ordinal = (name: string): number => {
    const field = value.fields.find((candidate) => candidate.name === name);
    if (!field) throw new TypeError(`google.protobuf.Value without ${name}`);
    return field.ordinal;
  };
  return {
    blank: value.fields.map(() => undefined),
    nothing: ordinal("null_value"),
    number: ordinal("number_value"),
    text: ordinal("string_value"),
    bool: ordinal("bool_value"),
    struct: ordinal("struct_value"),
    list: ordinal("list_value"),
  };
}

function valueTypeOf(message: MessageType): MessageType {
  if (message.name === VALUE) return message;
  const type = message.fields[0]?.type;
  const inner = type?.kind === "map" ? type.value : type?.kind === "list" ? type.element : undefined;
  if (inner?.kind !== "message") throw new TypeError(`${message.name} without its one field`);
  return inner.message;
}

function valueJson(shape: ValueShape, value: Value | undefined): Json {
  if (!isList(value)) return {};
  const number = value[shape.number];
  if (typeof number === "number") return number;
  const text = value[shape.text];
  if (typeof text === "string") return text;
  const bool = value[shape.bool];
  if (typeof bool === "boolean") return bool;
  const struct = value[shape.struct];
  if (struct !== undefined) return { struct: structJson(shape, struct) };
  const list = value[shape.list];
  if (list !== undefined) return listJson(shape, list);
  return value[shape.nothing] === undefined ? {} : null;
}

function structJson(shape: ValueShape, value: Value): Json {
  const members = isList(value) ? value[0] : undefined;
  return isMap(members) ? Array.from(members, ([name, member]) => [String(name), valueJson(shape, member)]) : [];
}

function listJson(shape: ValueShape, value: Value): Json {
  const elements = isList(value) ? value[0] : undefined;
  return isList(elements) ? elements.map((element) => valueJson(shape, element)) : [];
}

/** The text of `valueJson`, of which one member is set. */
function valueText(shape: ValueShape, value: Value | undefined): string {
  if (!isList(value)) return "{}";
  const struct = value[shape.struct];
  if (struct !== undefined) return `{"struct":${structText(shape, struct)}}`;
  const list = value[shape.list];
  return list === undefined ? JSON.stringify(valueJson(shape, value)) : listText(shape, list);
}

function structText(shape: ValueShape, value: Value): string {
  return writePairs(isList(value) ? value[0] : undefined, (member) => valueText(shape, member));
}

function listText(shape: ValueShape, value: Value | undefined): string {
  const elements = isList(value) ? value[0] : undefined;
  return isList(elements) ? `[${elements.map((element) => valueText(shape, element)).join(",")}]` : "[]";
}

function valueRecord(shape: ValueShape, json: Json): Value {
  const record: MutableRecord = shape.blank.slice();
  if (json === null) record[shape.nothing] = 0;
  else if (typeof json === "number") record[shape.number] = json;
  else if (typeof json === "string") record[shape.text] = json;
  else if (typeof json === "boolean") record[shape.bool] = json;
  else if (isJsonList(json)) record[shape.list] = listRecord(shape, json);
  else setStruct(shape, record, objectOf(json)["struct"]);
  return record;
}

/** Absent where nothing of the Value is set. */
function setStruct(shape: ValueShape, record: MutableRecord, struct: Json | undefined): void {
  if (struct !== undefined) record[shape.struct] = structRecord(shape, struct);
}

function structRecord(shape: ValueShape, json: Json): Value {
  return [new Map(pairsOf(json).map(([name, member]) => [name, valueRecord(shape, member)]))];
}

function listRecord(shape: ValueShape, json: Json): Value {
  if (!isJsonList(json)) throw new DocumentError("a stored ListValue is not a JSON array");
  return [json.map((element) => valueRecord(shape, element))];
}

function readValue(shape: ValueShape, text: JsonText): Value {
  const record: MutableRecord = shape.blank.slice();
  switch (text.peek()) {
    case BEGINS.text:
      record[shape.text] = text.string();
      break;
    case BEGINS.true:
    case BEGINS.false:
      record[shape.bool] = readBool(text);
      break;
    case BEGINS.null:
      text.word("null");
      record[shape.nothing] = 0;
      break;
    case BEGINS.list:
      record[shape.list] = readList(shape, text);
      break;
    case BEGINS.object:
      text.each("object", () => {
        if (text.string() !== "struct") throw unusual();
        text.expect(COLON);
        record[shape.struct] = readStruct(shape, text);
      });
      break;
    default:
      record[shape.number] = text.number();
  }
  return record;
}

function readStruct(shape: ValueShape, text: JsonText): Value {
  return [readPairs(text, String, () => readValue(shape, text))];
}

function readList(shape: ValueShape, text: JsonText): Value {
  const list: Value[] = [];
  text.each("list", () => list.push(readValue(shape, text)));
  return [list];
}
