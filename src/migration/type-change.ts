/** What becomes of stored values when a field's type changes, at every depth; a pure function of the two types. */

import type { EnumType, FieldType, MessageField, MessageType } from "../model/field.ts";
import { scalarChange, type Verdict } from "./scalar-change.ts";
import { typeText } from "./type-text.ts";

/** One difference between two types, or between two messages inside them. */
export interface TypeDifference {
  /** Names below the field, as they are now; empty where the field itself differs. */
  readonly path: readonly string[];
  readonly verdict: Verdict;
  readonly from: string;
  readonly to: string;
}

const ORDER: readonly Verdict["kind"][] = ["same", "renamed", "added", "left", "widened", "narrowed", "impossible"];

/** The gravest of the differences decides. */
export function gravest(differences: readonly TypeDifference[]): Verdict["kind"] {
  return differences.reduce<Verdict["kind"]>(
    (worst, { verdict }) => (ORDER.indexOf(verdict.kind) > ORDER.indexOf(worst) ? verdict.kind : worst),
    "same",
  );
}

/** Every difference; empty where both say the same. */
export function typeDifferences(from: FieldType, to: FieldType): readonly TypeDifference[] {
  const found: TypeDifference[] = [];
  new Comparison(found).types(from, to, []);
  return found;
}

class Comparison {
  readonly #found: TypeDifference[];
  /** Pairs that were compared already: messages may hold themselves. */
  readonly #seen = new Map<MessageType, Set<MessageType>>();

  constructor(found: TypeDifference[]) {
    this.#found = found;
  }

  types(from: FieldType, to: FieldType, path: readonly string[]): void {
    if (from.kind === "list" && to.kind === "list") {
      if (!from.set && to.set) this.#add(path, from, to, { kind: "narrowed", why: "no element may be there twice" });
      return this.types(from.element, to.element, path);
    }
    if (to.kind === "list" && from.kind !== "map") {
      this.#add(path, from, to, { kind: "widened" });
      return this.types(from, to.element, path);
    }
    if (from.kind === "list" && to.kind !== "map") {
      this.#add(path, from, to, { kind: "narrowed", why: "only a list of one element is a single value" });
      return this.types(from.element, to, path);
    }
    if (from.kind === "map" && to.kind === "map") {
      this.types(from.key, to.key, path);
      return this.types(from.value, to.value, path);
    }
    if (from.kind === "message" && to.kind === "message") return this.#messages(from.message, to.message, path);
    if (from.kind === "enum" && to.kind === "enum") return this.#enums(from.enum, to.enum, path);
    const verdict = scalarChange(from, to);
    if (verdict.kind !== "same") this.#add(path, from, to, verdict);
  }

  #messages(from: MessageType, to: MessageType, path: readonly string[]): void {
    if (this.#seen.get(from)?.has(to)) return;
    this.#seen.set(from, (this.#seen.get(from) ?? new Set<MessageType>()).add(to));
    if (from.name !== to.name && !isRenamed(from, to)) {
      return this.#say(path, from.name, to.name, {
        kind: "impossible",
        instead: "another message is another field: give it a new number, and reserve the old one",
      });
    }
    for (const field of to.fields) {
      const earlier = from.fields.find(({ number }) => number === field.number);
      if (earlier) this.#field(earlier, field, path);
      else this.#say([...path, field.name], "nothing", typeText(field.type), { kind: "added" });
    }
    for (const field of from.fields) {
      if (to.fields.some(({ number }) => number === field.number)) continue;
      this.#say([...path, field.name], typeText(field.type), "nothing", { kind: "left" });
    }
    for (const name of joinedMembers(from.fields, to.fields)) {
      this.#say([...path, name], "a field beside others", "a member of one oneof with them", JOINED);
    }
  }

  #field(from: MessageField, to: MessageField, path: readonly string[]): void {
    const inner = [...path, to.name];
    if (from.name !== to.name) this.#say(inner, from.name, to.name, { kind: "renamed" });
    this.types(from.type, to.type, inner);
  }

  #enums(from: EnumType, to: EnumType, path: readonly string[]): void {
    const now = new Map(to.values.map(({ number, name }) => [number, name]));
    const moved = from.values.find(({ number, name }) =>
      to.values.some((value) => value.name === name && value.number !== number),
    );
    if (moved) {
      return this.#say(path, `${from.name}.${moved.name} = ${moved.number}`, `another number in ${to.name}`, {
        kind: "impossible",
        instead: "numbers are what is stored: give the value its number back, and add a new one under a new name",
      });
    }
    const gone = from.values.filter(({ number }) => !now.has(number));
    if (gone.length > 0) {
      const names = gone.map(({ name }) => name).join(", ");
      return this.#say(path, `${from.name} with ${names}`, `${to.name} without`, {
        kind: "narrowed",
        why: `no row may hold ${names}`,
      });
    }
    const isOther = from.name !== to.name && from.values.some(({ number, name }) => now.get(number) !== name);
    if (isOther) {
      return this.#say(path, from.name, to.name, {
        kind: "impossible",
        instead: "another enum is another field: give it a new number, and reserve the old one",
      });
    }
    const renamed = from.values.filter(({ number, name }) => now.get(number) !== name);
    for (const { number, name } of renamed) {
      this.#say(path, `${from.name}.${name}`, `${to.name}.${now.get(number) ?? ""}`, { kind: "renamed" });
    }
    if (to.values.length > from.values.length) {
      this.#say(path, `${from.values.length} values`, `${to.values.length} values`, { kind: "added" });
    }
  }

  #add(path: readonly string[], from: FieldType, to: FieldType, verdict: Verdict): void {
    this.#say(path, typeText(from), typeText(to), verdict);
  }

  #say(path: readonly string[], from: string, to: string, verdict: Verdict): void {
    this.#found.push({ path, from, to, verdict });
  }
}

/** What a field says of its place in a message, embedded or not. */
type Member = Pick<MessageField, "number" | "name" | "oneof">;

/** Rows may hold several of them, and a oneof holds one. */
export const JOINED: Verdict = {
  kind: "impossible",
  instead: "rows may hold several of them: give the members of the oneof new numbers",
};

/** Fields that are in one oneof now with another that was outside of it before. */
export function joinedMembers(from: readonly Member[], to: readonly Member[]): readonly string[] {
  const earlier = new Map(from.map((field) => [field.number, field]));
  return to.flatMap(({ number, name, oneof }) => {
    const before = earlier.get(number);
    if (!before || oneof === undefined) return [];
    const isJoined = to.some((other) => {
      const otherBefore = earlier.get(other.number);
      if (other.number >= number || other.oneof !== oneof || !otherBefore) return false;
      return before.oneof === undefined || before.oneof !== otherBefore.oneof;
    });
    return isJoined ? [name] : [];
  });
}

/** Whether only the message's own name is another; the earlier one may have members from before it. */
function isRenamed(from: MessageType, to: MessageType): boolean {
  return (
    to.fields.length > 0 &&
    to.fields.every(({ number, name, type }) => {
      const earlier = from.fields.find((field) => field.number === number);
      return earlier?.name === name && earlier.type.kind === type.kind;
    }) &&
    !from.name.startsWith("google.protobuf.") &&
    !to.name.startsWith("google.protobuf.")
  );
}
