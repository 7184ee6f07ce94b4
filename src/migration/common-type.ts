/** The part of an earlier type that the type now knows, so that what it does not know stays unread, and is carried along. */

import type { ElementType, FieldType, MessageField, MessageType } from "../model/field.ts";

export function commonType(from: FieldType, to: FieldType): FieldType {
  return new Pruning().type(from, to);
}

class Pruning {
  readonly #made = new Map<MessageType, Map<MessageType, MessageType>>();

  type(from: FieldType, to: FieldType): FieldType {
    if (from.kind === "list")
      return { ...from, element: this.#element(from.element, to.kind === "list" ? to.element : to) };
    if (from.kind === "map") return { ...from, value: this.#element(from.value, to.kind === "map" ? to.value : to) };
    return this.#element(from, to.kind === "list" ? to.element : to);
  }

  #element(from: ElementType, to: FieldType): ElementType {
    if (from.kind !== "message" || to.kind !== "message") return from;
    return { kind: "message", message: this.#message(from.message, to.message) };
  }

  #message(from: MessageType, to: MessageType): MessageType {
    const byTo = this.#made.get(from) ?? new Map<MessageType, MessageType>();
    this.#made.set(from, byTo);
    const known = byTo.get(to);
    if (known) return known;
    const fields: MessageField[] = [];
    const message: MessageType = { ...from, fields };
    byTo.set(to, message); // before its fields: one of them may be the message itself
    for (const field of from.fields) {
      const now = to.fields.find(({ number }) => number === field.number);
      if (now) fields.push({ ...field, ordinal: fields.length, type: this.type(field.type, now.type) });
    }
    return message;
  }
}
