/**
 * What a field of a history may be, and what a value means whatever the field is: a number in hundredths, a text, a list of texts, or
 * the members of a message by number. It is told without the planner, whose word is tried against it.
 */

import type { FieldType, MessageType } from "../../src/model/field.ts";
import { isList, type Value } from "../../src/model/value.ts";
import { enumType, message } from "../unit/migration/types.ts";

export type Simple = "bool" | "int32" | "uint32" | "int64" | "uint64" | "float" | "double" | "d2" | "d4" | "d30" | "enum" | "string" | "bytes"; // prettier-ignore
export type Kind = Simple | "strings" | "box";

export type Meaning = bigint | string | readonly string[] | ReadonlyMap<number, bigint | string>;

export interface Declared {
  readonly number: number;
  readonly name: string;
  readonly kind: Kind;
  readonly presence: boolean;
  /** Of a box. */
  readonly parts: readonly Part[];
}

export interface Part {
  readonly number: number;
  readonly name: string;
  readonly kind: Simple;
}

const status = enumType("t.Status", [[0, "UNKNOWN"], [1, "OPEN"], [2, "PAID"], [3, "SHIPPED"]]); // prettier-ignore

const SIMPLE: { readonly [Name in Simple]: Exclude<FieldType, { kind: "list" | "map" | "message" }> } = {
  bool: { kind: "bool" },
  int32: { kind: "int32" },
  uint32: { kind: "uint32" },
  int64: { kind: "int64" },
  uint64: { kind: "uint64" },
  float: { kind: "float" },
  double: { kind: "double" },
  d2: { kind: "decimal", precision: 12, scale: 2 },
  d4: { kind: "decimal", precision: 14, scale: 4 },
  d30: { kind: "decimal", precision: 30, scale: 2 },
  enum: { kind: "enum", enum: status },
  string: { kind: "string" },
  bytes: { kind: "bytes" },
};

export function typeOf({ kind, parts }: Declared): FieldType {
  if (kind === "strings") return { kind: "list", element: { kind: "string" }, set: false };
  return kind === "box" ? { kind: "message", message: boxOf(parts) } : SIMPLE[kind];
}

function boxOf(parts: readonly Part[]): MessageType {
  return message("t.Box", parts.map(({ number, name, kind }) => [number, name, SIMPLE[kind]])); // prettier-ignore
}

/** Fields that are absent whether they are declared so or not. */
export const alwaysPresence: ReadonlySet<Kind> = new Set<Kind>(["d2", "d4", "d30", "box"]);

export const simpleKinds: readonly Simple[] = ["bool", "int32", "uint32", "int64", "uint64", "float", "double", "d2", "d4", "d30", "enum", "string", "bytes"]; // prettier-ignore

const WHOLE: readonly Kind[] = ["int32", "uint32", "int64", "uint64"];
const DECIMAL: readonly Kind[] = ["d2", "d4", "d30"];

/** Whether values of the one can ever be values of the other. */
export function isPossible(from: Kind, to: Kind): boolean {
  const within = (...groups: readonly (readonly Kind[])[]): boolean => groups.some((kinds) => kinds.includes(from) && kinds.includes(to)); // prettier-ignore
  const between = (a: readonly Kind[], b: readonly Kind[]): boolean => (a.includes(from) && b.includes(to)) || (b.includes(from) && a.includes(to)); // prettier-ignore
  return (
    from === to ||
    within(WHOLE, DECIMAL, ["float", "double"], ["string", "bytes"], ["string", "strings"], ["bytes", "strings"]) ||
    between(DECIMAL, [...WHOLE, "string"]) ||
    between(["strings"], DECIMAL) ||
    between(WHOLE, ["bool", "float", "double"]) ||
    between(["enum"], ["int32", "int64"])
  );
}

/** Numbers that are tried: small, with fractions, and the ends of types. */
const NUMBERS: readonly bigint[] = [0n, 100n, 200n, 300n, -100n, 4_200n, 25n, 7n, 1999n, (2n ** 31n - 1n) * 100n, -(2n ** 31n) * 100n, 2n ** 31n * 100n, (2n ** 32n + 1n) * 100n, -(2n ** 40n) * 100n, (2n ** 53n + 1n) * 100n, (2n ** 63n - 1n) * 100n, -(2n ** 63n) * 100n, 2n ** 63n * 100n]; // prettier-ignore
const TEXTS: readonly string[] = ["", "a", "b", "zwölf", "1.50"];

export function meaningsOf(kind: Simple): readonly (bigint | string)[] {
  if (kind === "string" || kind === "bytes") return TEXTS;
  return NUMBERS.filter((number) => fits(kind, number));
}

const RANGES: { readonly [Name in Kind]?: readonly [bigint, bigint] } = {
  bool: [0n, 1n],
  enum: [0n, 3n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** Whether a meaning of one value has a value of the kind. */
export function fits(kind: Kind, meaning: Meaning): boolean {
  if (typeof meaning === "string" && DECIMAL.includes(kind)) {
    const number = hundredthsIn(meaning);
    return number !== undefined && fits(kind, number);
  }
  if (typeof meaning !== "bigint" || kind === "string" || kind === "strings") return true;
  const range = RANGES[kind];
  if (range) return meaning % 100n === 0n && meaning / 100n >= range[0] && meaning / 100n <= range[1];
  if (DECIMAL.includes(kind)) return (meaning < 0n ? -meaning : meaning) < 10n ** (kind === "d30" ? 30n : 12n);
  const number = Number(meaning) / 100;
  const isExact = meaning % 25n === 0n && BigInt(Math.trunc(number * 4)) === meaning / 25n;
  return isExact && (kind === "double" || Math.fround(number) === number);
}

/** What a value of one kind is as one of another: a decimal is written with all digits of its scale. */
export function become(from: Kind, to: Kind, meaning: bigint | string): bigint | string {
  if (typeof meaning === "string") return DECIMAL.includes(to) ? (hundredthsIn(meaning) ?? meaning) : meaning;
  if (to !== "string" && to !== "strings") return meaning;
  const size = meaning < 0n ? -meaning : meaning;
  const fraction = `${String(size % 100n).padStart(2, "0")}${from === "d4" ? "00" : ""}`;
  return `${meaning < 0n ? "-" : ""}${size / 100n}.${fraction}`;
}

function hundredthsIn(text: string): bigint | undefined {
  const parts = /^(-?)(\d+)\.(\d\d)0*$/u.exec(text);
  return parts ? BigInt(`${parts[1]}${parts[2]}${parts[3]}`) : undefined;
}

/** Whether an older process, whose column a newer one widened, has room for it. */
export function reads(kind: Kind, meaning: Meaning): boolean {
  return kind === "enum" && typeof meaning === "bigint" ? fits("int32", meaning) : fits(kind, meaning);
}

export function isZero(meaning: Meaning): boolean {
  return meaning === 0n || meaning === "" || (Array.isArray(meaning) && meaning.length === 0);
}

/** Of a field that is never absent. */
export function zeroOf(kind: Kind): Meaning {
  if (kind === "strings") return [];
  return kind === "string" || kind === "bytes" ? "" : 0n;
}

/** As stores hold it. */
export function valueOf(field: Pick<Declared, "kind" | "parts">, meaning: Meaning): Value {
  if (field.kind !== "box") return simpleValue(field.kind, meaning);
  return field.parts.map(({ number, kind }) => {
    const member = meaning instanceof Map ? meaning.get(number) : undefined;
    return member === undefined ? undefined : simpleValue(kind, member);
  });
}

function simpleValue(kind: Kind, meaning: Meaning): Value {
  if (kind === "strings") return Array.isArray(meaning) ? meaning : [textOf(meaning)];
  if (kind === "string") return textOf(meaning);
  if (kind === "bytes") return new Uint8Array(Buffer.from(textOf(meaning)));
  const hundredths = typeof meaning === "bigint" ? meaning : 0n;
  if (kind === "bool") return hundredths !== 0n;
  if (DECIMAL.includes(kind)) return kind === "d4" ? hundredths * 100n : hundredths;
  return kind === "int64" || kind === "uint64" ? hundredths / 100n : Number(hundredths) / 100;
}

function textOf(meaning: Meaning): string {
  return typeof meaning === "string" ? meaning : "";
}

/** For comparing. */
export function written(value: Value | undefined): string {
  if (value === undefined) return "absent";
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (isList(value)) return `[${value.map(written).join(", ")}]`;
  return typeof value === "object" ? "a map" : `${typeof value} ${String(value)}`;
}
