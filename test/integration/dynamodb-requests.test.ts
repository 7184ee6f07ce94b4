// How often DynamoDB is asked: the widest window, a collection's, and a hundred rows by key are one request, and a range that holds nothing is none.
import { fileURLToPath } from "node:url";
import { BatchWriteItemCommand, DeleteItemCommand, ScanCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { TextBound, TextRange } from "../../src/adapter/collection.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { WIDEST_WINDOW } from "../../src/repository/pages/plan-reader.ts";
import type { Filter } from "../../src/model/filter.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { createOf, windowOf } from "../conformance/direct.ts";
import { filter } from "../conformance/plain.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { createAnswerProxy, type AnswerProxy } from "../servers/answer-proxy.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const shop = await loadSchema({
  sources: [here("single-table")],
  cacheDir: here("../../node_modules/.cache/pannier-schema"),
});
const order = shop.entities.map(({ model }) => model).find(({ name }) => name === "shop.single.v1.Order")!;

const clock = manualClock();
/** One row more than a window has. */
const ROWS = WIDEST_WINDOW + 1;

let direct: DynamoDBClient;
let proxy: AnswerProxy;
let opened: Adapter[] = [];
beforeAll(async () => {
  const endpoint = await dynamodbServer();
  direct = dynamodbClient(endpoint);
  proxy = await createAnswerProxy(endpoint);
}, 300_000);
afterEach(async () => {
  for (const adapter of opened) await adapter.close();
  opened = [];
});
afterAll(async () => {
  direct.destroy();
  await proxy.close();
});

/** Copies of one row, as another program would write them, and nothing else. */
async function fill(adapter: Adapter, TableName: string): Promise<void> {
  const mutations = [createOf({ clock }, order, { user_id: "u", id: "0" })];
  await adapter.write({ mutations, atomic: false, returning: false, consistency: undefined }, testCall());
  const { Items = [] } = await direct.send(new ScanCommand({ TableName }));
  const item = Items.find(({ EntityType: type }) => type?.S === order.name);
  for (const { PK, SK, EntityType: type } of Items)
    if (!type) await direct.send(new DeleteItemCommand({ TableName, Key: { PK: PK!, SK: SK! } }));
  const copies = Array.from({ length: ROWS - 1 }, (_, i) => ({
    PutRequest: { Item: { ...item, SK: { S: `ORDER#${i + 1}` }, id: { S: `${i + 1}` } } },
  }));
  for (let from = 0; from < copies.length; from += 25) {
    const RequestItems = { [TableName]: copies.slice(from, from + 25) };
    await direct.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

/** Requests that read rows, by operation. */
async function asked(work: () => Promise<unknown>): Promise<{ readonly [operation: string]: number }> {
  const operations = ["Query", "Scan", "BatchGetItem"];
  const before = operations.map((operation) => proxy.asked(operation));
  await work();
  const counts = operations.map((operation, i) => [operation, proxy.asked(operation) - before[i]!] as const);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

const at = (text: string, inclusive: boolean): TextBound => ({ text, inclusive });
const one = "ORDER#7";

test("the widest window, of a table or a collection, and a hundred rows by key are one request; a range that holds nothing is none", async () => {
  const url = placeAt(proxy.endpoint);
  const settings = { table: "shop" };
  const adapter = guard(
    await openAdapter({ store: "main", url, dataDir: "", clock, entities: [order], settings }),
    "main",
  );
  opened.push(adapter);
  await fill(adapter, `${new URL(url).pathname.slice(1)}shop`);

  const window = async (where: Filter): Promise<void> => {
    const plan = adapter.plan({ entity: order, where, order: [] });
    const { rows, next } = await adapter.scan(plan, windowOf({ clock }, WIDEST_WINDOW), testCall());
    expect(rows).toHaveLength(WIDEST_WINDOW);
    expect(next).toBeDefined();
  };
  expect(await asked(() => window(filter(order, { user_id: { eq: "u" } })))).toEqual({ Query: 1 });
  expect(await asked(() => window({ kind: "const", value: true }))).toEqual({ Scan: 1 });

  const collected = async (sort: TextRange, count: number): Promise<void> => {
    const query = { entities: [order], unknown: false, partition: "USER#u", sort, reverse: false };
    const bounds = { ...windowOf({ clock }, WIDEST_WINDOW), fields: new Map(), maxExamined: 20_000 };
    const found = await adapter.collect?.(query, bounds, testCall());
    expect(found?.items).toHaveLength(count);
  };
  expect(await asked(() => collected({}, WIDEST_WINDOW))).toEqual({ Query: 1 });
  expect(await asked(() => collected({ lower: at(one, true), upper: at(one, true) }, 1))).toEqual({ Query: 1 });
  for (const nothing of [
    { lower: at("ORDER#2", true), upper: at("ORDER#1", true) },
    { lower: at(one, true), upper: at(one, false) },
    { lower: at(one, false), upper: at(one, true) },
    { upper: at("", true) },
  ])
    expect(await asked(() => collected(nothing, 0)), JSON.stringify(nothing)).toEqual({});

  const keys = Array.from({ length: 100 }, (_, i) => ({ entity: order, key: ["u", `${i}`] }));
  const read = async (): Promise<void> => {
    const request = { keys, fields: undefined, consistency: undefined, maxBytes: 2_097_152 };
    const outcomes = await adapter.read(request, testCall());
    expect(outcomes.every(({ status }) => status === "found")).toBe(true);
  };
  expect(await asked(read), "a few tell how large rows are").toEqual({ BatchGetItem: 2 });
  expect(await asked(read)).toEqual({ BatchGetItem: 1 });
}, 120_000);
