/** Requests and answers of a repository, with protobuf-es and the synthesized messages as the oracle. */

import { fromBinary, fromJson, toBinary, toJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { describe, expect, it } from "vitest";
import { Fault } from "../../../../src/model/fault.ts";
import type { MutableRecord, EntityRecord, Value } from "../../../../src/model/value.ts";
import { compileCodec } from "../../../../src/schema/codec/compile.ts";
import { REQUEST_FIELDS } from "../../../../src/service/wire/requests.ts";
import { createWire } from "../../../../src/service/wire/create-wire.ts";
import type { RepositoryMethod } from "../../../../src/service/wire/wire.ts";
import { LIMITS, loadEntities } from "../../schema/codec/entity-under-test.ts";

const everything = (await loadEntities()).get("test.v1.Everything")!;
const wire = createWire(compileCodec(everything.model, LIMITS));
const { fields } = everything.model;
const METHODS: readonly RepositoryMethod[] = [
  "Create", "Get", "BatchGet", "List", "Scan", "Count", "Exists", "Update", "Put", "Delete", "Undelete", "BatchWrite",
]; // prettier-ignore

const requestDesc = (method: string) => everything.message(`Repository${method}Request`);

function request(method: RepositoryMethod, json: JsonValue): unknown {
  const desc = requestDesc(method);
  return wire[method].decode(toBinary(desc, fromJson(desc, json)));
}

function answer(method: RepositoryMethod, bytes: Uint8Array): JsonValue {
  const desc = everything.message(`Repository${method}Response`);
  return toJson(desc, fromBinary(desc, bytes), { useProtoFieldName: true });
}

const ordinal = (name: string): number => fields.find((field) => field.name === name)!.ordinal;

function row(values: { readonly [name: string]: Value }): EntityRecord {
  const record: MutableRecord = fields.map(() => undefined);
  for (const [name, value] of Object.entries(values)) record[ordinal(name)] = value;
  return record;
}

function fault(action: () => unknown): Fault {
  try {
    action();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("it was taken");
}

const at = (method: RepositoryMethod, json: JsonValue): Fault => fault(() => request(method, json));

describe("requests", () => {
  it.each(METHODS)("%s has the fields that synthesis gives it, under their names, numbers and wire types", (method) => {
    const declared = requestDesc(method).fields.map((field) => [field.number, field.name]);
    const known = Object.entries(REQUEST_FIELDS[method]).map(([key, field]) => [Number(key), field(Number(key)).name]);
    expect(known).toEqual(declared);
    for (const field of requestDesc(method).fields) {
      const message = reflect(requestDesc(method));
      if (field.fieldKind === "enum") message.set(field, 1);
      else if (field.fieldKind === "scalar")
        message.set(field, field.scalar === 9 ? "a" : field.scalar === 8 ? true : field.scalar === 3 ? 1n : 1); // prettier-ignore
      else if (field.fieldKind === "message") message.set(field, reflect(field.message));
      if (field.name === "condition") continue;
      expect(() => wire[method].decode(toBinary(requestDesc(method), message.message))).not.toThrow();
    }
  });

  const base = { readMask: undefined, consistency: undefined };
  const read = { ...base, showDeleted: false };
  const write = { ...base, requestId: "", condition: undefined, expectedVersion: undefined };
  const eq = (value: string): unknown => ({ kind: "condition", op: "eq", ordinal: ordinal("id"), value });
  const a = { id: "a" };

  it.each<[RepositoryMethod, JsonObject, unknown]>([
    ["Get", { key: a, readMask: "id,stringValue", consistency: "CONSISTENCY_STRONG", showDeleted: true },
      { key: ["a"], readMask: ["id", "string_value"], consistency: "strong", showDeleted: true }],
    ["Get", {}, { ...read, key: undefined }],
    ["BatchGet", { keys: [a, {}] }, { ...read, keys: [["a"], [undefined]] }],
    ["List", { where: { id: { eq: "a" } }, orderBy: "id desc", pageSize: -1, pageToken: "t", skip: 3, total: "TOTAL_EXACT", allowScan: true },
      { ...read, where: eq("a"), orderBy: "id desc", pageSize: -1, pageToken: "t", skip: 3, total: "exact", allowScan: true }],
    ["Scan", { resumeToken: "r", parallelism: 4, onError: "ERROR_POLICY_CONTINUE", maxRetries: 0 },
      { ...read, where: undefined, orderBy: "", pageSize: 0, resumeToken: "r", parallelism: 4, onError: "continue", maxRetries: 0 }],
    ["Count", { where: {} }, { where: undefined, showDeleted: false, allowScan: false, consistency: undefined }],
    ["Exists", { key: a }, { where: undefined, key: ["a"], target: "key", showDeleted: false, allowScan: false, consistency: undefined }],
    ["Exists", { where: {} }, { where: undefined, key: undefined, target: "where", showDeleted: false, allowScan: false, consistency: undefined }],
    ["Exists", {}, { where: undefined, key: undefined, target: "none", showDeleted: false, allowScan: false, consistency: undefined }],
    ["Update", { entity: a, updateMask: "", condition: { id: { eq: "b" } }, expectedVersion: "0", increment: {}, allowMissing: true },
      { ...write, entity: row(a), updateMask: [], condition: eq("b"), expectedVersion: 0n, increment: row({}), append: undefined, remove: undefined, allowMissing: true, validateOnly: false }],
    ["Put", { entity: a, restore: true, requestId: "x" }, { ...write, requestId: "x", entity: row(a), validateOnly: false, restore: true }],
    ["Delete", { key: a, permanent: true, validateOnly: true }, { ...write, key: ["a"], allowMissing: false, validateOnly: true, permanent: true }],
    ["Undelete", { key: a, expectedVersion: "7" }, { ...base, requestId: "", key: ["a"], expectedVersion: 7n }],
  ])("%s %j", (method, json, expected) => {
    expect(request(method, json)).toEqual(expected);
  }); // prettier-ignore

  it("BatchWrite has one item for each write; one that cannot be held fails alone", () => {
    const writes = [
      { create: { entity: a } },
      {},
      { delete: { key: a } },
      { put: { entity: { money_decimal: "1.005" } } },
    ];
    expect(request("BatchWrite", { writes, atomic: true })).toMatchObject({
      atomic: true,
      writes: [
        { kind: "create", request: { entity: row(a) } },
        { kind: "none" },
        { kind: "delete", request: { key: ["a"] } },
        {
          kind: "invalid",
          fault: { reason: "DECIMAL_INVALID", detail: { field: "writes[3].put.entity.money_decimal" } },
        },
      ],
    });
  });

  it("say where in the request the fault is", () => {
    const detail = { entity: "test.v1.Everything", operation: "Update" };
    expect(at("Update", { condition: {} })).toMatchObject({ reason: "EMPTY_PREDICATE", detail: { ...detail, field: "condition" } });
    expect(at("Update", { increment: { color: 9 } })).toMatchObject({ reason: "ENUM_UNKNOWN", detail: { field: "increment.color" } });
    expect(at("BatchGet", { keys: [a, { id: "\0" }] })).toMatchObject({ reason: "STRING_INVALID", detail: { field: "keys[1].id" } });
    expect(at("Get", { consistency: 99 }).reason).toBe("ENUM_UNKNOWN");
    expect(fault(() => wire.Get.decode(Uint8Array.of(0x28, 1)))).toMatchObject({ reason: "FIELD_UNKNOWN", detail: { field: "5" } });
    expect(fault(() => wire.Get.decode(Uint8Array.of(0x0a, 9))).reason).toBe("MESSAGE_MALFORMED");
  }); // prettier-ignore

  it("may hold their messages in two pieces; of a oneof's members the last stands", () => {
    const desc = requestDesc("Exists");
    const bytes = (json: JsonValue): Uint8Array => toBinary(desc, fromJson(desc, json));
    const where = { where: { id: { eq: "b" } } };
    expect(wire.Exists.decode(Buffer.concat([bytes({ key: a }), bytes(where)]))).toMatchObject({ target: "where" });
    expect(wire.Exists.decode(Buffer.concat([bytes(where), bytes({ key: a })]))).toMatchObject({
      target: "key",
      key: ["a"],
    });
    const both = Buffer.concat([bytes({ where: { id: { eq: "b" } } }), bytes({ where: { id: { lt: "c" } } })]);
    expect(wire.Exists.decode(both).where).toMatchObject({
      kind: "group",
      op: "and",
      terms: [
        { kind: "condition", op: "eq" },
        { kind: "condition", op: "lt" },
      ],
    });
  });

  it("are looked at before they are decoded when they are large", () => {
    const item = Buffer.from([0xd2, 0x05, 0]); // details: {}
    const entity = Buffer.concat(Array.from({ length: 60_000 }, () => item));
    const create = Buffer.concat([Buffer.from([0x0a, (entity.length % 128) | 128, ((entity.length >> 7) % 128) | 128, entity.length >> 14]), entity]);
    expect(fault(() => wire.Create.decode(create)).reason).toBe("MESSAGE_TOO_COMPLEX");
  }); // prettier-ignore
});

describe("answers", () => {
  const entity = { record: row({ id: "a", string_value: "s", money_decimal: 150n }), fields: undefined };
  const shown = { id: "a", string_value: "s", money_decimal: "1.50" };
  const key = { record: entity.record, fields: [ordinal("id")] };

  it("hold the entity, or the fields of it that are shown", () => {
    expect(answer("Get", wire.Get.encode(entity))).toEqual({ entity: shown });
    expect(answer("Get", wire.Get.encode(key))).toEqual({ entity: { id: "a" } });
    expect(answer("Update", wire.Update.encode({ entity, created: true }))).toEqual({ entity: shown, created: true });
    expect(answer("Delete", wire.Delete.encode({ entity: undefined, created: false }))).toEqual({});
    expect(answer("Create", wire.Create.encode({ entity: key, created: true }))).toEqual({ entity: { id: "a" } });
  });

  it("count and answer yes or no", () => {
    expect(answer("Count", wire.Count.encode(2 ** 40))).toEqual({ count: "1099511627776" });
    expect(answer("Exists", wire.Exists.encode(true))).toEqual({ exists: true });
  });

  it("give a page with its token and total", () => {
    const page = wire.List.encode({ entities: [key, key], nextPageToken: "t", totalSize: 0 });
    expect(answer("List", page)).toEqual({
      entities: [{ id: "a" }, { id: "a" }],
      next_page_token: "t",
      total_size: "0",
    });
  });

  it("give every position of a batch an entity, a status or nothing", () => {
    const failed = new Fault("VERSION_MISMATCH", "it is stale", {
      entity: "test.v1.Everything",
      metadata: { found: "3" },
    });
    const bytes = wire.BatchWrite.encode([
      { kind: "entity", entity: key, created: true, trimmed: true },
      { kind: "fault", fault: failed },
      { kind: "nothing" },
    ]);
    const status = { code: 10, message: "it is stale", reason: "VERSION_MISMATCH", metadata: { entity: "test.v1.Everything", found: "3" } }; // prettier-ignore
    expect(answer("BatchWrite", bytes)).toEqual({ results: [{ entity: { id: "a" }, created: true, trimmed: true }, { status }, {}] }); // prettier-ignore
  });

  it("give a frame with its place, progress and error", () => {
    const frame = wire.Scan.encode({
      entities: [key],
      resumeToken: "r",
      firstIndex: 5,
      pageNumber: 2,
      readAt: 1_500_000_000n,
      progress: { entities: 6, pages: 2, errors: 1, startedAt: 0n, rate: 2.5 },
      error: { fault: new Fault("ROW_TOO_LARGE", "it is too large"), key: ["b"] },
    });
    expect(answer("Scan", frame)).toEqual({
      entities: [{ id: "a" }],
      resume_token: "r",
      first_index: "5",
      page_number: 2,
      read_at: "1970-01-01T00:00:01.500Z",
      progress: { entities: "6", pages: "2", errors: "1", started_at: "1970-01-01T00:00:00Z", rate: 2.5 },
      error: { code: 8, message: "it is too large", reason: "ROW_TOO_LARGE" },
      error_key: { id: "b" },
    });
  });

  it("are buffers of their own", () => {
    const first = wire.Exists.encode(true);
    const copy = Buffer.from(first);
    wire.Get.encode(entity);
    expect(copy.equals(first)).toBe(true);
  });
});
