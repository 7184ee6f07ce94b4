/**
 * Item templates, compiled: the fields of a row → the texts of its keys in a table of many entities, and back. No two values have one
 * text, and texts sort, by code point, as the values do wherever `textOrder` says so.
 *
 * | field | its text |
 * |---|---|
 * | string | as it is, but for what sorts up to `$`, and first characters of the template's literals behind a field: `$` and their code in hexadecimal (`$23`) |
 * | bool | `false`, `true` |
 * | integers (10 or 20 digits), enums by number (10), decimals (all digits, with the point) | digits, zeros before them; negative: `-`, and what lacks to the next power of ten |
 * | timestamp | RFC 3339 in UTC, nine digits |
 * | bytes | hexadecimal |
 * | of another direction than the first field behind the partition | its text as bytes with a 0 behind them, every bit turned, in hexadecimal |
 *
 * So what follows a text in a template, if it begins with a character before `$` such as `#`, sorts before whatever goes on.
 */

import type { EntityModel, IndexModel, ItemTemplate, OrderTerm } from "../model/entity.ts";
import type { FieldType } from "../model/field.ts";
import type { EntityRecord, Value } from "../model/value.ts";

/** Both keys of an item. */
export interface ItemTexts {
  readonly partition: TextTemplate;
  readonly sort: TextTemplate;
}

export interface TextTemplate {
  readonly parts: readonly TemplatePart[];
  /** The fields it names, each once. */
  readonly ordinals: readonly number[];
  /** Undefined where a field is absent, or an empty string or empty bytes: the row has no such key. */
  encode(record: EntityRecord): string | undefined;
  /** The values that a text was made of, by ordinal; undefined for a text that no row has, and where a field is turned. */
  decode(text: string): ReadonlyMap<number, Value> | undefined;
}

export type TemplatePart =
  | { readonly kind: "literal"; readonly text: string }
  | {
      readonly kind: "field";
      readonly ordinal: number;
      readonly type: FieldType;
      readonly turned: boolean;
      readonly ends: ReadonlySet<string>;
    };

export type FieldPart = TemplatePart & { readonly kind: "field" };

/** Of the key or an index that has a template; undefined where it has none. Checked at load (`schema/check/templates.ts`). */
export function itemTexts(entity: EntityModel, index?: IndexModel): ItemTexts | undefined {
  const template = (index ?? entity).item;
  return template && compileItem(entity, template, index?.parts ?? entity.key);
}

/** @param terms of the key or index. An empty sort template is the partition's. */
export function compileItem(entity: EntityModel, template: ItemTemplate, terms: readonly OrderTerm[]): ItemTexts {
  const partition = compileTemplate(entity, template.partition);
  const free = terms.filter(({ ordinal }) => !partition.ordinals.includes(ordinal));
  const turned = new Set(free.filter(({ desc }) => desc !== free[0]?.desc).map(({ ordinal }) => ordinal));
  return {
    partition,
    sort: compileTemplate(entity, template.sort === "" ? template.partition : template.sort, turned),
  };
}

export function compileTemplate(
  entity: EntityModel,
  template: string,
  turned: ReadonlySet<number> = new Set(),
): TextTemplate {
  const pieces = template.split(/(\{[^{}]*\})/u).filter((piece) => piece !== "");
  const ends = new Set(
    pieces.flatMap((piece, i) =>
      i > 0 && isField(pieces[i - 1]) && !isField(piece) ? Array.from(piece).slice(0, 1) : [],
    ),
  );
  const parts = pieces.map((piece): TemplatePart => {
    if (!isField(piece)) return { kind: "literal", text: piece };
    const field = entity.fields.find(({ name }) => name === piece.slice(1, -1));
    if (!field) throw new TypeError(`a template names ${piece}, which is no field of ${entity.name}`);
    const { ordinal, type } = field;
    return { kind: "field", ordinal, type, turned: turned.has(ordinal), ends };
  });
  return {
    parts,
    ordinals: [...new Set(parts.flatMap((part) => (part.kind === "field" ? part.ordinal : [])))],
    encode: (record) => encode(parts, record),
    decode: (text) => decode(parts, text),
  };
}

function isField(piece: string | undefined): boolean {
  return piece?.startsWith("{") === true;
}

function encode(parts: readonly TemplatePart[], record: EntityRecord): string | undefined {
  let text = "";
  for (const part of parts) {
    if (part.kind === "literal") {
      text += part.text;
      continue;
    }
    const value = record[part.ordinal];
    const own = value === undefined ? undefined : fieldText(part, value);
    if (own === undefined) return undefined;
    text += own;
  }
  return text;
}

function decode(parts: readonly TemplatePart[], text: string): ReadonlyMap<number, Value> | undefined {
  const values = new Map<number, Value>();
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (part.kind === "literal") {
      if (!text.startsWith(part.text, at)) return undefined;
      at += part.text.length;
      continue;
    }
    const behind = parts[i + 1];
    const end = behind?.kind === "literal" ? endOf(part, text, at, behind.text) : text.length;
    const own = text.slice(at, end);
    const value = end < 0 ? undefined : fieldValue(part, own);
    const before = values.get(part.ordinal);
    if (value === undefined || (before !== undefined && fieldText(part, before) !== own)) return undefined;
    values.set(part.ordinal, value);
    at = end;
  }
  return at === text.length ? values : undefined;
}

/** Where the literal behind a field stands; -1 where it does not. What is escaped holds no literal, though its digits may look like one. */
function endOf({ type }: FieldPart, text: string, start: number, literal: string): number {
  if (type.kind !== "string") return text.indexOf(literal, start);
  for (let at = start; at < text.length; at++) {
    if (text.startsWith(literal, at)) return at;
    if (text[at] === ESCAPE) at += text[at + 1] === "u" ? 7 : 2;
  }
  return -1;
}

/**
 * The order that texts follow among rows with the same values in the `fixed` fields: undefined where it is the order of no fields.
 * A text that goes on must sort behind one that has ended, so what follows must sort before all that texts hold.
 */
export function textOrder({ parts }: TextTemplate, fixed: ReadonlySet<number>): readonly OrderTerm[] | undefined {
  const terms: OrderTerm[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.kind === "literal" || fixed.has(part.ordinal)) continue;
    if (!keepsOrder(part, parts[i + 1])) return undefined;
    if (!terms.some(({ ordinal }) => ordinal === part.ordinal))
      terms.push({ ordinal: part.ordinal, desc: part.turned });
  }
  return terms;
}

/**
 * Whether texts of a field sort as its values do, with what stands behind it: that must sort before whatever else could follow, and no
 * character may be escaped that sorts behind others which are not.
 */
export function keepsOrder(part: FieldPart, behind: TemplatePart | undefined): boolean {
  if (part.turned || widthsOf(part)) return true;
  const isEnded = !behind || (behind.kind === "literal" && behind.text < ESCAPE);
  return isEnded && (part.type.kind !== "string" || [...part.ends].every((end) => end < ESCAPE));
}

/** Of a field of whose texts none is the beginning of another: the least and the greatest of the usual width, to complete a part of one. */
export function widthsOf({
  type,
  turned,
}: FieldPart): { readonly least: string; readonly greatest: string } | undefined {
  if (turned) return undefined;
  const digits = digitsOf(type);
  if (digits !== undefined) {
    const point = type.kind === "decimal" && type.scale > 0 ? digits - type.scale : undefined;
    return { least: pointed("0".repeat(digits), point), greatest: pointed("9".repeat(digits), point) };
  }
  if (type.kind === "bool") return { least: "false", greatest: "true" };
  if (type.kind !== "timestamp") return undefined;
  return { least: "0001-01-01T00:00:00.000000000Z", greatest: "9999-12-31T23:59:59.999999999Z" };
}

/** Begins what is escaped; all that sorts before it, and itself, is. */
const ESCAPE = "$";

/** Undefined for an empty string and empty bytes. */
export function fieldText(part: FieldPart, value: Value): string | undefined {
  const text = plainText(part, value);
  if (text === undefined || !part.turned) return text;
  const bytes = Buffer.from(`${text}\0`);
  return Buffer.from(bytes.map((byte) => ~byte)).toString("hex");
}

function plainText({ type, ends }: FieldPart, value: Value): string | undefined {
  if (value === "" || (value instanceof Uint8Array && value.length === 0)) return undefined;
  if (typeof value === "string") return escaped(value, ends);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "number" && typeof value !== "bigint")
    throw new TypeError(`a field of kind ${type.kind} has no text in a template`);
  if (type.kind === "timestamp") return momentText(BigInt(value));
  const digits = digitsOf(type);
  if (digits === undefined) throw new TypeError(`a field of kind ${type.kind} has no text in a template`);
  const text = numberText(BigInt(value), digits);
  return pointed(text, type.kind === "decimal" && type.scale > 0 ? text.length - type.scale : undefined);
}

/** Of a text that `fieldText` makes; undefined for others. */
export function fieldValue(part: FieldPart, text: string): Value | undefined {
  if (part.turned) return undefined;
  const value = readValue(part.type, text);
  return value !== undefined && fieldText(part, value) === text ? value : undefined;
}

function readValue(type: FieldType, text: string): Value | undefined {
  switch (type.kind) {
    case "string": {
      const value = unescaped(text);
      return value.includes("\0") ? undefined : value; // no string of a row holds one
    }
    case "bytes":
      return Uint8Array.from(Buffer.from(text, "hex"));
    case "bool":
      return text === "true";
    case "timestamp":
      return momentOf(text);
    case "int32":
    case "enum":
      return within(numberOf(text), -(2n ** 31n), 2n ** 31n - 1n, Number);
    case "uint32":
      return within(numberOf(text), 0n, 2n ** 32n - 1n, Number);
    case "int64":
      return within(numberOf(text), -(2n ** 63n), 2n ** 63n - 1n, same);
    case "uint64":
      return within(numberOf(text), 0n, 2n ** 64n - 1n, same);
    case "decimal":
      return numberOf(text.replace(".", ""));
    case "float":
    case "double":
    case "duration":
    case "message":
    case "list":
    case "map":
      return undefined;
  }
}

function within<To>(
  number: bigint | undefined,
  least: bigint,
  most: bigint,
  to: (number: bigint) => To,
): To | undefined {
  return number === undefined || number < least || number > most ? undefined : to(number);
}

function same(number: bigint): bigint {
  return number;
}

/** Of the kinds that are written as digits. */
const DIGITS: { readonly [Kind in FieldType["kind"]]?: number } = {
  int32: 10,
  uint32: 10,
  enum: 10,
  int64: 20,
  uint64: 20,
};

function digitsOf(type: FieldType): number | undefined {
  return type.kind === "decimal" ? type.precision : DIGITS[type.kind];
}

function numberText(number: bigint, digits: number): string {
  if (number >= 0n) return String(number).padStart(digits, "0");
  return `-${String(10n ** BigInt(digits) + number).padStart(digits, "0")}`;
}

function numberOf(text: string): bigint | undefined {
  const [, sign, digits = ""] = /^(-?)(\d+)$/u.exec(text) ?? [];
  if (sign === undefined) return undefined;
  return sign === "" ? BigInt(digits) : BigInt(digits) - 10n ** BigInt(digits.length);
}

function pointed(digits: string, point: number | undefined): string {
  return point === undefined ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function escaped(text: string, ends: ReadonlySet<string>): string {
  let out = "";
  for (const character of text) out += character <= ESCAPE || ends.has(character) ? escape(character) : character;
  return out;
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const [mark, digits] = code < 0x100 ? [ESCAPE, 2] : [`${ESCAPE}u`, 6];
  return `${mark}${code.toString(16).padStart(digits, "0")}`;
}

function unescaped(text: string): string {
  return text.replaceAll(/\$(?:u([0-9a-f]{6})|([0-9a-f]{2}))/gu, (whole, long?: string, short?: string) => {
    const code = Number.parseInt(long ?? short ?? "", 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const SECOND = 1_000_000_000n;

/** Nanoseconds since 1970, of the years 1 to 9999. */
function momentText(nanos: bigint): string {
  const rest = ((nanos % SECOND) + SECOND) % SECOND;
  const whole = new Date(Number((nanos - rest) / 1_000_000n)).toISOString();
  return `${whole.slice(0, 19)}.${String(rest).padStart(9, "0")}Z`;
}

function momentOf(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/u.exec(text);
  const milliseconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds / 1000) * SECOND + BigInt(match?.[2] ?? "0");
}
