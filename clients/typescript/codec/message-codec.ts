/** Messages by their tables: each is compiled once, when it is first used. */

import type { FieldTable, MessageTable } from "../schema/tables.ts";
import { ValueError } from "../value/value-error.ts";
import { MalformedError, Reader } from "./reader.ts";
import { elementScalar, keyFromText, scalarOf, type Scalar } from "./scalar.ts";
import type { Writer } from "./writer.ts";

/** A value that does not fit, with the way to it. */
export class FieldError extends Error {
  readonly path: string;
  readonly reason: string;
  readonly problem: string;

  constructor(path: string, reason: string, problem: string) {
    super(`${path} ${problem}`);
    this.path = path;
    this.reason = reason;
    this.problem = problem;
  }
}

export interface MessageCodec {
  readonly table: MessageTable;
  /** By name, as callers write it. */
  readonly fields: ReadonlyMap<string, FieldCodec>;
  /** Without a length. `leave`: names that are not written. @throws FieldError */
  write(writer: Writer, value: object, leave?: ReadonlySet<string>): void;
  /** @throws MalformedError */
  read(reader: Reader, end: number): Readonly<Record<string, unknown>>;
}

export interface FieldCodec {
  readonly table: FieldTable;
  /** With its tag. @throws ValueError, FieldError */
  write(writer: Writer, value: unknown): void;
  /** With its tag, also where it is zero. */
  writeAlways(writer: Writer, value: unknown): void;
  /** Of the field as it is so far; answers it with what was read. */
  read(reader: Reader, tag: number, found: unknown): unknown;
  /** What an answer holds where nothing was sent; undefined for absent. */
  readonly zero: unknown;
}

const codecs = new WeakMap<MessageTable, MessageCodec>();

export function codecOf(table: MessageTable): MessageCodec {
  const known = codecs.get(table);
  if (known) return known;
  const made = compile(table);
  codecs.set(table, made);
  return made;
}

export function readMessage(table: MessageTable, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return codecOf(table).read(new Reader(bytes), bytes.length);
}

function compile(table: MessageTable): MessageCodec {
  const fields = new Map(table.fields.map((field) => [field.name, fieldCodec(field)]));
  const ordered = [...fields];
  const byNumber = new Map(ordered.map(([name, codec]) => [codec.table.number, { name, codec }]));
  const template: Record<string, unknown> = {};
  for (const [name, { zero }] of ordered) if (zero !== undefined) template[name] = zero;
  const oneofs = table.fields.filter(({ oneof }) => oneof !== undefined);
  return {
    table,
    fields,
    write: (writer, value, leave) => {
      requireObject(value, table);
      for (const name of Object.keys(value))
        if (!fields.has(name) && Reflect.get(value, name) !== undefined)
          throw new FieldError(name, "FIELD_UNKNOWN", `is no field of ${table.name}`);
      if (oneofs.length > 0) requireOne(value, oneofs);
      let at = "";
      try {
        for (const [name, codec] of ordered) {
          const member: unknown = Reflect.get(value, name);
          if (member === undefined || leave?.has(name) === true) continue;
          at = name;
          codec.write(writer, member);
        }
      } catch (error) {
        throw placed(at, error);
      }
    },
    read: (reader, end) => {
      const message: Record<string, unknown> = { ...template };
      while (reader.at < end) {
        const tag = reader.uint32();
        const known = byNumber.get(tag >>> 3);
        if (!known) reader.skip(tag);
        else {
          if (known.codec.table.oneof !== undefined) clearOneof(message, known.codec.table, oneofs);
          message[known.name] = known.codec.read(reader, tag, message[known.name]);
        }
      }
      if (reader.at !== end) throw new MalformedError("a message reaches beyond its end");
      return message;
    },
  };
}

function requireObject(value: unknown, { name }: MessageTable): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new ValueError("FIELD_INVALID", `is a ${name}: write an object`);
}

function requireOne(value: object, oneofs: readonly FieldTable[]): void {
  const found = new Map<string, string>();
  for (const { name, oneof = "" } of oneofs) {
    if (Reflect.get(value, name) === undefined) continue;
    const other = found.get(oneof);
    if (other !== undefined) throw new FieldError(name, "FIELD_INVALID", `cannot be set together with ${other}`);
    found.set(oneof, name);
  }
}

function clearOneof(message: Record<string, unknown>, field: FieldTable, oneofs: readonly FieldTable[]): void {
  for (const other of oneofs) if (other.oneof === field.oneof && other !== field) delete message[other.name];
}

/** Says where a value stands that does not fit. */
export function within<Result>(name: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw placed(name, error);
  }
}

function placed(name: string, error: unknown): unknown {
  if (error instanceof ValueError) return new FieldError(name, error.reason, error.message);
  if (!(error instanceof FieldError)) return error;
  const path = error.path === "" ? name : `${name}${error.path.startsWith("[") ? "" : "."}${error.path}`;
  return new FieldError(path, error.reason, error.problem);
}

function fieldCodec(table: FieldTable): FieldCodec {
  const element = elementOf(table);
  if (table.map !== undefined) return mapCodec(table, scalarOf(table.map), element);
  if (table.list) return listCodec(table, element);
  const { number } = table;
  const writeAlways = (writer: Writer, value: unknown): void => {
    writer.tag(number, element.wireType);
    element.write(writer, value);
  };
  const hasPresence =
    table.presence === true || table.oneof !== undefined || element.zero === undefined || table.kind === "decimal";
  return {
    table,
    writeAlways,
    write: hasPresence
      ? writeAlways
      : (writer, value) => {
          if (!element.isZero(value)) writeAlways(writer, value);
        },
    read: (reader, tag) => {
      requireType(tag, element);
      return element.read(reader);
    },
    zero: hasPresence ? undefined : table.kind === "bytes" ? new Uint8Array() : element.zero,
  };
}

/** Two messages of one singular field would be merged; a sidecar never sends them. */
function elementOf(table: FieldTable): Scalar {
  if (table.kind === "message") return messageElement(table);
  const scalar = elementScalar(table);
  if (!scalar) throw new TypeError(`${table.name} has no kind`);
  return table.kind !== "enum" && table.wrapper ? wrapped(scalar) : scalar;
}

function messageElement({ message, number, group }: Extract<FieldTable, { kind: "message" }>): Scalar {
  const codec = (): MessageCodec => codecOf(message());
  return {
    wireType: 2,
    write: (writer, value) => {
      if (group) throw new ValueError("FIELD_INVALID", "is a group, which this client does not write");
      if (typeof value !== "object" || value === null)
        throw new ValueError("FIELD_INVALID", "is a message: write an object");
      const start = writer.begin();
      codec().write(writer, value);
      writer.end(start);
    },
    read: (reader) => {
      if (group) throw new MalformedError(`field ${number} is a group`);
      return codec().read(reader, reader.end());
    },
    zero: undefined,
    isZero: () => false,
  };
}

/** google.protobuf.StringValue and its kin: a message whose field 1 is the value. */
function wrapped(scalar: Scalar): Scalar {
  return {
    wireType: 2,
    write: (writer, value) => {
      const start = writer.begin();
      writer.tag(1, scalar.wireType);
      scalar.write(writer, value);
      writer.end(start);
    },
    read: (reader) => {
      const end = reader.end();
      let value = scalar.zero;
      while (reader.at < end) {
        const tag = reader.uint32();
        if (tag >>> 3 === 1) value = scalar.read(reader);
        else reader.skip(tag);
      }
      return value;
    },
    zero: undefined,
    isZero: () => false,
  };
}

function requireType(tag: number, { wireType }: Scalar): void {
  if ((tag & 7) !== wireType) throw new MalformedError(`field ${tag >>> 3} has another wire type than its own`);
}

const empty: readonly unknown[] = Object.freeze([]);

function listCodec(table: FieldTable, element: Scalar): FieldCodec {
  const write = (writer: Writer, value: unknown): void => {
    if (!Array.isArray(value)) throw new ValueError("FIELD_INVALID", "is a list: write an array");
    for (const [i, member] of value.entries()) {
      writer.tag(table.number, element.wireType);
      within(`[${i}]`, () => element.write(writer, member));
    }
  };
  return {
    table,
    write,
    writeAlways: write,
    read: (reader, tag, found) => {
      const list: unknown[] = Array.isArray(found) && found !== empty ? found : [];
      if ((tag & 7) === 2 && element.wireType !== 2) {
        const end = reader.end();
        while (reader.at < end) list.push(element.read(reader));
      } else {
        requireType(tag, element);
        list.push(element.read(reader));
      }
      return list;
    },
    zero: empty,
  };
}

const emptyMap: object = Object.freeze(Object.create(null));

function mapCodec(table: FieldTable, key: Scalar, element: Scalar): FieldCodec {
  const kind = table.map ?? "string";
  const write = (writer: Writer, value: unknown): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new ValueError("FIELD_INVALID", "is a map: write an object");
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      writer.tag(table.number, 2);
      const start = writer.begin();
      writer.tag(1, key.wireType);
      key.write(writer, keyFromText(kind, name));
      writer.tag(2, element.wireType);
      within(`[${JSON.stringify(name)}]`, () => element.write(writer, member));
      writer.end(start);
    }
  };
  return {
    table,
    write,
    writeAlways: write,
    read: (reader, tag, found) => {
      requireType(tag, { ...element, wireType: 2 });
      const map = found === undefined || found === emptyMap ? Object.create(null) : found;
      const end = reader.end();
      let name = key.zero;
      let value = element.zero;
      while (reader.at < end) {
        const inner = reader.uint32();
        if (inner >>> 3 === 1) name = key.read(reader);
        else if (inner >>> 3 === 2) value = element.read(reader);
        else reader.skip(inner);
      }
      if (value === undefined && table.kind === "message") value = readMessage(table.message(), new Uint8Array());
      map[String(name)] = value;
      return map;
    },
    zero: emptyMap,
  };
}
