/** How each kind of field is stored in an attribute: exact both ways, and readable by other programs where the database has the type. */

import { parseTimestamp } from "../../document/moment.ts";
import { documentCodec } from "../../document/document.ts";
import { DocumentError, parseJson } from "../../document/json.ts";
import { decimalFits, decimalText, parseDecimal, rescale } from "../../../model/decimal.ts";
import { Fault } from "../../../model/fault.ts";
import type { ElementType, FieldType } from "../../../model/field.ts";
import { isList, isMap, type Value } from "../../../model/value.ts";
import { fieldText, fieldValue, type FieldPart } from "../../item-template.ts";
import type { AttributeValue } from "../driver.ts";

export interface AttributeCodec {
  /** Undefined where nothing is stored: an empty list or map is no attribute. */
  readonly encode: (value: Value) => AttributeValue | undefined;
  /** @throws DocumentError where the attribute is not what the type says */
  readonly decode: (stored: AttributeValue) => Value;
}

/** Digits that a number of the database holds. */
const MOST_DIGITS = 38;

/** Numbers of the database end here, and begin there; doubles go further. */
const LARGEST = 9.9e125;
const SMALLEST = 1e-130;

export function attributeCodec(type: FieldType): AttributeCodec {
  if (type.kind === "message") return documentAttribute(type);
  if (type.kind === "map") return documentAttribute(type);
  if (type.kind !== "list") return scalarCodec(type);
  return type.element.kind === "message" ? documentAttribute(type) : listCodec(type.element);
}

type Scalar = Exclude<ElementType, { readonly kind: "message" }>;

function scalarCodec(type: Scalar): AttributeCodec {
  switch (type.kind) {
    case "bool":
      return {
        encode: (value) => ({ BOOL: value === true }),
        decode: ({ BOOL }) => given(BOOL, "a boolean"),
      };
    case "int32":
    case "enum":
      return { encode: numberAttribute, decode: (stored) => Number(integerIn(stored, 32n, true)) };
    case "uint32":
      return { encode: numberAttribute, decode: (stored) => Number(integerIn(stored, 32n, false)) };
    case "int64":
      return { encode: numberAttribute, decode: (stored) => integerIn(stored, 64n, true) };
    case "uint64":
      return { encode: numberAttribute, decode: (stored) => integerIn(stored, 64n, false) };
    case "duration":
      return { encode: numberAttribute, decode: (stored) => integerIn(stored, 80n, true) };
    case "float":
    case "double":
      return { encode: doubleAttribute, decode: doubleIn };
    case "decimal":
      return decimalCodec(type.precision, type.scale);
    case "timestamp":
      return { encode: (value) => ({ S: momentText(bigintIn(value)) }), decode: momentIn };
    case "string":
      return { encode: (value) => ({ S: textIn(value) }), decode: ({ S }) => given(S, "a text") };
    case "bytes":
      return {
        encode: (value) => ({ B: bytesIn(value) }),
        decode: ({ B }) => Uint8Array.from(given(B, "bytes")),
      };
  }
}

function listCodec(element: Scalar): AttributeCodec {
  const one = scalarCodec(element);
  return {
    encode: (value) => {
      const elements = isList(value) ? value.filter((each) => each !== undefined) : [];
      return elements.length === 0 ? undefined : { L: elements.flatMap((each) => one.encode(each) ?? []) };
    },
    decode: ({ L }) => given(L, "a list").map((each) => one.decode(each)),
  };
}

/**
 * Messages and maps as one text, JSON by field numbers: a map's keys would be names of members of the answers, which Node 24 may
 * give back wrong (see `../document/json.ts`), and nested attributes end at 32 levels.
 */
function documentAttribute(type: FieldType): AttributeCodec {
  const codec = documentCodec(type);
  const isEmpty = (value: Value): boolean =>
    type.kind !== "message" && (isMap(value) ? value.size === 0 : isList(value) && value.length === 0);
  return {
    encode: (value) => (isEmpty(value) ? undefined : { S: JSON.stringify(codec.encode(value)) }),
    decode: ({ S }) => codec.decode(parseJson(given(S, "a document"))),
  };
}

function numberAttribute(value: Value): AttributeValue {
  if (typeof value !== "bigint" && typeof value !== "number") throw new TypeError("a number expected");
  return { N: String(value) };
}

/** As a text where the database's numbers do not go so far. */
function doubleAttribute(value: Value): AttributeValue {
  const size = Math.abs(Number(value));
  const fits = size === 0 || (size <= LARGEST && size >= SMALLEST);
  return fits ? { N: String(Number(value)) } : { S: String(Number(value)) };
}

function doubleIn({ N, S }: AttributeValue): number {
  const value = Number(given(N ?? S, "a number"));
  if (!Number.isFinite(value)) throw new DocumentError("a stored number is malformed");
  return value;
}

function decimalCodec(precision: number, scale: number): AttributeCodec {
  const isNumber = precision <= MOST_DIGITS;
  const part: FieldPart = {
    kind: "field",
    ordinal: 0,
    type: { kind: "decimal", precision, scale },
    turned: false,
    ends: new Set(),
  };
  return {
    encode: (value) => {
      const unscaled = bigintIn(value);
      return isNumber ? { N: decimalText(unscaled, scale) } : { S: fieldText(part, unscaled) ?? "" };
    },
    decode: ({ N, S }) => {
      const sorted = isNumber || S === undefined ? undefined : fieldValue(part, S);
      if (typeof sorted === "bigint") return sorted;
      const parsed = parseDecimal(plainText(given(N ?? S, "a decimal")));
      if (!parsed) throw new DocumentError("a stored decimal is malformed");
      const { value, exact } = rescale(parsed.unscaled, parsed.scale, scale);
      if (!exact || !decimalFits(value, precision)) throw wider();
      return value;
    },
  };
}

/** The database writes far numbers with an exponent. */
function plainText(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/u.exec(text) ?? [];
  if (whole === "") return text;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const padded = digits.padEnd(point, "0");
  return `${sign}${padded.slice(0, point)}${padded.length > point ? `.${padded.slice(point)}` : ""}`;
}

function integerIn({ N }: AttributeValue, bits: bigint, signed: boolean): bigint {
  const text = plainText(given(N, "a number"));
  if (!/^-?\d+$/u.test(text)) throw new DocumentError("a stored integer is malformed");
  const value = BigInt(text);
  const least = signed ? -(1n << (bits - 1n)) : 0n;
  const most = signed ? (1n << (bits - 1n)) - 1n : (1n << bits) - 1n;
  if (value < least || value > most) throw wider();
  return value;
}

function momentIn({ S }: AttributeValue): bigint {
  const moment = parseTimestamp(given(S, "a timestamp"));
  if (moment === undefined) throw new DocumentError("a stored timestamp is malformed");
  return moment;
}

function wider(): Fault {
  return new Fault("SCHEMA_DRIFT", "the row holds a value that this version of the schema has no room for");
}

function given<Stored>(stored: Stored | undefined, what: string): Stored {
  if (stored === undefined) throw new DocumentError(`${what} expected`);
  return stored;
}

function bigintIn(value: Value): bigint {
  if (typeof value !== "bigint") throw new TypeError("a bigint expected");
  return value;
}

function textIn(value: Value): string {
  if (typeof value !== "string") throw new TypeError("a text expected");
  return value;
}

function bytesIn(value: Value): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError("bytes expected");
  return value;
}

const SECOND = 1_000_000_000n;

/** RFC 3339 with nine digits always, so that texts sort as their times do. */
function momentText(nanos: bigint): string {
  const rest = ((nanos % SECOND) + SECOND) % SECOND;
  const whole = new Date(Number((nanos - rest) / 1_000_000n)).toISOString();
  return `${whole.slice(0, 19)}.${String(rest).padStart(9, "0")}Z`;
}

/** Whether two attributes hold the same; numbers by their text. */
export function sameAttribute(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.B !== undefined && b.B !== undefined) return Buffer.compare(a.B, b.B) === 0;
  if (a.L !== undefined && b.L !== undefined) {
    const others = b.L;
    return a.L.length === others.length && a.L.every((each, i) => sameAttribute(each, others[i]));
  }
  return a.S === b.S && a.N === b.N && a.BOOL === b.BOOL && a.B === b.B && a.L === b.L;
}

/** Bytes that the database counts for an attribute's value, about: never fewer. */
export function attributeBytes(stored: AttributeValue): number {
  if (stored.S !== undefined) return Buffer.byteLength(stored.S);
  if (stored.B !== undefined) return stored.B.length;
  if (stored.N !== undefined) return Math.ceil(stored.N.length / 2) + 2;
  if (stored.L !== undefined) return stored.L.reduce((sum, each) => sum + attributeBytes(each) + 1, 3);
  return 1;
}
