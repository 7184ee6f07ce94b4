/**
 * A look at the tags of a large message before it is decoded: a few megabytes can hold millions of tiny fields, whose
 * decoding would block every other call for seconds. It follows the shape of the message, because bytes alone do not
 * tell a message from text.
 */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { ElementType, MessageField, MessageType } from "../../model/field.ts";
import { FILTER_SHIFT, GROUP } from "./filter.ts";
import { DEEPEST, WIRE } from "./reader.ts";

/** Messages up to this size are decoded unseen. */
const UNSEEN = 64 * 1024;
const MOST_FIELDS = 50_000;

/** The fields of a message that are messages, by number. */
export interface Shape {
  readonly messages: ReadonlyMap<number, Shape>;
}

/** A message whose fields are counted, but hold no messages that matter. */
export const PLAIN_SHAPE: Shape = { messages: new Map() };

/** MESSAGE_TOO_COMPLEX when there are more than 50,000 fields. Bytes that are no protobuf are left for the decoder to refuse. */
export function prescan(bytes: Uint8Array, shape: Shape): void {
  if (bytes.length <= UNSEEN) return;
  const ends = [bytes.length];
  const shapes = [shape];
  let fields = 0;
  for (let at = 0; ;) {
    while (ends.length > 0 && at >= (ends.at(-1) ?? 0)) {
      ends.pop();
      shapes.pop();
    }
    const end = ends.at(-1);
    if (end === undefined || ends.length > DEEPEST + 1) return;
    const tag = readVarint(bytes, at);
    at = tag.next;
    if (++fields > MOST_FIELDS)
      throw new Fault("MESSAGE_TOO_COMPLEX", `A request may hold ${MOST_FIELDS} fields; split it into smaller ones.`);
    const wireType = tag.value % 8;
    const inner = shapes.at(-1)?.messages.get(Math.floor(tag.value / 8));
    if (wireType === WIRE.varint) at = readVarint(bytes, at).next;
    else if (wireType === WIRE.fixed64) at += 8;
    else if (wireType === WIRE.fixed32) at += 4;
    else if (wireType === WIRE.length) {
      const length = readVarint(bytes, at);
      at = length.next;
      if (inner) {
        ends.push(Math.min(end, at + length.value));
        shapes.push(inner);
      } else at += length.value;
    } else if (wireType === WIRE.group) {
      ends.push(end);
      shapes.push(inner ?? PLAIN_SHAPE);
    } else if (wireType === WIRE.groupEnd) {
      ends.pop();
      shapes.pop();
    } else return;
  }
}

/** As a number, rounded when hostile; more than ten bytes run out as if the message had ended. */
function readVarint(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let factor = 1;
  for (let at = start; at < start + 10; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, next: at + 1 };
    factor *= 128;
  }
  return { value, next: Infinity };
}

/** Of an entity, or any message of the model. */
export function recordShape(type: MessageType): Shape {
  return shapeOf(type, new Map());
}

/** Of an entity's Filter. */
export function filterShape(entity: EntityModel): Shape {
  const messages = new Map<number, Shape>();
  const shape: Shape = { messages };
  for (const number of Object.values(GROUP)) messages.set(number, shape);
  for (const field of entity.fields) messages.set(field.number + FILTER_SHIFT, PLAIN_SHAPE);
  return shape;
}

function shapeOf(type: MessageType, known: Map<MessageType, Shape>): Shape {
  const earlier = known.get(type);
  if (earlier) return earlier;
  const messages = new Map<number, Shape>();
  const shape: Shape = { messages };
  known.set(type, shape); // before its fields: one of them may hold the type itself
  for (const field of type.fields) {
    const inner = fieldShape(field, known);
    if (inner) messages.set(field.number, inner);
  }
  return shape;
}

function fieldShape({ type, wire }: MessageField, known: Map<MessageType, Shape>): Shape | undefined {
  if (type.kind === "map") {
    const value = elementShape(type.value, wire.wrapper, known);
    return { messages: value ? new Map([[2, value]]) : new Map() };
  }
  return elementShape(type.kind === "list" ? type.element : type, wire.wrapper, known);
}

function elementShape(type: ElementType, wrapper: boolean, known: Map<MessageType, Shape>): Shape | undefined {
  if (type.kind === "message") return shapeOf(type.message, known);
  return wrapper || type.kind === "timestamp" || type.kind === "duration" ? PLAIN_SHAPE : undefined;
}
