/** Values of every type as property tests draw them: the extremes of test/cases 40 to 43 most of the time, others between. */

import fc from "fast-check";
import type { FieldType, MapKeyType, MessageType } from "../../../src/model/field.ts";
import type { MapKey, EntityRecord, Value } from "../../../src/model/value.ts";

const SECOND = 1_000_000_000n;
/** The first nanosecond of year 1, and the last of year 9999. */
const FIRST = -62_135_596_800n * SECOND;
const LAST = 253_402_300_800n * SECOND - 1n;
const LONGEST = 315_576_000_000n * SECOND + 999_999_999n;

const TEXTS = [
  "",
  "a",
  "A",
  "aa",
  "a ",
  "ab",
  "%",
  "_",
  "\\",
  "'",
  "\u00e9",
  "e\u0301",
  "\uFEFF",
  "\uD7FF",
  "\uE000",
  "\uFFFD",
  "\u{10000}",
  "\u{1F600}",
  "\u{10FFFF}",
  "__proto__",
];
const DOUBLES = [0, 5e-324, -5e-324, 0.1, -0.1, 1, -1, 2 ** 53, 2 ** 53 + 2, Number.MAX_VALUE, -Number.MAX_VALUE];
const BYTES = [[], [0], [0, 0], [0x7f], [0x80], [0xff], [0xff, 0], [0xc3, 0xa9]].map((bytes) => Uint8Array.from(bytes));

const INTEGERS = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

/** Well formed for its type, never NUL, NaN, infinite or −0. */
export function valueOf(type: FieldType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "string":
      return mostly(TEXTS, fc.string({ unit: "grapheme-ascii", maxLength: 3 }));
    case "bytes":
      return mostly(BYTES, fc.uint8Array({ maxLength: 3 }));
    case "int32":
    case "uint32":
      return integer(INTEGERS[type.kind]).map(Number);
    case "int64":
    case "uint64":
      return integer(INTEGERS[type.kind]);
    case "decimal": {
      const most = 10n ** BigInt(type.precision) - 1n;
      return integer([-most, most]);
    }
    case "timestamp":
      return integer([FIRST, LAST]);
    case "duration":
      return integer([-LONGEST, LONGEST]);
    case "double":
      return mostly(DOUBLES, fc.double({ noNaN: true, noDefaultInfinity: true }).map(positiveZero));
    case "float":
      return mostly(DOUBLES, fc.float({ noNaN: true, noDefaultInfinity: true })).map(toFloat);
    case "enum":
      return fc.constantFrom(...type.enum.values.map((value) => value.number));
    case "message":
      return recordOf(type.message, 2);
    case "list":
      return fc.array(valueOf(type.element), { maxLength: 3 });
    case "map":
      return mapOf(type.key, valueOf(type.value));
  }
}

/** Sparse; messages in messages end at `depth`. */
export function recordOf(message: MessageType, depth: number): fc.Arbitrary<EntityRecord> {
  const oneofs = new Set<number>();
  const fields = message.fields.map(({ type, oneof }): fc.Arbitrary<Value | undefined> => {
    const isSecondMember = oneof !== undefined && oneofs.has(oneof);
    if (oneof !== undefined) oneofs.add(oneof);
    if (isSecondMember) return fc.constant(undefined);
    if (type.kind === "message")
      return depth > 0 ? fc.option(recordOf(type.message, depth - 1), { nil: undefined }) : fc.constant(undefined);
    return fc.option(valueOf(type), { nil: undefined });
  });
  return fc.tuple(...fields);
}

function mapOf(key: MapKeyType, value: fc.Arbitrary<Value>): fc.Arbitrary<ReadonlyMap<MapKey, Value>> {
  const isKey = (drawn: Value): drawn is MapKey => typeof drawn !== "object";
  const entry = fc.tuple(valueOf(key).filter(isKey), value);
  return fc.array(entry, { maxLength: 3 }).map((entries) => new Map(entries));
}

/** The ends of the range, what lies around zero and around where a double stops being exact, and anything between. */
function integer([least, most]: readonly [bigint, bigint]): fc.Arbitrary<bigint> {
  const near = [
    least,
    least + 1n,
    -1001n,
    -1n,
    0n,
    1n,
    999n,
    1000n,
    2n ** 31n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n,
    most - 1n,
    most,
  ];
  const within = near.filter((value) => value >= least && value <= most);
  return mostly(within, fc.bigInt({ min: least, max: most }));
}

function mostly<T>(extremes: readonly T[], any: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constantFrom(...extremes), weight: 4 }, { arbitrary: any, weight: 1 });
}

/** Adding 0 makes −0 the 0 that every store keeps. */
function positiveZero(value: number): number {
  return value + 0;
}

function toFloat(value: number): number {
  const float = Math.fround(value);
  return Number.isFinite(float) ? float + 0 : Math.fround(0.1);
}
