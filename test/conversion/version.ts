/** The entity of a history as one version declares it, and how a version becomes the next. */

import type { EntityModel } from "../../src/model/entity.ts";
import { entityOf, type FieldRow } from "../unit/migration/entities.ts";
import { alwaysPresence, simpleKinds, typeOf, type Declared, type Kind, type Part, type Simple } from "./kinds.ts";
import type { Random } from "./random.ts";

export interface DeclaredIndex {
  readonly name: string;
  readonly numbers: readonly number[];
  readonly unique: boolean;
}

export interface Version {
  readonly fields: readonly Declared[];
  readonly indexes: readonly DeclaredIndex[];
  readonly isTurned: boolean;
  /** One object, by which its processes know it. */
  readonly entity: EntityModel;
}

type Shape = Omit<Version, "entity">;

export function versionOf(shape: Shape): Version {
  const { fields, indexes, isTurned } = shape;
  const rows = fields.map((field): FieldRow => [field.number, field.name, typeOf(field), { presence: field.presence }]);
  const names = new Map(fields.map(({ number, name }) => [number, name]));
  const entity = entityOf({
    fields: [[1, "id", { kind: "string" }], ...rows, [100, "part", { kind: "int64" }]],
    key: ["id", isTurned ? "part desc" : "part"],
    indexes: indexes.map(({ name, numbers, unique }) => ({
      name,
      unique,
      fields: numbers.map((number) => names.get(number) ?? "id"),
    })),
  });
  return { ...shape, entity };
}

/** What a history has given numbers to, whether still declared or not. */
export interface Numbers {
  next: number;
  readonly given: Map<number, Declared>;
}

export function freshField(random: Random, numbers: Numbers, name?: string): Declared {
  const number = (numbers.next += 1);
  return field(random, number, name ?? `f${number}`);
}

function field(random: Random, number: number, name: string): Declared {
  const kinds: readonly Kind[] = [...simpleKinds, "string", "int32", "d2", "strings", "box", "box"];
  const kind = random.one(kinds);
  const parts = kind === "box" ? [part(random, 1), part(random, 2)] : [];
  return { number, name, kind, presence: presenceOf(kind, random.chance(0.5)), parts };
}

function presenceOf(kind: Kind, wanted: boolean): boolean {
  if (alwaysPresence.has(kind)) return true;
  return kind !== "strings" && wanted;
}

function part(random: Random, number: number): Part {
  return { number, name: `p${number}`, kind: random.one<Simple>(["bool", "int32", "int64", "string", "d2", "d4"]) };
}

/** One or two changes. */
export function changed(random: Random, { fields, indexes, isTurned }: Version, numbers: Numbers): Version {
  let shape: Shape = { fields, indexes, isTurned };
  for (let i = random.chance(0.3) ? 2 : 1; i > 0; i -= 1) shape = oneChange(random, shape, numbers);
  for (const declared of shape.fields) numbers.given.set(declared.number, declared);
  return versionOf(shape);
}

function oneChange(random: Random, shape: Shape, numbers: Numbers): Shape {
  const { fields, indexes } = shape;
  const at = random.one(fields);
  const replaced = (next: Partial<Declared>): Shape => ({
    ...shape,
    fields: fields.map((declared) => (declared === at ? { ...declared, ...next } : declared)),
  });
  switch (random.below(15)) {
    case 0:
      return { ...shape, fields: [...fields, freshField(random, numbers)] };
    case 1:
    case 2:
      if (fields.length < 2) return { ...shape, fields: [...fields, freshField(random, numbers)] };
      return {
        ...shape,
        fields: fields.filter((declared) => declared !== at),
        indexes: indexes.filter((index) => !index.numbers.includes(at.number)),
      };
    case 3:
      return replaced({ name: `r${random.below(1_000_000)}` });
    case 4:
    case 5:
    case 6:
      return retyped(random, shape, at);
    case 7:
      return replaced({ presence: presenceOf(at.kind, !at.presence) });
    case 8: {
      const renamed = replaced({ name: `s${random.below(1_000_000)}` });
      return { ...renamed, fields: [...renamed.fields, freshField(random, numbers, at.name)] };
    }
    case 9: {
      const gone = [...numbers.given.values()].filter(({ number }) => !fields.some((found) => found.number === number));
      if (gone.length === 0) return { ...shape, fields: [...fields, freshField(random, numbers)] };
      const back = random.one(gone);
      const isTaken = fields.some(({ name }) => name === back.name);
      const name = isTaken ? `b${random.below(1_000_000)}` : back.name;
      return { ...shape, fields: [...fields, random.chance(0.6) ? { ...back, name } : field(random, back.number, name)] };
    }
    case 10:
    case 11: {
      const box = fields.find(({ kind }) => kind === "box");
      if (!box) return { ...shape, fields: [...fields, freshField(random, numbers)] };
      const boxes = fields.map((declared) => (declared === box ? { ...box, parts: changedParts(random, box.parts) } : declared));
      return { ...shape, fields: boxes };
    }
    case 12:
      return { ...shape, indexes: indexes.length > 0 && random.chance(0.5) ? indexes.slice(1) : indexed(random, shape) };
    case 13:
      return { ...shape, isTurned: !shape.isTurned };
    default: {
      const other = random.one(fields);
      const swapped = fields.map((declared) => (declared === at ? { ...at, name: other.name } : declared === other ? { ...other, name: at.name } : declared));
      return { ...shape, fields: swapped };
    }
  }
} // prettier-ignore

function retyped(random: Random, shape: Shape, at: Declared): Shape {
  const kind = random.one<Kind>([...simpleKinds, ...(at.kind === "string" ? (["strings"] as const) : []), ...(at.kind === "strings" ? (["string", "string"] as const) : [])]);
  const isIndexed = kind === "strings" || kind === "box";
  return {
    ...shape,
    fields: shape.fields.map((declared) => (declared === at ? { ...at, kind, presence: presenceOf(kind, at.presence), parts: [] } : declared)),
    indexes: isIndexed ? shape.indexes.filter((index) => !index.numbers.includes(at.number)) : shape.indexes,
  };
} // prettier-ignore

function indexed(random: Random, { fields, indexes }: Shape): readonly DeclaredIndex[] {
  const fit = fields.filter(({ kind }) => kind !== "box" && kind !== "strings" && kind !== "float" && kind !== "double");
  if (fit.length === 0) return indexes;
  const name = random.one(["by_one", "by_two"]);
  const index = { name, numbers: [random.one(fit).number], unique: random.chance(0.5) };
  return [...indexes.filter((found) => found.name !== name), index];
} // prettier-ignore

function changedParts(random: Random, parts: readonly Part[]): readonly Part[] {
  const at = random.one(parts);
  const number = 1 + random.below(4);
  const others = parts.filter((found) => found.number !== number);
  switch (random.below(4)) {
    case 0:
      return parts.map((found) => (found === at ? { ...at, name: `q${random.below(1_000_000)}` } : found));
    case 1:
      return parts.length < 2 ? parts : parts.filter((found) => found !== at);
    case 2:
      return [...others, part(random, number)].toSorted((a, b) => a.number - b.number);
    default:
      return parts.map((found) => (found === at ? { ...at, kind: at.kind === "int32" ? "int64" : at.kind === "d2" ? "d4" : at.kind } : found)); // prettier-ignore
  }
}
