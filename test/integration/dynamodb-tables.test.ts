// What tables of DynamoDB are besides their keys: made, compared and changed as the settings say.
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ScanCommand,
  UpdateTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { createAnswerProxy, type AnswerProxy } from "../servers/answer-proxy.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";

const some = entities.filter(({ name }) => name === "test.v1.Account");

let endpoint: string;
let direct: DynamoDBClient;
let opened: Adapter[] = [];
beforeAll(async () => {
  endpoint = await dynamodbServer();
  direct = dynamodbClient(endpoint);
}, 300_000);
afterEach(async () => {
  for (const adapter of opened) await adapter.close();
  opened = [];
});
afterAll(() => {
  direct.destroy();
});

async function open(
  url: string,
  tables: "auto" | "check",
  settings: { readonly [name: string]: unknown },
): Promise<{ readonly adapter: Adapter; readonly subject: Subject }> {
  const clock = manualClock();
  const options = { store: "main", url, dataDir: "", clock, entities: some, tables, settings };
  const adapter = guard(await openAdapter(options), "main");
  opened.push(adapter);
  return { adapter, subject: subjectOf("main", adapter, clock, some) };
}

const PROVISIONED = { billing: "provisioned", read_capacity: 7, write_capacity: 3 };

test("capacity is what is asked for, of the table and of its indexes; with check another is drift", async () => {
  const url = placeAt(endpoint);
  const TableName = `${new URL(url).pathname.slice(1)}accounts`;
  const billed = async (): Promise<unknown> => {
    const { Table: told } = await direct.send(new DescribeTableCommand({ TableName }));
    const units = [told, ...(told?.GlobalSecondaryIndexes ?? [])].map((each) => each?.ProvisionedThroughput);
    return units.map((each) => [each?.ReadCapacityUnits, each?.WriteCapacityUnits]);
  };
  await open(url, "auto", {});
  const { adapter, subject } = await open(url, "check", PROVISIONED);
  await refusal("SCHEMA_DRIFT", subject.rows("Account").create({ id: "a" }));
  const differences = await adapter.schema!.verify(testCall());
  expect(differences).toContainEqual(
    expect.objectContaining({ what: expect.stringMatching(/accounts is billed on demand/u), additive: true }),
  );
  await open(url, "auto", PROVISIONED);
  expect(await billed()).toEqual([
    [7, 3],
    [7, 3],
    [7, 3],
  ]);
  await adapter.ping(testCall());
  await subject.rows("Account").create({ id: "a" });
  await open(url, "auto", { billing: "on_demand" });
  const { Table: told } = await direct.send(new DescribeTableCommand({ TableName }));
  expect(told?.BillingModeSummary?.BillingMode).toBe("PAY_PER_REQUEST");
}, 120_000);

test("items go by time, also where somebody turned that off", async () => {
  const url = placeAt(endpoint);
  const TableName = `${new URL(url).pathname.slice(1)}pannier_beside`;
  await open(url, "auto", {});
  const told = async (): Promise<unknown> => {
    const { TimeToLiveDescription: ttl } = await direct.send(new DescribeTimeToLiveCommand({ TableName }));
    return [ttl?.TimeToLiveStatus, ttl?.AttributeName];
  };
  expect(await told()).toEqual(["ENABLED", "pannier_ttl"]);
  const TimeToLiveSpecification = { Enabled: false, AttributeName: "pannier_ttl" };
  await direct.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  const { adapter } = await open(url, "check", {});
  expect(await adapter.schema!.verify(testCall())).toMatchObject([
    { what: expect.stringMatching(/pannier_beside does not let items go by time/u), additive: true },
  ]);
  await open(url, "auto", {});
  expect(await told()).toEqual(["ENABLED", "pannier_ttl"]);
}, 120_000);

test("what the database does not say of a table is a note, and no reason to refuse", async () => {
  const { adapter, subject } = await open(placeAt(endpoint), "auto", { point_in_time_recovery: true });
  await subject.rows("Account").create({ id: "a" });
  const notes = await adapter.schema!.verify(testCall());
  expect(notes.map(({ isUnknown }) => isUnknown)).toEqual([true, true]);
  expect(notes[0]?.what).toMatch(/does not say whether it can be restored to a point in time/u);
}, 120_000);

describe("an index that has part of its rows", () => {
  const orders = entities.filter(({ name }) => name === "conformance.v1.Task");

  async function tasks(indexes: object): Promise<{
    readonly adapter: Adapter;
    readonly subject: Subject;
    readonly proxy: AnswerProxy;
    readonly table: string;
  }> {
    const proxy = await createAnswerProxy(endpoint);
    const clock = manualClock();
    const settings = { table: "all", indexes };
    const url = placeAt(proxy.endpoint);
    const options = { store: "main", url, dataDir: "", clock, entities: orders, settings };
    const adapter = guard(await openAdapter(options), "main");
    opened.push(adapter);
    const subject = subjectOf("main", adapter, clock, orders);
    const due = clock.now();
    for (const number of [1n, 2n, 3n]) {
      const row = { team: "t", number, assignee: "ann", due, title: `task ${number}` };
      await subject.rows("Task").create(row);
    }
    return { adapter, subject, proxy, table: `${new URL(url).pathname.slice(1)}all` };
  }
  const where = { assignee: { eq: "ann" }, due: { is_null: false } };

  test.each([
    ["keys", "keys_only", { all: 1, some: 1 }],
    ["some columns", ["title", "assignee", "due", "team", "number"], { all: 0, some: 0 }],
    ["one column", ["title"], { all: 1, some: 1 }],
    ["everything", "all", { all: 0, some: 0 }],
  ])(
    "%s: what it lacks is fetched by key, and the plan says so",
    async (_what, projection, fetched) => {
      const { adapter, subject, proxy } = await tasks({ GSI1: { projection } });
      try {
        const rows = subject.rows("Task");
        const asking = async (extras: object): Promise<number> => {
          const before = proxy.asked("BatchGetItem");
          const found = await rows.pages({ where, ...extras });
          expect(found.map(({ title }) => title)).toEqual(["task 1", "task 2", "task 3"]);
          return proxy.asked("BatchGetItem") - before;
        };
        expect({ all: await asking({}), some: await asking({ readMask: ["title"] }) }).toEqual(fetched);
        const ordinal = rows.entity.fields.find(({ name }) => name === "assignee")!.ordinal;
        const due = rows.entity.fields.find(({ name }) => name === "due")!.ordinal;
        const plan = adapter.plan({
          entity: rows.entity,
          where: {
            kind: "group",
            op: "and",
            terms: [
              { kind: "condition", op: "eq", ordinal, value: "ann" },
              { kind: "condition", op: "is_null", ordinal: due, value: false },
            ],
          },
          order: [],
        });
        expect(plan.fetchesRows).toBe(projection === "all" ? undefined : true);
      } finally {
        await proxy.close();
      }
    },
    120_000,
  );

  // The local server's indexes are never behind, so the proxy answers what the index had before.
  test.each([
    ["all", ["task 1", "task 2", "task 3"]],
    ["keys_only", ["task 1"]],
  ])(
    "%s, behind its table: what it has is as it was, what is fetched is as the table has it, and STRONG is refused",
    async (projection, wanted) => {
      const { subject, proxy, table } = await tasks({ GSI1: { projection } });
      try {
        const rows = subject.rows("Task");
        const { Items = [] } = await direct.send(new ScanCommand({ TableName: table }));
        const before = Items.filter((item) => item["GSI1PK"] !== undefined);
        await rows.delete({ team: "t", number: 2n });
        await rows.update({ team: "t", number: 3n, assignee: "bob" });
        const how = { kind: "answer", body: () => ({ Items: before, Count: before.length }) } as const;
        proxy.interfere({ operation: "Query", times: 1, how });
        expect((await rows.pages({ where })).map(({ title }) => title)).toEqual(wanted);
        await refusal("CAPABILITY_MISSING", rows.pages({ where, consistency: "strong" }));
        expect((await rows.pages({ where })).map(({ title }) => title)).toEqual(["task 1"]);
      } finally {
        await proxy.close();
      }
    },
    120_000,
  );

  test.each([
    ["local", true],
    ["global", false],
  ])(
    "one that is %s is read strongly: %s",
    async (_what, local) => {
      const [entry] = entities.filter(({ name }) => name === "conformance.v1.Entry");
      const name = entry!.indexes[0]!.name;
      const clock = manualClock();
      const options = { store: "main", url: placeAt(endpoint), dataDir: "", clock, entities: [entry!] };
      const adapter = guard(await openAdapter({ ...options, settings: { indexes: { [name]: { local } } } }), "main");
      opened.push(adapter);
      expect([...(adapter.unfit ?? [])]).toEqual([]);
      const rows = subjectOf("main", adapter, clock, [entry!]).rows("Entry");
      for (const [id, rank] of [
        ["a", 1n],
        ["b", 3n],
        ["c", 2n],
      ] as const)
        await rows.create({ journal: "j", id, rank });
      const asked = { where: { journal: { eq: "j" } }, orderBy: "rank desc", pageSize: 2 };
      expect((await rows.pages(asked)).map(({ id }) => id)).toEqual(["b", "c", "a"]);
      const strong = rows.pages({ ...asked, consistency: "strong" }).then((found) => found.map(({ id }) => id));
      if (!local) await refusal("CAPABILITY_MISSING", strong);
      expect(await strong.catch(() => undefined)).toEqual(local ? ["b", "c", "a"] : undefined);
    },
    120_000,
  );
});
