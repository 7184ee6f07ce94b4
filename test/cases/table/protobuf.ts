// Rows 34 to 43: bytes that are no protobuf, and values at the edges of their types.
import { answered, refused, type Rows } from "../row.ts";

const malformed = refused(13, "MESSAGE_MALFORMED");

export const PROTOBUF_ROWS: Rows = {
  34: {
    input: "messages nested 101 and 20,000 deep; groups 100,000 deep",
    files: ["protobuf.test.ts"],
    facts: {
      "nested 98 deep": answered,
      "a document nested 97 deep": answered,
      "nested 101 deep": malformed,
      "nested 20,000 deep": malformed,
      "a document nested 101 deep": malformed,
      "groups 100,000 deep": malformed,
      "groups 100,000 deep inside an entity": malformed,
    },
  },
  35: {
    input: "two million empty items, a million unknown fields, in 4 MB",
    files: ["protobuf.test.ts"],
    facts: {
      "2,000,000 empty items": refused(8, "MESSAGE_TOO_COMPLEX"),
      "1,000,000 unknown fields": refused(3, "FIELD_UNKNOWN"), // at the first of them
      "1,000,000 unknown fields in the request of a shared service": refused(8, "MESSAGE_TOO_COMPLEX"),
      "100,000 empty operands": refused(8, "MESSAGE_TOO_COMPLEX"),
    },
  },
  36: {
    input: "bytes that are not UTF-8, a varint of eleven bytes, field number 0, wire type 7, an early end",
    files: ["protobuf.test.ts"],
    facts: {
      "text that is not UTF-8": malformed,
      "an overlong varint": malformed,
      "field number 0": malformed,
      "wire type 7": malformed,
      "an early end": malformed,
      "a group that ends without having begun": malformed,
      "noise": malformed,
    },
  },
  37: {
    input: "map keys that are names of JavaScript's own: __proto__, constructor, toString",
    files: ["protobuf.test.ts"],
    facts: { "keys that JavaScript knows": answered, "names that JavaScript knows, in a document": answered },
  },
  38: {
    input: "a number the enum does not declare, a oneof with two members, a scalar twice",
    files: ["protobuf.test.ts"],
    facts: {
      "an undeclared enum value": refused(3, "ENUM_UNKNOWN", "entity.color"),
      "an undeclared enum value in a list": refused(3, "ENUM_UNKNOWN"),
      "an undeclared enum value in a filter": refused(3, "ENUM_UNKNOWN", "where.color.eq"),
      "an undeclared enum value in a request": refused(3, "ENUM_UNKNOWN"),
      "a oneof with two members": answered,
      "a scalar twice": answered,
    },
  },
  39: {
    input: "an Any of a type nobody knows, or of its own kind; JSON without end; JSON with a key twice",
    files: ["protobuf.test.ts"],
    facts: {
      "an operation of an unknown type": refused(3, "OPERATION_INVALID", "operations[0]"),
      "an operation that is an Execute": refused(3, "OPERATION_INVALID", "operations[0]"),
    },
    waits: "JSON",
  },
  40: {
    input: "NaN and infinities; minus zero; subnormal numbers",
    files: ["protobuf.test.ts"],
    facts: {
      "NaN and infinities in every kind of field": refused(3, "NUMBER_INVALID"),
      "NaN and infinities in a filter": refused(3, "NUMBER_INVALID"),
      "NaN and infinities as increments": refused(3, "NUMBER_INVALID"),
      "minus zero": answered,
      "subnormal numbers": answered,
    },
  },
  41: {
    input: "2^53 + 1, and the ends of every integer, through every store and back",
    files: ["protobuf.test.ts"],
    facts: { "integers beyond 2^53": answered, "a filter beyond 2^53": answered, "an increment beyond 2^53": answered },
  },
  42: {
    input: "NUL, half a surrogate pair, a byte order mark, composed and decomposed letters, in keys and values",
    files: ["protobuf.test.ts"],
    facts: {
      "NUL in a key": refused(3, "STRING_INVALID", "entity.id"),
      "NUL in a value": refused(3, "STRING_INVALID", "entity.string_value"),
      "NUL in a map key": refused(3, "STRING_INVALID"),
      "NUL in a document": refused(3, "STRING_INVALID"),
      "NUL in a filter": refused(3, "STRING_INVALID", "where.string_value.contains"),
      "NUL in a request_id": refused(3, "STRING_INVALID"),
      // Such bytes are no UTF-8, and so no protobuf: row 36.
      "half a surrogate pair": malformed,
      "a byte order mark, composed and decomposed letters in keys": answered,
      "a byte order mark, composed and decomposed letters in values": answered,
    },
  },
  43: {
    input: "timestamps of the years 0 and 10000, nanos of a second, decimals of 400 digits or with an exponent",
    files: ["protobuf.test.ts"],
    facts: {
      "timestamps outside their years": refused(3, "TIMESTAMP_INVALID"),
      "timestamps outside their years in a filter": refused(3, "TIMESTAMP_INVALID"),
      "durations outside their range": refused(3, "FIELD_INVALID", "entity.took"),
      "decimals with an exponent": refused(3, "DECIMAL_INVALID", "entity.money_decimal"),
      "decimals that are no decimals, in a filter": refused(3, "DECIMAL_INVALID", "where.money_decimal.eq"),
      "decimals of 400 digits": refused(3, "DECIMAL_INVALID", "entity.huge_decimal"),
      "the first and the last moment": answered,
    },
    waits: "the duration as a timeout: a request that has one",
  },
}; // prettier-ignore
