/**
 * The messages and enums of a contract, each definition once. One name may have several: a field that is no longer declared keeps the
 * definition its values were written under, and each gets a number, its form.
 */

import type { EnumType, FieldType, MessageType } from "../model/field.ts";

export interface NamedTypes {
  /** One of each definition, with its form among those of its name; in the order of their first use. */
  readonly messages: readonly Formed<MessageType>[];
  readonly enums: readonly Formed<EnumType>[];
  formOf(type: MessageType | EnumType): number;
}

export interface Formed<Type> {
  readonly type: Type;
  /** 0 for the first. */
  readonly form: number;
}

/** Deterministic: equal types in the same order give the same answer. */
export function namedTypes(types: readonly FieldType[]): NamedTypes {
  const found = new Found();
  for (const type of types) found.gather(type);
  const enums = new Map([...found.enums].map((type) => [type, enumText(type)]));
  const messages = classes([...found.messages], enums);
  const forms = new Map<MessageType | EnumType, number>();
  return {
    messages: formed(messages, forms),
    enums: formed(enums, forms),
    formOf: (type) => forms.get(type) ?? 0,
  };
}

class Found {
  readonly messages = new Set<MessageType>();
  readonly enums = new Set<EnumType>();

  gather(type: FieldType): void {
    if (type.kind === "list") return this.gather(type.element);
    if (type.kind === "map") return this.gather(type.value);
    if (type.kind === "enum") this.enums.add(type.enum);
    if (type.kind !== "message" || this.messages.has(type.message)) return;
    this.messages.add(type.message);
    for (const field of byNumber(type.message.fields)) this.gather(field.type);
  }
}

/** Equal text for equal definitions. Messages may hold themselves, so that the text is refined until nothing more is distinguished. */
function classes(messages: readonly MessageType[], enums: ReadonlyMap<EnumType, string>): ReadonlyMap<MessageType, string> {
  let ids = new Map(messages.map((message) => [message, message.name]));
  for (let count = 0, next = new Set(ids.values()).size; next > count;) {
    count = next;
    const numbers = new Map<string, string>();
    const refined = messages.map((message): [MessageType, string] => {
      const text = messageText(message, ids, enums);
      const id = numbers.get(text) ?? String(numbers.size);
      numbers.set(text, id);
      return [message, id];
    });
    ids = new Map(refined);
    next = numbers.size;
  }
  return ids;
} // prettier-ignore

function messageText(message: MessageType, ids: ReadonlyMap<MessageType, string>, enums: ReadonlyMap<EnumType, string>): string {
  const typeText = (type: FieldType): unknown => {
    if (type.kind === "list") return [type.kind, type.set, typeText(type.element)];
    if (type.kind === "map") return [type.kind, type.key.kind, typeText(type.value)];
    if (type.kind === "message") return [type.kind, ids.get(type.message)];
    return type.kind === "enum" ? [type.kind, enums.get(type.enum)] : type;
  };
  const fields = byNumber(message.fields).map(({ number, name, type, presence, oneof }) => [number, name, typeText(type), presence, oneof]);
  return JSON.stringify([message.name, fields]);
} // prettier-ignore

function enumText({ name, values }: EnumType): string {
  return JSON.stringify([name, byNumber(values).map((value) => [value.number, value.name])]);
}

function formed<Type extends MessageType | EnumType>(
  ids: ReadonlyMap<Type, string>,
  forms: Map<MessageType | EnumType, number>,
): readonly Formed<Type>[] {
  const firsts = new Map<string, Formed<Type>>();
  const counts = new Map<string, number>();
  for (const [type, id] of ids) {
    const first = firsts.get(id) ?? { type, form: counts.get(type.name) ?? 0 };
    if (!firsts.has(id)) counts.set(type.name, first.form + 1);
    firsts.set(id, first);
    forms.set(type, first.form);
  }
  return [...firsts.values()];
}

function byNumber<Item extends { readonly number: number }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((a, b) => a.number - b.number);
}
