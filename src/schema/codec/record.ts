/** Messages and records: one codec per message type, made once, also for types that hold themselves. */

import type { ElementType, MessageField, MessageType } from "../../model/field.ts";
import type { MutableRecord, EntityRecord, Value } from "../../model/value.ts";
import type { RecordCodec } from "./codec.ts";
import { listOf, mutable, type ElementCodec, type OnUnknown } from "./element-codec.ts";
import { below, malformed, mistyped, unknownField } from "./fault-path.ts";
import { ignoredField, listField, mapField, singularField, type FieldCodec } from "./field-codec.ts";
import { mapCodec } from "./map-codec.ts";
import { WIRE, type Reader } from "./reader.ts";
import { scalarCodec, wrapperCodec } from "./scalar-codec.ts";
import type { Writer } from "./writer.ts";

/** Refuses every field that is not declared. What it passes over is read first, so that bytes that are no protobuf are named as such. */
export const refuseUnknown: OnUnknown = (reader, tag, message) => {
  reader.skip(tag);
  throw unknownField(message, tag >>> 3);
};

/** Passes over fields that are not declared. */
export const dropUnknown: OnUnknown = (reader, tag) => reader.skip(tag);

/** Makes codecs that treat unknown fields alike; one type's codec is made once. */
export function recordCompiler(unknown: OnUnknown): (type: MessageType) => RecordCodec {
  const compiled = new Map<MessageType, MessageCodec>();
  const compile = (type: MessageType): MessageCodec => {
    const known = compiled.get(type);
    if (known) return known;
    const codec = new MessageCodec(type, unknown);
    compiled.set(type, codec); // before its fields: one of them may hold the type itself
    for (const field of type.fields) codec.add(field, fieldCodec(field, type, compile, unknown));
    for (const number of type.ignored) codec.accept(number, ignoredField(number));
    return codec;
  };
  return compile;
}

type CompileMessage = (type: MessageType) => MessageCodec;

function fieldCodec(field: MessageField, of: MessageType, compile: CompileMessage, unknown: OnUnknown): FieldCodec {
  const { type } = field;
  if (type.kind === "list") return listField(field, elementCodec(type.element, field, compile, unknown));
  if (type.kind === "map")
    return mapField(field, mapCodec(field, type, elementCodec(type.value, field, compile, unknown), unknown));
  return singularField(field, elementCodec(type, field, compile, unknown), siblingsOf(field, of));
}

function elementCodec(
  type: ElementType,
  field: MessageField,
  compile: CompileMessage,
  unknown: OnUnknown,
): ElementCodec {
  if (type.kind !== "message")
    return field.wire.wrapper ? wrapperCodec(type, unknown) : scalarCodec(type, field.wire.encoding, unknown);
  const codec = compile(type.message);
  return field.wire.encoding === "group" ? groupElement(codec, field.number) : messageElement(codec);
}

function siblingsOf(field: MessageField, of: MessageType): readonly number[] {
  if (field.oneof === undefined) return [];
  return of.fields.filter((other) => other.oneof === field.oneof && other !== field).map((other) => other.ordinal);
}

/** Field numbers up to here are looked up in an array. */
const DENSE = 1_023;

class MessageCodec implements RecordCodec {
  readonly type: MessageType;
  readonly #unknown: OnUnknown;
  readonly #blank: MutableRecord = [];
  readonly #dense: (FieldCodec | undefined)[] = [];
  readonly #sparse = new Map<number, FieldCodec>();
  /** By number, with the ordinal. */
  readonly #writers: { readonly ordinal: number; readonly field: FieldCodec }[] = [];

  constructor(type: MessageType, unknown: OnUnknown) {
    this.type = type;
    this.#unknown = unknown;
    for (const _ of type.fields) this.#blank.push(undefined);
    const last = Math.max(0, ...type.fields.map((field) => field.number), ...type.ignored);
    for (let number = 0; number <= Math.min(last, DENSE); number++) this.#dense.push(undefined);
  }

  add(field: MessageField, codec: FieldCodec): void {
    this.accept(field.number, codec);
    this.#writers.push({ ordinal: field.ordinal, field: codec });
    const number = (ordinal: number): number => this.type.fields[ordinal]?.number ?? 0;
    this.#writers.sort((a, b) => number(a.ordinal) - number(b.ordinal));
  }

  accept(number: number, codec: FieldCodec): void {
    if (number <= DENSE) this.#dense[number] = codec;
    else this.#sparse.set(number, codec);
  }

  decode(reader: Reader, end: number): EntityRecord {
    const record = this.blank(reader);
    const outer = reader.enter(end);
    this.fill(reader, record, 0);
    reader.leave(outer);
    return record;
  }

  /** A record with nothing set, for a message that begins here. */
  blank({ meter }: Reader): MutableRecord {
    meter.record(this.#blank.length);
    return this.#blank.slice();
  }

  /** Reads to the end of the message that was entered, or to the end of the group with this number. */
  fill(reader: Reader, record: MutableRecord, group: number): void {
    let field: FieldCodec | undefined;
    try {
      while (group !== 0 || reader.more()) {
        field = undefined;
        const tag = reader.tag();
        const number = tag >>> 3;
        const wireType = tag & 7;
        if (wireType === WIRE.groupEnd) {
          if (number === group) return;
          throw malformed("a group ends that was not begun");
        }
        field = number < this.#dense.length ? this.#dense[number] : this.#sparse.get(number);
        if (!field) this.#unknown(reader, tag, this.type.name);
        else if (!field.read(reader, wireType, record)) throw mistyped(this.type.name, field.name, number);
      }
    } catch (error) {
      throw field ? below(error, field.name) : error;
    }
  }

  encode(record: EntityRecord, writer: Writer, fields?: readonly number[]): void {
    for (const { ordinal, field } of this.#writers) {
      const value = record[ordinal];
      if (value !== undefined && (!fields || fields.includes(ordinal))) field.write(writer, value);
    }
  }
}

function messageElement(codec: MessageCodec): ElementCodec {
  return {
    wireType: WIRE.length,
    read(reader, earlier): Value {
      const record = mutable(earlier) ?? codec.blank(reader);
      const outer = reader.enter(reader.length());
      codec.fill(reader, record, 0);
      reader.leave(outer);
      return record;
    },
    write(writer, value) {
      const mark = writer.open();
      codec.encode(listOf(value), writer);
      writer.close(mark);
    },
  };
}

/** The field writes the tag that ends it. */
function groupElement(codec: MessageCodec, number: number): ElementCodec {
  return {
    wireType: WIRE.group,
    read(reader, earlier): Value {
      const record = mutable(earlier) ?? codec.blank(reader);
      const outer = reader.enter(reader.end);
      codec.fill(reader, record, number);
      reader.leave(outer);
      return record;
    },
    write: (writer, value) => codec.encode(listOf(value), writer),
  };
}
