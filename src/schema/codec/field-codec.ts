/** One field of a message, in the form its type and its file ask for: singular, list or map. */

import { Fault } from "../../model/fault.ts";
import type { MessageField } from "../../model/field.ts";
import type { MapKey, MutableRecord, Value } from "../../model/value.ts";
import { listOf, mutable, mutableMap, type ElementCodec } from "./element-codec.ts";
import type { MapCodec } from "./map-codec.ts";
import { WIRE, type Reader } from "./reader.ts";
import { isPlainZero } from "./scalar-codec.ts";
import type { Writer } from "./writer.ts";

export interface FieldCodec {
  readonly name: string;
  /** Puts what follows the tag into the record. False, and nothing read, where the wire type is not the field's. */
  read(reader: Reader, wireType: number, record: MutableRecord): boolean;
  /** Writes tag and value, or nothing where protobuf writes nothing. */
  write(writer: Writer, value: Value): void;
}

/** A field that is accepted and dropped. */
export function ignoredField(number: number): FieldCodec {
  return {
    name: String(number),
    read(reader, wireType) {
      reader.skip((number << 3) | wireType);
      return true;
    },
    write() {},
  };
}

/** `siblings` are the ordinals of the other members of its oneof. */
export function singularField(field: MessageField, element: ElementCodec, siblings: readonly number[]): FieldCodec {
  const { name, ordinal } = field;
  const tag = tagOf(field.number, element.wireType);
  const end = groupEnd(field);
  const { presence } = field;
  const alone = siblings.length === 0;
  return {
    name,
    read(reader, wireType, record) {
      if (wireType !== element.wireType) return false;
      const value = element.read(reader, record[ordinal]);
      record[ordinal] = presence || !isPlainZero(value) ? value : undefined;
      if (!alone) for (const sibling of siblings) record[sibling] = undefined;
      return true;
    },
    write(writer, value) {
      if (!presence && isPlainZero(value)) return;
      writer.uint32(tag);
      element.write(writer, value);
      if (end !== 0) writer.uint32(end);
    },
  };
}

export function listField(field: MessageField, element: ElementCodec): FieldCodec {
  const { name, ordinal, number } = field;
  const packable = element.wireType !== WIRE.length && element.wireType !== WIRE.group;
  const write = packable && field.wire.packed ? packedWrite(number, element) : unpackedWrite(field, element);
  return {
    name,
    read(reader, wireType, record) {
      if (wireType === element.wireType) {
        (mutable(record[ordinal]) ?? begin(record, ordinal)).push(present(element.read(reader, undefined)));
        return true;
      }
      if (wireType !== WIRE.length || !packable) return false;
      const outer = reader.narrow(reader.length());
      if (reader.more()) {
        const list = mutable(record[ordinal]) ?? begin(record, ordinal);
        do {
          reader.meter.element();
          list.push(element.read(reader, undefined));
        } while (reader.more());
      }
      reader.widen(outer);
      return true;
    },
    write,
  };
}

export function mapField(field: MessageField, entries: MapCodec): FieldCodec {
  const { name, ordinal } = field;
  const tag = tagOf(field.number, WIRE.length);
  return {
    name,
    read(reader, wireType, record) {
      if (wireType !== WIRE.length) return false;
      const map = mutableMap(record[ordinal]) ?? new Map<MapKey, Value>();
      record[ordinal] = map;
      entries.read(reader, map);
      return true;
    },
    write: (writer, value) => entries.write(writer, tag, value),
  };
}

export function tagOf(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0;
}

/** The tag that ends a group; 0 where the field is none. */
function groupEnd(field: MessageField): number {
  return field.wire.encoding === "group" ? tagOf(field.number, WIRE.groupEnd) : 0;
}

function begin(record: MutableRecord, ordinal: number): MutableRecord {
  const list: MutableRecord = [];
  record[ordinal] = list;
  return list;
}

/** A list has no absent elements. */
function present(value: Value | undefined): Value {
  if (value === undefined) throw new Fault("DECIMAL_INVALID", "An element of a list of decimals is empty.");
  return value;
}

function unpackedWrite(field: MessageField, element: ElementCodec): FieldCodec["write"] {
  const tag = tagOf(field.number, element.wireType);
  const end = groupEnd(field);
  return (writer, value) => {
    for (const each of listOf(value)) {
      if (each === undefined) continue;
      writer.uint32(tag);
      element.write(writer, each);
      if (end !== 0) writer.uint32(end);
    }
  };
}

function packedWrite(number: number, element: ElementCodec): FieldCodec["write"] {
  const tag = tagOf(number, WIRE.length);
  return (writer, value) => {
    const list = listOf(value);
    if (list.length === 0) return;
    writer.uint32(tag);
    const mark = writer.open();
    for (const each of list) if (each !== undefined) element.write(writer, each);
    writer.close(mark);
  };
}
