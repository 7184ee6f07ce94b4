/** A type as it is now, with the members that its messages had before: rows still hold them, and a number means one thing. */

import type { ElementType, FieldType, MessageField, MessageType } from "../model/field.ts";

export function unionType(before: FieldType, now: FieldType): FieldType {
  return new Union().type(before, now);
}

class Union {
  readonly #made = new Map<MessageType, Map<MessageType, MessageType>>();

  type(before: FieldType, now: FieldType): FieldType {
    const inner = before.kind === "list" ? before.element : before.kind === "map" ? before.value : before;
    if (now.kind === "list") return { ...now, element: this.#element(inner, now.element) };
    if (now.kind === "map") return { ...now, value: this.#element(inner, now.value) };
    return this.#element(inner, now);
  }

  #element(before: ElementType, now: ElementType): ElementType {
    if (before.kind !== "message" || now.kind !== "message") return now;
    return { kind: "message", message: this.#message(before.message, now.message) };
  }

  #message(before: MessageType, now: MessageType): MessageType {
    const byNow = this.#made.get(before) ?? new Map<MessageType, MessageType>();
    this.#made.set(before, byNow);
    const known = byNow.get(now);
    if (known) return known;
    const fields: MessageField[] = [];
    const message: MessageType = { ...now, fields };
    byNow.set(now, message); // before its fields: one of them may be the message itself
    const left = before.fields.filter(({ number }) => !now.fields.some((field) => field.number === number));
    for (const field of [...now.fields, ...left].toSorted((a, b) => a.number - b.number)) {
      const earlier = before.fields.find(({ number }) => number === field.number);
      const type = earlier && earlier !== field ? this.type(earlier.type, field.type) : field.type;
      fields.push({ ...field, ordinal: fields.length, type });
    }
    return message;
  }
}
