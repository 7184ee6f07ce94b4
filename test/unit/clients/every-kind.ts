// Messages with a field of every kind, as the client's tables and as protobuf-es has them.
import { create, createFileRegistry, type DescMessage } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label as Label, FieldDescriptorProto_Type as Type, FileDescriptorSetSchema, type FieldDescriptorProto } from "@bufbuild/protobuf/wkt"; // prettier-ignore
import fc from "fast-check";
import { codecOf } from "../../../clients/typescript/codec/message-codec.ts";
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
export const names = Object.keys(kinds) as ScalarKind[]; // they are its keys

/** Per kind: `p` has no presence, `o` has, `l` is a list. */
const fields: FieldTable[] = names.flatMap((kind, i): FieldTable[] => [
  { name: `p${i}`, proto: `p${i}`, number: i * 3 + 1, kind },
  { name: `o${i}`, proto: `o${i}`, number: i * 3 + 2, kind, presence: true },
  { name: `l${i}`, proto: `l${i}`, number: i * 3 + 3, kind, list: true },
]);
export const table: MessageTable = {
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
export const desc: DescMessage = found;

/** Any of them, with members left out. */
export const value: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ all: Record<string, unknown> }>((tie) => ({
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

export function encoded(given: object): Uint8Array {
  const writer = new Writer();
  codecOf(table).write(writer, given);
  return writer.finish();
}
