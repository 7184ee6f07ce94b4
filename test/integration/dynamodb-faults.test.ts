// A store on DynamoDB while answers are lost, requests throttled and transactions cancelled, and others write beside it.
import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  ListTablesCommand,
  ScanCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { Fault } from "../../src/model/fault.ts";
import { createOf } from "../conformance/direct.ts";
import { ascending, type Plain } from "../conformance/plain.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { createAnswerProxy, type AnswerProxy } from "../servers/answer-proxy.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";

const entity = (name: string): EntityModel => entities.find((each) => each.name === `test.v1.${name}`)!;

let endpoint: string;
let proxy: AnswerProxy;
let direct: DynamoDBClient;
let opened: Adapter[] = [];

beforeAll(async () => {
  endpoint = await dynamodbServer();
  proxy = await createAnswerProxy(endpoint);
  direct = dynamodbClient(endpoint);
}, 300_000);
afterEach(async () => {
  proxy.interfere(undefined);
  for (const adapter of opened) await adapter.close();
  opened = [];
});
afterAll(async () => {
  direct.destroy();
  await proxy.close();
});

interface Opened {
  readonly adapter: Adapter;
  readonly subject: Subject;
  readonly url: string;
  readonly prefix: string;
}

async function open(of: readonly string[], url = placeAt(proxy.endpoint)): Promise<Opened> {
  const clock = manualClock();
  const some = of.map(entity);
  const adapter = guard(await openAdapter({ store: "main", url, dataDir: "", clock, entities: some }), "main");
  opened.push(adapter);
  const prefix = new URL(url).pathname.slice(1);
  return { adapter, subject: subjectOf("main", adapter, clock, some), url, prefix };
}

function reasonOf(error: unknown): string {
  return error instanceof Fault ? error.reason : "no Fault";
}

const LOST = { kind: "lose" } as const;
const failing = (type: string, more = {}): { kind: "error"; type: string; more: object } => ({
  kind: "error",
  type,
  more,
});
const cancelled = (...codes: readonly string[]): { kind: "error"; type: string; more: object } =>
  failing("TransactionCanceledException", { CancellationReasons: codes.map((Code) => ({ Code })) });

describe("an answer that is lost", { timeout: 120_000 }, () => {
  test("after a Create: its outcome is unknown, it is not sent again, and the truth can be read", async () => {
    const accounts = (await open(["Account"])).subject.rows("Account");
    proxy.interfere({ operation: "PutItem", times: Infinity, how: LOST });
    const before = proxy.asked("PutItem");
    const fault = await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "a" }));
    expect(fault).toMatchObject({ code: "UNKNOWN", detail: { neverResend: true } });
    expect(proxy.asked("PutItem") - before).toBe(1);
    expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
  });

  test("after a transaction: its outcome is unknown, and all of it is there", async () => {
    const accounts = (await open(["Account"])).subject.rows("Account");
    proxy.interfere({ operation: "TransactWriteItems", times: Infinity, how: LOST });
    const before = proxy.asked("TransactWriteItems");
    const writes = ["b", "c"].map((id) => accounts.op.create({ id }));
    await refusal("WRITE_OUTCOME_UNKNOWN", accounts.batchWrite(writes, { atomic: true }));
    expect(proxy.asked("TransactWriteItems") - before).toBe(1);
    for (const id of ["b", "c"]) expect(await accounts.get({ id })).toMatchObject({ id });
  });

  test("after a read: it is asked again", async () => {
    const accounts = (await open(["Account"])).subject.rows("Account");
    await accounts.create({ id: "d" });
    proxy.interfere({ operation: "GetItem", times: 2, how: LOST });
    expect(await accounts.get({ id: "d" })).toMatchObject({ id: "d" });
  });
});

describe("a database that refuses for now", { timeout: 120_000 }, () => {
  test.each(["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"])(
    "by %s: a write is sent again, and in the end RESOURCE_EXHAUSTED says when to ask again",
    async (type) => {
      const accounts = (await open(["Account"])).subject.rows("Account");
      proxy.interfere({ operation: "PutItem", times: 2, how: failing(type) });
      await accounts.create({ id: "a" });
      proxy.interfere({ operation: "PutItem", times: Infinity, how: failing(type) });
      const fault = await refusal("QUEUE_FULL", accounts.create({ id: "b" }));
      expect(fault.code).toBe("RESOURCE_EXHAUSTED");
      expect(fault.detail.retryAfter).toBeGreaterThan(0);
      await refusal("ROW_NOT_FOUND", accounts.get({ id: "b" }));
    },
  );

  test("an error of the server: a read is asked again, a write is not", async () => {
    const accounts = (await open(["Account"])).subject.rows("Account");
    await accounts.create({ id: "a" });
    const how = { ...failing("InternalServerError"), status: 500 };
    proxy.interfere({ operation: "GetItem", times: 2, how });
    expect(await accounts.get({ id: "a" })).toMatchObject({ id: "a" });
    proxy.interfere({ operation: "PutItem", times: Infinity, how });
    const before = proxy.asked("PutItem");
    await refusal("WRITE_OUTCOME_UNKNOWN", accounts.create({ id: "b" }));
    expect(proxy.asked("PutItem") - before).toBe(1);
  });

  test.each([
    ["TransactionConflict", "TRANSACTION_CONFLICT"],
    ["ThrottlingError", "QUEUE_FULL"],
    ["ProvisionedThroughputExceeded", "QUEUE_FULL"],
  ])("a transaction cancelled by %s is sent again, then %s, and nothing of it is there", async (code, reason) => {
    const { adapter, subject } = await open(["Account"]);
    const accounts = subject.rows("Account");
    const mutations = ["a", "b"].map((id) => createOf(subject, accounts.entity, { id }));
    const request = { mutations, atomic: true, returning: false, consistency: undefined };
    proxy.interfere({ operation: "TransactWriteItems", times: Infinity, how: cancelled("None", code) });
    // The repository would ask again while its call lasts.
    expect(await adapter.write(request, testCall()).then(() => "written", reasonOf)).toBe(reason);
    await refusal("ROW_NOT_FOUND", accounts.get({ id: "a" }));
    proxy.interfere({ operation: "TransactWriteItems", times: 2, how: cancelled(code, "None") });
    await adapter.write(request, testCall());
    expect(await accounts.get({ id: "b" })).toMatchObject({ id: "b" });
  });

  test("unprocessed keys of a BatchGet are asked again", async () => {
    const { adapter, subject } = await open(["Account"]);
    const accounts = subject.rows("Account");
    for (const id of ["a", "b"]) await accounts.create({ id });
    const body = (asked: string): object => {
      const { RequestItems } = JSON.parse(asked) as { RequestItems: object };
      return { Responses: {}, UnprocessedKeys: RequestItems };
    };
    proxy.interfere({ operation: "BatchGetItem", times: 2, how: { kind: "answer", body } });
    const keys = ["a", "b", "c"].map((id) => ({ entity: accounts.entity, key: [id] }));
    const outcomes = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    expect(outcomes.map(({ status }) => status)).toEqual(["found", "found", "missing"]);
  });
});

describe("tables", { timeout: 120_000 }, () => {
  test("made by several sidecars that start at once are made once, and all of them serve", async () => {
    const url = placeAt(proxy.endpoint);
    const all = await Promise.all(Array.from({ length: 3 }, () => open(["Account"], url)));
    for (const [i, { subject }] of all.entries()) await subject.rows("Account").create({ id: `by-${i}` });
    for (const i of all.keys()) expect(await all[0]!.subject.rows("Account").get({ id: `by-${i}` })).toBeDefined();
  });

  test("taken away under a store are SCHEMA_DRIFT, and found again once they are there", async () => {
    const { adapter, subject, prefix, url } = await open(["Account"]);
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a" });
    const TableName = `${prefix}${accounts.entity.table}`;
    await direct.send(new DeleteTableCommand({ TableName }));
    await refusal("SCHEMA_DRIFT", accounts.get({ id: "a" }));
    await adapter.ping(testCall());
    expect(adapter.schema!.contract!(accounts.entity).drift).toEqual([expect.stringContaining("is missing")]);
    await open(["Account"], url);
    await adapter.ping(testCall());
    await accounts.create({ id: "a" });
  });

  test("with another key are refused by name", async () => {
    const url = placeAt(proxy.endpoint);
    const { table } = entity("Account");
    await direct.send(
      new CreateTableCommand({
        TableName: `${new URL(url).pathname.slice(1)}${table}`,
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    const { adapter, subject } = await open(["Account"], url);
    await refusal("SCHEMA_DRIFT", subject.rows("Account").create({ id: "a" }));
    const [difference] = await adapter.schema!.verify(testCall());
    expect(difference).toMatchObject({ additive: false, what: expect.stringContaining("has another key") });
  });

  test("that lack an index get it, and it holds the rows from before", async () => {
    const plain = entity("Plain");
    const url = placeAt(proxy.endpoint);
    const clock = manualClock();
    const before = { ...plain, indexes: [] };
    const adapter = await openAdapter({ store: "main", url, dataDir: "", clock, entities: [before] });
    opened.push(adapter);
    await subjectOf("main", adapter, clock, [before]).rows("Plain").create({ id: "old", name: "x" });
    const rows = (await open(["Plain"], url)).subject.rows("Plain");
    await rows.create({ id: "new", name: "x" });
    const found = await rows.pages({ where: { name: { eq: "x" } } });
    expect(ascending(found.map((row) => row.id))).toEqual(["new", "old"]);
  });
});

describe("what the database cannot hold is refused before it is sent", { timeout: 120_000 }, () => {
  test("keys and indexed values that are too long, by field", async () => {
    const accounts = (await open(["Account", "Plain"])).subject;
    const before = proxy.asked("PutItem");
    const key = await refusal("VALUE_TOO_LONG", accounts.rows("Account").create({ id: "x".repeat(2_100) }));
    expect(key).toMatchObject({ code: "INVALID_ARGUMENT", detail: { field: "id" } });
    const indexed = await refusal(
      "VALUE_TOO_LONG",
      accounts.rows("Plain").create({ id: "a", name: "x".repeat(2_100) }),
    );
    expect(indexed.detail.field).toBe("entity.name");
    expect(proxy.asked("PutItem")).toBe(before);
  });

  test("a row above 400 KB, alone and in a batch, whose other rows are written", async () => {
    const rows = (await open(["Composite"])).subject.rows("Composite");
    const row = (number: bigint, note: string): Plain => ({ tenant: "t", shard: 1n, number, at: 0n, name: "a", note });
    const large = "x".repeat(410_000);
    expect((await refusal("ROW_TOO_LARGE", rows.create(row(1n, large)))).code).toBe("RESOURCE_EXHAUSTED");
    const answers = await rows.batchWrite([rows.op.create(row(2n, "y")), rows.op.create(row(3n, large))]);
    expect(answers).toMatchObject([{ created: true }, { fault: { reason: "ROW_TOO_LARGE" } }]);
  });
});

describe("values of a unique index", { timeout: 120_000 }, () => {
  test("are one row's, whoever races for them in two sidecars", async () => {
    const { url, subject } = await open(["Ticket"]);
    const sides = [subject.rows("Ticket"), (await open(["Ticket"], url)).subject.rows("Ticket")];
    for (let round = 0; round < 5; round += 1) {
      const code = `code-${round}`;
      const raced = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          sides[i % 2]!.create({ id: `${round}-${i}`, code }).then(() => "created", reasonOf),
        ),
      );
      expect(raced.filter((each) => each === "created")).toHaveLength(1);
      expect(new Set(raced)).toEqual(new Set(["created", "UNIQUE_VIOLATION"]));
      const winner = `${round}-${raced.indexOf("created")}`;
      await sides[0]!.delete({ id: winner });
      await sides[1]!.create({ id: `${round}-again`, code });
    }
  });

  test("change hands between two rows in one batch", async () => {
    const tickets = (await open(["Ticket"])).subject.rows("Ticket");
    await tickets.create({ id: "a", code: "1" });
    await tickets.create({ id: "b", code: "2" });
    const swap = [tickets.op.put({ id: "a", code: "2" }), tickets.op.put({ id: "b", code: "1" })];
    await refusal("UNIQUE_VIOLATION", tickets.put({ id: "a", code: "2" }));
    const freed = [
      tickets.op.delete({ id: "a" }),
      tickets.op.put({ id: "b", code: "1" }),
      tickets.op.create({ id: "a", code: "2" }),
    ];
    await tickets.batchWrite(freed, { atomic: true });
    expect([await tickets.get({ id: "a" }), await tickets.get({ id: "b" })]).toMatchObject([
      { code: "2" },
      { code: "1" },
    ]);
    await refusal(
      "UNIQUE_VIOLATION",
      tickets.batchWrite(swap.slice(0, 1).concat(tickets.op.put({ id: "c", code: "1" })), { atomic: true }),
    );
    await refusal("UNIQUE_VIOLATION", tickets.create({ id: "d", code: "1" }));
    await refusal("KEY_EXISTS", tickets.create({ id: "a", code: "1" })); // both are taken
  });

  test("of a row that others took away are free", async () => {
    const { subject, prefix } = await open(["Ticket"]);
    const tickets = subject.rows("Ticket");
    await tickets.create({ id: "a", code: "1" });
    const TableName = `${prefix}${tickets.entity.table}`;
    const { Items = [] } = await direct.send(new ScanCommand({ TableName }));
    const { pannier_pk } = Items[0]!;
    await direct.send(new DeleteItemCommand({ TableName, Key: { pannier_pk: pannier_pk! } }));
    await tickets.create({ id: "b", code: "1" });
    expect(await tickets.get({ id: "b" })).toMatchObject({ code: "1" });
    await refusal("UNIQUE_VIOLATION", tickets.create({ id: "c", code: "1" }));
  });
});

describe("what the database decides by itself", { timeout: 120_000 }, () => {
  const OPERATIONS = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

  /** Requests of the database, by operation. */
  async function asked(work: () => Promise<unknown>): Promise<{ readonly [operation: string]: number }> {
    const before = OPERATIONS.map((operation) => proxy.asked(operation));
    await work();
    const counts = OPERATIONS.map((operation, i) => [operation, proxy.asked(operation) - before[i]!] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  test("a conditional Update or Delete is one request, also where it is refused", async () => {
    const { subject } = await open(["Account", "CompositeByName"]);
    const accounts = subject.rows("Account");
    await accounts.create({ id: "a", name: "first", balance: "2.50", roles: ["x"] });
    const condition = { name: { eq: "first" }, balance: { gte: "2.5" }, roles: { has_all: ["x"] } };
    const update = { UpdateItem: 1 };
    expect(await asked(() => accounts.update({ id: "a", name: "second" }, { condition }))).toEqual(update);
    expect(
      await asked(() => refusal("CONDITION_FAILED", accounts.update({ id: "a", name: "x" }, { condition }))),
    ).toEqual(update);
    expect(await asked(() => accounts.update({ id: "a", name: "third" }, { expectedVersion: 2n }))).toEqual(update);
    expect(
      await asked(() => refusal("VERSION_MISMATCH", accounts.update({ id: "a", name: "x" }, { expectedVersion: 2n }))),
    ).toEqual(update);
    expect(await asked(() => refusal("ROW_NOT_FOUND", accounts.update({ id: "b", name: "x" }, { condition })))).toEqual(
      update,
    );
    expect(await accounts.get({ id: "a" })).toMatchObject({ name: "third", version: 3n, balance: "2.50" });
    await accounts.create({ id: "c" });
    const writes = ["a", "c"].map((id) => accounts.op.update({ id, name: "batch" }));
    expect(await asked(() => accounts.batchWrite(writes))).toEqual({ UpdateItem: 2 });
    const twice = ["a", "a"].map((id, i) => accounts.op.update({ id, name: `${i}` }));
    await accounts.batchWrite(twice);
    expect(await accounts.get({ id: "a" })).toMatchObject({ name: "1", version: 6n });
    const entries = subject.rows("CompositeByName");
    const key = { tenant: "t", name: "n" };
    await entries.create({ ...key, note: "n" });
    expect(
      await asked(() => refusal("CONDITION_FAILED", entries.delete(key, { condition: { note: { ne: "n" } } }))),
    ).toEqual({ DeleteItem: 1 });
    expect(await asked(() => entries.delete(key, { condition: { note: { starts_with: "n" } } }))).toEqual({
      DeleteItem: 1,
    });
    await refusal("ROW_NOT_FOUND", entries.get(key));
  });

  test("what it cannot say, or would not take, is decided on what was read", async () => {
    const accounts = (await open(["Account"])).subject.rows("Account");
    await accounts.create({ id: "a", name: "x".repeat(200), limits: new Map([["l", 1n]]) });
    const condition = { limits: { has_any: ["l"] } };
    const reads = { GetItem: 1, UpdateItem: 1 };
    expect(await asked(() => accounts.update({ id: "a", name: "y" }, { condition }))).toEqual(reads);
    const notes = Array.from({ length: 50 }, () => "n".repeat(9_000));
    await refusal("ROW_TOO_LARGE", accounts.update({ id: "a", notes }, { mask: ["notes"] }));
    expect(await accounts.get({ id: "a" })).toMatchObject({ name: "y", notes: [] });
  });
});

describe("others who write beside a store", { timeout: 120_000 }, () => {
  test("64 increments at a time by two sidecars sum exactly", async () => {
    const { url, subject } = await open(["Account"]);
    const sides = [subject.rows("Account"), (await open(["Account"], url)).subject.rows("Account")];
    await sides[0]!.create({ id: "a" });
    await Promise.all(
      Array.from({ length: 64 }, (_, i) => sides[i % 2]!.update({ id: "a" }, { increment: { int64_count: 1n } })),
    );
    expect(await sides[0]!.get({ id: "a" })).toMatchObject({ int64_count: 64n });
  });

  test("attributes that no entity knows stay, and one of another type fails its row alone", async () => {
    const { adapter, subject, prefix } = await open(["Account"]);
    const accounts = subject.rows("Account");
    for (const id of ["a", "b"]) await accounts.create({ id, int64_count: 1n });
    const TableName = `${prefix}${accounts.entity.table}`;
    const items = async (): Promise<readonly { readonly [name: string]: unknown }[]> =>
      (await direct.send(new ScanCommand({ TableName }))).Items ?? [];
    const set = async (id: string, name: string, value: { S: string }): Promise<void> => {
      const { Items = [] } = await direct.send(new ScanCommand({ TableName }));
      const item = Items.find((each) => each["id"]?.S === id)!;
      const Key = Object.fromEntries(Object.entries(item).filter(([each]) => /^pannier_[ps]k$/u.test(each)));
      await direct.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: "SET #0 = :0",
          ExpressionAttributeNames: { "#0": name },
          ExpressionAttributeValues: { ":0": value },
        }),
      );
    };
    await set("a", "select", { S: "theirs" });
    await accounts.update({ id: "a" }, { increment: { int64_count: 1n } });
    expect(await items()).toContainEqual(expect.objectContaining({ id: { S: "a" }, select: { S: "theirs" } }));
    await set("b", "int64_count", { S: "many" });
    const keys = ["a", "b"].map((id) => ({ entity: accounts.entity, key: [id] }));
    const outcomes = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    expect(outcomes.map(({ status }) => status)).toEqual(["found", "failed"]);
    await refusal("STORE_CORRUPT", accounts.get({ id: "b" }));
  });

  test("the names of tables begin with the prefix", async () => {
    const { prefix } = await open(["Account"]);
    const { TableNames = [] } = await direct.send(new ListTablesCommand({ ExclusiveStartTableName: prefix, Limit: 2 }));
    expect(TableNames).toEqual([`${prefix}${entity("Account").table}`, `${prefix}pannier_beside`]);
  });
});
