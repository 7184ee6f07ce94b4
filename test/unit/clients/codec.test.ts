// The client's codec and protobuf-es read what the other writes, for every kind of field.
import { create, createFileRegistry, fromBinary, toBinary, type DescMessage } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label as Label, FieldDescriptorProto_Type as Type, FileDescriptorSetSchema, type FieldDescriptorProto } from "@bufbuild/protobuf/wkt"; // prettier-ignore
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codecOf, FieldError, readMessage } from "../../../clients/typescript/codec/message-codec.ts";
import { MalformedError } from "../../../clients/typescript/codec/reader.ts";
import { Writer } from "../../../clients/typescript/codec/writer.ts";
import type { FieldTable, MessageTable, ScalarKind } from "../../../clients/typescript/schema/tables.ts";

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 127, 128, 2_147_483_647, -2_147_483_648));
const uint32 = fc.oneof(fc.nat(), fc.constantFrom(0, 4_294_967_295));
const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, -1n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 49n)); // prettier-ignore
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0n, 2n ** 64n - 1n, 2n ** 53n));
const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ minLength: 30, maxLength: 200 }));
const float = fc.float({ noNaN: true });
const kinds: { readonly [kind in ScalarKind]: readonly [Type, fc.Arbitrary<unknown>] } = {
  double: [Type.DOUBLE, fc.double({ noNaN: true })],
  float: [Type.FLOAT, float],
  int32: [Type.INT32, int32],
  int64: [Type.INT64, int64],
  uint32: [Type.UINT32, uint32],
  uint64: [Type.UINT64, uint64],
  sint32: [Type.SINT32, int32],
  sint64: [Type.SINT64, int64],
  fixed32: [Type.FIXED32, uint32],
  fixed64: [Type.FIXED64, uint64],
  sfixed32: [Type.SFIXED32, int32],
  sfixed64: [Type.SFIXED64, int64],
  bool: [Type.BOOL, fc.boolean()],
  string: [Type.STRING, text],
  bytes: [Type.BYTES, fc.uint8Array()],
};
const names = Object.keys(kinds) as ScalarKind[]; // they are its keys

/** Per kind: `p` has no presence, `o` has, `l` is a list. */
const fields: FieldTable[] = names.flatMap((kind, i): FieldTable[] => [
  { name: `p${i}`, proto: `p${i}`, number: i * 3 + 1, kind },
  { name: `o${i}`, proto: `o${i}`, number: i * 3 + 2, kind, presence: true },
  { name: `l${i}`, proto: `l${i}`, number: i * 3 + 3, kind, list: true },
]);
const table: MessageTable = {
  name: "All",
  fields: [...fields, { name: "own", proto: "own", number: 2_000, kind: "message", message: () => table }],
};

const file = {
  name: "all.proto",
  syntax: "proto3",
  messageType: [
    {
      name: "All",
      field: table.fields.map(descriptorOf),
      oneofDecl: names.map((_, i) => ({ name: `_o${i}` })),
    },
  ],
};

function descriptorOf(field: FieldTable): Partial<Omit<FieldDescriptorProto, "$typeName" | "options">> {
  const { name, number, kind } = field;
  const common = { name, jsonName: name, number, label: field.list ? Label.REPEATED : Label.OPTIONAL };
  if (kind === "message") return { ...common, type: Type.MESSAGE, typeName: ".All" };
  const i = names.findIndex((known) => known === kind);
  const type = kinds[names[i] ?? "bool"][0];
  return field.presence ? { ...common, type, proto3Optional: true, oneofIndex: i } : { ...common, type };
}

const found = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage("All");
if (!found) throw new Error("the descriptor has no message All");
const desc: DescMessage = found;

const value: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ all: Record<string, unknown> }>((tie) => ({
  all: fc.record(
    Object.fromEntries([
      ...names.flatMap((kind, i) => [
        [`p${i}`, kinds[kind][1]],
        [`o${i}`, kinds[kind][1]],
        [`l${i}`, fc.array(kinds[kind][1], { minLength: 1, maxLength: 3 })],
      ]),
      ["own", fc.oneof({ maxDepth: 2 }, fc.constant(undefined), tie("all"))],
    ]),
    { requiredKeys: [] },
  ),
})).all;

function encoded(given: object): Uint8Array {
  const writer = new Writer();
  codecOf(table).write(writer, given);
  return writer.finish();
}

/** What protobuf-es holds, as it writes it itself. */
function rewritten(bytes: Uint8Array): Uint8Array {
  return toBinary(desc, fromBinary(desc, bytes));
}

test("what is written reads alike in protobuf-es, and comes back", () => {
  fc.assert(
    fc.property(value, (given) => {
      const bytes = encoded(given);
      const read = readMessage(table, rewritten(bytes));
      expect(readMessage(table, bytes)).toEqual(read);
      const own = Object.entries(given).filter(([name, member]) => name !== "own" && member !== undefined);
      for (const [name, member] of own) expect(plain(read[name])).toEqual(plain(member));
      expect(rewritten(encoded(read))).toEqual(rewritten(bytes));
    }),
    { numRuns: 300 },
  );
});

/** −0 and 0 are one where a field has no presence; a Buffer is bytes like any. */
function plain(member: unknown): unknown {
  if (Array.isArray(member)) return member.map(plain);
  return member instanceof Uint8Array ? [...member] : Object.is(member, -0) ? 0 : member;
}

test("bytes that are no message are refused, and never hang", () => {
  fc.assert(
    fc.property(value, fc.nat(), fc.uint8Array({ maxLength: 4 }), (given, at, noise) => {
      const bytes = encoded(given);
      const cut = Buffer.concat([bytes.subarray(0, at % (bytes.length + 1)), noise]);
      let error: unknown;
      try {
        readMessage(table, cut);
      } catch (thrown) {
        error = thrown;
      }
      expect(error === undefined || error instanceof MalformedError || error instanceof RangeError).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe("a value that does not fit", () => {
  test.each<[ScalarKind, unknown]>([
    ["int32", 2_147_483_648],
    ["int32", 1.5],
    ["uint32", -1],
    ["int64", 1],
    ["int64", 2n ** 63n],
    ["uint64", -1n],
    ["string", 1],
    ["bool", 1],
    ["bytes", "text"],
    ["double", "1"],
  ])("%s: %s", (kind, wrong) => {
    const name = `o${names.indexOf(kind)}`;
    expect(() => encoded({ own: { [name]: wrong } })).toThrow(FieldError);
    expect(() => encoded({ own: { [name]: wrong } })).toThrow(`own.${name}`);
  });
});
