/** Descriptors become the model: types, presence, wire formats, derived names, defaults. */

import { beforeAll, describe, expect, test } from "vitest";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Field, MessageType } from "../../../src/model/field.ts";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import { proto, protoFolder } from "./proto-folder.ts";

const models = new Map<string, EntityModel>();

beforeAll(async () => {
  for (const source of ["proto", "test/entities"]) {
    for (const { model } of (await loadSchema({ sources: [source] })).entities) models.set(model.name, model);
  }
});

function model(name: string): EntityModel {
  const found = models.get(name);
  if (!found) throw new Error(`no entity ${name}`);
  return found;
}

function field(entity: string, name: string): Field {
  const found = model(entity).fields.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

const everything = (name: string): Field => field("test.v1.Everything", name);

describe("an entity", () => {
  test("has its fields by number, and ordinals by position", () => {
    const { fields, message } = model("test.v1.Everything");
    expect(message.fields).toBe(fields);
    fields.forEach(({ ordinal }, i) => expect(ordinal).toBe(i));
    expect(fields.map(({ number }) => number)).toEqual(fields.map(({ number }) => number).toSorted((a, b) => a - b));
  });

  test("leaves out what is not stored", () => {
    expect(model("test.v1.Everything").fields.some(({ name }) => name === "scratch")).toBe(false);
    expect(model("test.v1.Everything").message.ignored).toEqual([138]);
  });

  test("has a derived table, or its own", () => {
    expect(model("shop.v1.AuditLog").table).toBe("audit_logs");
    expect(model("triggerx.v1.ApiKeyData").table).toBe("apikeys");
    expect(model("shop.v1.Order").store).toBe("default");
  });

  test("has its key in declared order", () => {
    const { key, fields } = model("test.v1.Composite");
    expect(key.map(({ ordinal, desc, partition }) => [fields[ordinal]?.name, desc, partition])).toEqual([
      ["tenant", false, true],
      ["shard", false, true],
      ["number", true, false],
      ["at", true, false],
      ["name", false, false],
    ]);
  });

  test("has message-level indexes first, then shorthands, named by their fields", () => {
    const { indexes } = model("test.v1.Everything");
    expect(indexes.map(({ name, unique }) => [name, unique])).toEqual([
      ["color_happened_at", false],
      ["huge_decimal", false],
      ["by_amount", false],
      ["int64_value", false],
      ["uint64_value", false],
      ["double_value", false],
      ["slug", true],
      ["digest", false],
    ]);
  });

  test("knows its managed fields and its default order", () => {
    const { managed, fields, defaultOrder } = model("shop.v1.Order");
    expect(fields[managed.createdAt ?? -1]?.name).toBe("created_at");
    expect(fields[managed.version ?? -1]?.name).toBe("version");
    expect(managed.expiresAt).toBeUndefined();
    expect(defaultOrder).toEqual([{ ordinal: managed.createdAt, desc: true }]);
  });

  test("is plain data", () => {
    for (const entity of models.values()) expect(structuredClone(entity)).toEqual(entity);
  });

  test("comes out the same twice", async () => {
    const again = await loadSchema({ sources: ["test/entities"] });
    for (const { model: second } of again.entities) expect(second).toEqual(model(second.name));
  });
});

describe("a field", () => {
  test.each([
    ["string_value", "string", true, "length"],
    ["bytes_plain", "bytes", false, "length"],
    ["bool_plain", "bool", false, "varint"],
    ["int32_value", "int32", true, "varint"],
    ["sint32_value", "int32", true, "zigzag"],
    ["sfixed32_value", "int32", true, "fixed"],
    ["sint64_value", "int64", true, "zigzag"],
    ["fixed64_value", "uint64", true, "fixed"],
    ["float_plain", "float", false, "fixed"],
    ["double_value", "double", true, "fixed"],
    ["color_plain", "enum", false, "varint"],
    ["happened_at", "timestamp", true, "length"],
    ["took", "duration", true, "length"],
    ["detail", "message", true, "length"],
    ["document", "message", true, "length"],
    ["money_decimal", "decimal", true, "length"],
    ["string_choice", "string", true, "length"],
  ] as const)("%s is %s", (name, kind, presence, encoding) => {
    const found = everything(name);
    expect(found.type.kind).toBe(kind);
    expect(found.presence).toBe(presence);
    expect(found.wire).toEqual({ encoding, packed: false, wrapper: false });
  });

  test("with a wrapper is its scalar, with presence", () => {
    expect(everything("int64_wrapper")).toMatchObject({
      type: { kind: "int64" },
      presence: true,
      wire: { encoding: "length", wrapper: true },
    });
  });

  test("that repeats is a list or a set, packed by its file's rules", () => {
    expect(everything("int32s")).toMatchObject({
      type: { kind: "list", set: false, element: { kind: "int32" } },
      presence: false,
    });
    expect(everything("int32s").wire).toEqual({ encoding: "varint", packed: true, wrapper: false });
    expect(everything("strings").wire.packed).toBe(false);
    expect(everything("color_set").type).toMatchObject({ kind: "list", set: true, element: { kind: "enum" } });
    expect(field("test.v1.Legacy", "history").wire.packed).toBe(false);
    expect(field("test.v1.Legacy", "numbers").wire.packed).toBe(true);
    expect(field("test.v1.Modern", "numbers").wire.packed).toBe(false);
  });

  test("that is a map has encodings of key and value", () => {
    expect(everything("by_sint64")).toMatchObject({
      type: { kind: "map", key: { kind: "int64" }, value: { kind: "enum" } },
      wire: { encoding: "varint", key: "zigzag", packed: false },
    });
    expect(everything("by_fixed32").wire).toEqual({ encoding: "length", key: "fixed", packed: false, wrapper: false });
  });

  test("that is delimited is a group", () => {
    expect(field("test.v1.Modern", "part").wire.encoding).toBe("group");
    expect(field("test.v1.Modern", "parts").wire.encoding).toBe("group");
  });

  test("of an edition has presence unless it says otherwise", () => {
    expect(field("test.v1.Modern", "name").presence).toBe(true);
    expect(field("test.v1.Modern", "count").presence).toBe(false);
    expect(field("test.v1.Legacy", "tries").presence).toBe(true);
  });

  test("knows its real oneof, and no other", () => {
    expect(everything("string_choice").oneof).toBe(0);
    expect(everything("moment_choice").oneof).toBe(0);
    expect(everything("string_value").oneof).toBeUndefined();
  });

  test("has what its annotations say", () => {
    expect(everything("group").column).toBe("group_name");
    expect(everything("origin").immutable).toBe(true);
    expect(everything("secret").sensitive).toBe(true);
    expect(everything("trace_id").generate).toBe("uuid_v4");
    expect(field("test.v1.Guarded", "title").required).toBe(true);
    expect(field("shop.v1.Order", "user_id").references).toEqual({ entity: "shop.v1.User", onDelete: "none" });
  });

  test("is limited to 255 where it is a string of a key or index without a limit of its own", () => {
    expect(everything("id").maxLength).toBe(255);
    expect(everything("slug").maxLength).toBe(255);
    expect(everything("string_value").maxLength).toBe(255);
    expect(everything("digest").maxLength).toBe(32);
    expect(everything("code").maxLength).toBe(8);
    expect(everything("origin").maxLength).toBe(0);
    expect(everything("money_decimal").maxLength).toBe(0);
  });
});

describe("an embedded message", () => {
  test("is one object wherever it is held, also by itself", () => {
    const { type } = everything("detail");
    if (type.kind !== "message") throw new Error("no message");
    const inner: MessageType["fields"][number] | undefined = type.message.fields.find(({ name }) => name === "inner");
    expect(inner?.type).toEqual({ kind: "message", message: type.message });
    expect(everything("details").type).toMatchObject({ element: { message: { name: "test.v1.Detail" } } });
  });

  test("has decimals, sets and ignored fields of its own", async () => {
    const body = `
message E { option (pannier.v1.entity) = { key: { partition: "id" } }; string id = 1; repeated M ms = 2; E self = 3; }
message M {
  string price = 1 [(pannier.v1.field).decimal = { precision: 5 scale: 1 }];
  repeated int32 kinds = 2 [(pannier.v1.field).set = true];
  string scratch = 3 [(pannier.v1.field).ignore = true];
}`;
    await using folder = await protoFolder({ "e.proto": proto(body) });
    const [loaded] = (await loadSchema({ sources: [folder.path] })).entities;
    const type = loaded?.model.fields[1]?.type;
    if (type?.kind !== "list" || type.element.kind !== "message") throw new Error("no list of messages");
    expect(type.element.message.fields.map((inner) => inner.type)).toEqual([
      { kind: "decimal", precision: 5, scale: 1 },
      { kind: "list", element: { kind: "int32" }, set: true },
    ]);
    expect(type.element.message.ignored).toEqual([3]);
    expect(loaded?.model.fields[2]?.type).toEqual({ kind: "message", message: loaded?.model.message });
  });
});

test("file defaults give store and table prefix, which an entity's own go before", async () => {
  const own = (name: string, options: string): string =>
    `message ${name} { option (pannier.v1.entity) = { ${options} key: { partition: "id" } }; string id = 1; }`;
  const body = `option (pannier.v1.defaults) = { store: "main" table_prefix: "app_" };
${own("OrderItem", "")} ${own("Other", 'store: "side" table: "rows"')}`;
  await using folder = await protoFolder({ "e.proto": proto(body) });
  const { entities } = await loadSchema({ sources: [folder.path] });
  expect(entities.map(({ model: { store, table } }) => [store, table])).toEqual([
    ["main", "app_order_items"],
    ["side", "rows"],
  ]);
});
