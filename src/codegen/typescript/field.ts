/** One field: its types as it is answered, written, changed and asked for, and its entry in the table. */

import { ScalarType, type DescEnum, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import type { Annotations } from "../../schema/annotations.ts";
import { wrapped } from "../../schema/well-known.ts";
import { propertyName } from "./names.ts";

/** How a module names what its fields are made of. */
export interface Naming {
  /** A type of `pannier/client`. */
  readonly client: (name: string) => string;
  message(message: DescMessage): string;
  messageInit(message: DescMessage): string;
  /** The table of a message, as a value. */
  messageTable(message: DescMessage): string;
  enum(type: DescEnum): string;
  enumTable(type: DescEnum): string;
}

export interface FieldText {
  readonly desc: DescField;
  /** As callers write it. */
  readonly name: string;
  /** Whether it may be absent in an answer. */
  readonly isOptional: boolean;
  // Types are asked for where they are used, because each asks for its import.
  readonly answered: () => string;
  readonly written: () => string;
  /** Alternatives of an Update, `undefined` apart. */
  readonly changes: () => readonly string[];
  readonly condition: () => string;
  /** Whether an order may name it. */
  readonly isSortable: boolean;
  /** Its entry in the table, item by item. */
  readonly table: readonly string[];
}

/** One value: of the field itself, of a list's element, of a map's value. */
interface Value {
  readonly kind: string;
  readonly answered: () => string;
  readonly written: () => string;
  /** Of the condition on a field that holds one. */
  readonly condition: () => string;
  readonly isNumber: boolean;
  readonly isScalar: boolean;
  /** What the table says besides the kind. */
  readonly more: readonly string[];
}

export function fieldText(desc: DescField, annotations: Annotations, naming: Naming): FieldText {
  const isDecimal = annotations.field(desc).decimal !== undefined;
  const value = valueOf(desc, isDecimal, naming);
  const isSingle = desc.fieldKind !== "list" && desc.fieldKind !== "map";
  const hasPresence = isSingle && (isDecimal || desc.presence !== FeatureSet_FieldPresence.IMPLICIT);
  const name = propertyName(desc.jsonName);
  return {
    desc,
    name,
    isOptional: hasPresence,
    answered: () => collected(desc, value.answered()),
    written: () => collected(desc, value.written()),
    changes: () => changesOf(desc, value, hasPresence, naming),
    condition: () => conditionOf(desc, value, naming),
    isSortable: isSingle && value.isScalar,
    table: [
      `name: ${JSON.stringify(name)}`,
      `proto: ${JSON.stringify(desc.name)}`,
      `number: ${desc.number}`,
      `kind: ${JSON.stringify(value.kind)}`,
      ...(desc.fieldKind === "list" ? ["list: true"] : []),
      ...(desc.fieldKind === "map" ? [`map: ${JSON.stringify(scalarName(desc.mapKey))}`] : []),
      ...(hasPresence && (desc.message === undefined || isDecimal) ? ["presence: true"] : []),
      ...(desc.oneof ? [`oneof: ${JSON.stringify(desc.oneof.name)}`] : []),
      ...value.more,
      ...("delimitedEncoding" in desc && desc.delimitedEncoding ? ["group: true"] : []),
    ],
  };
}

function valueOf(desc: DescField, isDecimal: boolean, naming: Naming): Value {
  if (desc.enum) {
    const type = naming.enum(desc.enum);
    const condition = (): string => `${naming.client("EnumCondition")}<${type}>`;
    return { ...same("enum", type), condition, isNumber: false, isScalar: true, more: [`enum: ${naming.enumTable(desc.enum)}`] }; // prettier-ignore
  }
  if (desc.message) return messageValue(desc.message, naming);
  const value = scalarValue(desc.scalar ?? ScalarType.STRING, naming);
  if (!isDecimal) return value;
  return { ...value, kind: "decimal", condition: () => naming.client("DecimalCondition"), isNumber: true };
}

const same = (kind: string, type: string): Pick<Value, "kind" | "answered" | "written"> => ({ kind, answered: () => type, written: () => type }); // prettier-ignore

function scalarName(scalar: ScalarType): string {
  return ScalarType[scalar].toLowerCase();
}

function scalarValue(scalar: ScalarType, naming: Naming): Value {
  const [type, condition] = SCALARS[scalar];
  const isNumber = type === "number" || type === "bigint";
  return {
    ...same(scalarName(scalar), type),
    condition: () => naming.client(condition),
    isNumber,
    isScalar: true,
    more: [],
  };
}

const NUMBER = ["number", "NumberCondition"] as const;
const BIGINT = ["bigint", "BigintCondition"] as const;

const SCALARS: { readonly [scalar in ScalarType]: readonly [type: string, condition: string] } = {
  [ScalarType.DOUBLE]: NUMBER,
  [ScalarType.FLOAT]: NUMBER,
  [ScalarType.INT32]: NUMBER,
  [ScalarType.UINT32]: NUMBER,
  [ScalarType.SINT32]: NUMBER,
  [ScalarType.FIXED32]: NUMBER,
  [ScalarType.SFIXED32]: NUMBER,
  [ScalarType.INT64]: BIGINT,
  [ScalarType.UINT64]: BIGINT,
  [ScalarType.SINT64]: BIGINT,
  [ScalarType.FIXED64]: BIGINT,
  [ScalarType.SFIXED64]: BIGINT,
  [ScalarType.BOOL]: ["boolean", "BooleanCondition"],
  [ScalarType.STRING]: ["string", "StringCondition"],
  [ScalarType.BYTES]: ["Uint8Array", "BytesCondition"],
};

function messageValue(message: DescMessage, naming: Naming): Value {
  const { client } = naming;
  const presence = (): string => client("PresenceCondition");
  const scalar = wrapped(message);
  if (scalar !== undefined) return { ...scalarValue(scalar, naming), more: ["wrapper: true"] };
  const plain = { isNumber: false, isScalar: false, more: [] };
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return { ...plain, kind: "timestamp", answered: () => client("Timestamp"), written: () => client("TimestampInput"), condition: () => client("TimestampCondition"), isScalar: true }; // prettier-ignore
    case "google.protobuf.Duration":
      return { ...plain, ...same("duration", client("Duration")), condition: () => client("DurationCondition"), isScalar: true }; // prettier-ignore
    case "google.protobuf.Struct":
      return { ...plain, ...same("struct", client("JsonObject")), condition: presence };
    case "google.protobuf.Value":
      return { ...plain, ...same("value", client("JsonValue")), condition: presence };
    case "google.protobuf.ListValue":
      return { ...plain, ...same("listValue", `readonly ${client("JsonValue")}[]`), condition: presence };
    default:
      return {
        ...plain,
        kind: "message",
        answered: () => naming.message(message),
        written: () => naming.messageInit(message),
        condition: presence,
        more: [`message: () => ${naming.messageTable(message)}`],
      };
  }
}

/** Messages that have a form of their own, and so no interface. */
export function isValue(message: DescMessage): boolean {
  return wrapped(message) !== undefined || VALUES.has(message.typeName);
}

const VALUES: ReadonlySet<string> = new Set(
  ["Timestamp", "Duration", "Struct", "Value", "ListValue"].map((name) => `google.protobuf.${name}`),
);

function collected(desc: DescField, type: string): string {
  if (desc.fieldKind === "map") return `{ readonly [key: string]: ${type} }`;
  if (desc.fieldKind !== "list") return type;
  return type.startsWith("readonly ") ? `readonly (${type})[]` : `readonly ${type}[]`;
}

function changesOf(desc: DescField, value: Value, hasPresence: boolean, { client }: Naming): readonly string[] {
  if (desc.fieldKind === "map") return [`${client("MapChange")}<${value.written()}>`];
  if (desc.fieldKind === "list") {
    const whole = collected(desc, value.written());
    return value.isScalar ? [`${client("ListChange")}<${value.written()}>`] : [whole, `${client("Append")}<${whole}>`];
  }
  const change = value.isNumber ? `${client("NumberChange")}<${value.written()}>` : value.written();
  return hasPresence ? [change, "null"] : [change];
}

/** Elements that a list can be searched for, and keys of maps; by the predicates of src/schema/synthesize/filter.ts. */
function conditionOf(desc: DescField, value: Value, naming: Naming): string {
  if (desc.fieldKind === "map") return searched(keyType(desc.mapKey), naming);
  if (desc.fieldKind !== "list") return value.condition();
  if (desc.enum) return `${naming.client("ListCondition")}<${value.written()}>`;
  return searched(desc.scalar === undefined ? undefined : keyType(desc.scalar), naming);
}

function keyType(scalar: ScalarType): string | undefined {
  const isFloating = scalar === ScalarType.FLOAT || scalar === ScalarType.DOUBLE;
  const [type] = SCALARS[scalar];
  return isFloating || type === "boolean" || type === "Uint8Array" ? undefined : type;
}

function searched(type: string | undefined, { client }: Naming): string {
  return type === undefined ? client("EmptinessCondition") : `${client("ListCondition")}<${type}>`;
}
