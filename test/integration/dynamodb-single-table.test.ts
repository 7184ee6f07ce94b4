// Many entities in one table of DynamoDB: what lies in it as another program sees it, and what a start refuses.
import { fileURLToPath } from "node:url";
import { CreateTableCommand, PutItemCommand, ScanCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { ascending } from "../conformance/plain.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall } from "../conformance/rows.ts";
import { openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock, type Subject } from "../conformance/subject.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const schema = await loadSchema({
  sources: [here("single-table")],
  cacheDir: here("../../node_modules/.cache/pannier-schema"),
});
const shop: readonly EntityModel[] = schema.entities
  .map(({ model }) => model)
  .filter(({ name }) => !name.endsWith("Label"));
const entity = (name: string): EntityModel => shop.find((each) => each.name === `shop.single.v1.${name}`)!;

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

/** An index leaves out rows that lack one of its fields. */
const dated = { created_at: { is_null: false } };

interface Opened {
  readonly adapter: Adapter;
  readonly subject: Subject;
  readonly url: string;
  readonly table: string;
}

async function open(
  entities: readonly EntityModel[] = shop,
  {
    url = placeAt(endpoint),
    tables = "auto" as const,
    ...more
  }: { url?: string; tables?: "auto" | "check"; [setting: string]: unknown } = {},
): Promise<Opened> {
  const clock = manualClock();
  const settings = { table: "shop", ...more };
  const options = { store: "main", url, dataDir: "", clock, entities, tables, settings };
  const adapter = guard(await openAdapter(options), "main");
  opened.push(adapter);
  const table = `${new URL(url).pathname.slice(1)}shop`;
  return { adapter, subject: subjectOf("main", adapter, clock, entities), url, table };
}

async function itemsIn(TableName: string): Promise<readonly { readonly [name: string]: { readonly S?: string } }[]> {
  const { Items = [] } = await direct.send(new ScanCommand({ TableName, ConsistentRead: true }));
  return Items.map((item) => item as { readonly [name: string]: { readonly S?: string } });
}

describe("the shop in one table", { timeout: 120_000 }, () => {
  test("lies under the keys that its templates say, with its type, and its readers see neither", async () => {
    const { subject, table } = await open();
    await subject.rows("User").create({ id: "u#1", email: "ann@example.org", name: "Ann" });
    await subject.rows("Order").create({ user_id: "u#1", id: "o1", status: "new" });
    await subject.rows("Payment").create({ user_id: "u#1", id: "o1" });
    const items = await itemsIn(table);
    const rows = items.filter((item) => item["EntityType"]);
    expect(ascending(rows.map((item) => [item["EntityType"]?.S, item["PK"]?.S, item["SK"]?.S].join(" ")))).toEqual([
      "shop.single.v1.Order USER#u$231 ORDER#o1",
      "shop.single.v1.Payment USER#u$231 PAYMENT#o1",
      "shop.single.v1.User USER#u$231 USER#u$231",
    ]);
    const user = rows.find((item) => item["EntityType"]?.S === "shop.single.v1.User");
    expect([user?.["GSI1PK"]?.S, user?.["GSI1SK"]?.S]).toEqual(["EMAIL#ann@example.org", "USER"]);
    expect(Object.keys((await subject.rows("User").get({ id: "u#1" })) ?? {})).not.toContain("EntityType");
    expect(await subject.rows("Order").pages({ where: { user_id: { eq: "u#1" } } })).toHaveLength(1);
    expect(await subject.rows("Payment").pages({})).toHaveLength(1);
  });

  test("has attributes of an index where a row has its fields, and they follow every change", async () => {
    const { subject, table } = await open();
    const orders = subject.rows("Order");
    const keyed = async (): Promise<string | undefined> =>
      (await itemsIn(table)).find((item) => item["EntityType"])?.["GSI1PK"]?.S;
    await orders.create({ user_id: "u", id: "o", status: "new" });
    expect(await keyed()).toBe("ORDER_STATUS#new");
    await orders.update({ user_id: "u", id: "o", status: "paid" });
    expect(await keyed()).toBe("ORDER_STATUS#paid");
    expect(await orders.pages({ where: { status: { eq: "new" }, ...dated } })).toEqual([]);
    await orders.update({ user_id: "u", id: "o" }, { mask: ["status"] });
    expect(await keyed()).toBeUndefined();
    await orders.update({ user_id: "u", id: "o", status: "paid" });
    expect(await orders.pages({ where: { status: { eq: "paid" }, ...dated } })).toMatchObject([{ id: "o" }]);
  });

  test("pages through an index whose template does not end with the key, whatever is equal in it", async () => {
    const { subject } = await open();
    const orders = subject.rows("Order");
    for (let i = 0; i < 7; i += 1) await orders.create({ user_id: `u${i}`, id: "o", status: "new" }); // one created_at
    const found = await orders.pages({
      where: { status: { eq: "new" }, ...dated },
      orderBy: "created_at desc",
      pageSize: 2,
    });
    expect(ascending(found.map((row) => row.user_id))).toEqual(["u0", "u1", "u2", "u3", "u4", "u5", "u6"]);
    const both = { where: { status: { one_of: ["new", "paid"] }, ...dated }, pageSize: 3 };
    expect(await orders.pages(both)).toHaveLength(7);
  });

  test("finds a unique value by its index, and keeps it to one user", async () => {
    const users = (await open()).subject.rows("User");
    await users.create({ id: "1", email: "a" });
    await refusal("UNIQUE_VIOLATION", users.create({ id: "2", email: "a" }));
    expect(await users.pages({ where: { email: { eq: "a" } } })).toMatchObject([{ id: "1" }]);
    await users.delete({ id: "1" });
    await users.create({ id: "2", email: "a" });
  });

  test("has other names of attributes where the settings say so", async () => {
    const more = {
      partition_attribute: "pk",
      sort_attribute: "sk",
      type_attribute: "kind",
      indexes: { GSI1: { partition: "gsi1pk", sort: "gsi1sk" } },
    };
    const { subject, table } = await open(shop, more);
    await subject.rows("User").create({ id: "1", email: "a" });
    const [item] = (await itemsIn(table)).filter((each) => each["kind"]);
    expect([item?.["pk"]?.S, item?.["sk"]?.S, item?.["gsi1pk"]?.S]).toEqual(["USER#1", "USER#1", "EMAIL#a"]);
    expect(await subject.rows("User").pages({ where: { email: { eq: "a" } } })).toMatchObject([{ id: "1" }]);
  });
});

describe("items of others", { timeout: 120_000 }, () => {
  test("that no entity knows are passed over, and one under a row's key fails that row alone", async () => {
    const { subject, table } = await open();
    const users = subject.rows("User");
    await users.create({ id: "1" });
    const put = (PK: string, SK: string, more = {}): Promise<unknown> =>
      direct.send(new PutItemCommand({ TableName: table, Item: { PK: { S: PK }, SK: { S: SK }, ...more } }));
    await put("USER#1", "NOTE#1", { EntityType: { S: "Note" } });
    await put("USER#2", "USER#2", { EntityType: { S: "Guest" } });
    await put("USER#3", "USER#3");
    expect(await users.pages({})).toMatchObject([{ id: "1" }]);
    await refusal("STORE_CORRUPT", users.get({ id: "2" }));
    await refusal("STORE_CORRUPT", users.create({ id: "3" }));
    expect(await users.batchGet([{ id: "1" }, { id: "2" }])).toMatchObject([
      { row: { id: "1" } },
      { fault: { reason: "STORE_CORRUPT" } },
    ]);
  });
});

/** A copy with other templates. */
function changedTo(name: string, change: Partial<EntityModel>): EntityModel {
  return { ...entity(name), ...change };
}

describe("what a start refuses", { timeout: 120_000 }, () => {
  const others = (changed: EntityModel): readonly EntityModel[] => [
    ...shop.filter(({ name }) => name !== changed.name),
    changed,
  ];

  test.each<[what: string, changed: EntityModel, text: RegExp]>([
    [
      "items that could be another entity's",
      changedTo("Payment", { item: { partition: "USER#{user_id}", sort: "ORDER#{id}" } }),
      /could be one of shop\.single\.v1\.Order/u,
    ],
    [
      "a partition of fields that order within it",
      changedTo("Order", { item: { partition: "O#{id}", sort: "{user_id}" } }),
      /has id in its partition, which orders rows/u,
    ],
    [
      "a literal that values are written with",
      changedTo("Order", { item: { partition: "USER#{user_id}", sort: "{user_id}$ORDER#{id}" } }),
      /has "\$ORDER#" behind \{user_id\}/u,
    ],
    [
      "an index whose template has other fields first",
      changedTo("Order", {
        indexes: entity("Order").indexes.map((index) => ({
          ...index,
          item: { partition: "STATUS#{status}", sort: "{id}#{created_at}" },
        })),
      }),
      /must have created_at in its sort before other fields/u,
    ],
    [
      "an index whose template names what may be absent",
      changedTo("Order", {
        indexes: entity("Order").indexes.map((index) => ({
          ...index,
          item: { partition: "STATUS#{status}", sort: "{created_at}#{payment_id}" },
        })),
      }),
      /names payment_id, which may be absent/u,
    ],
    [
      "a field that is stored as an attribute of the table",
      changedTo("User", {
        fields: entity("User").fields.map((field) => (field.name === "name" ? { ...field, column: "SK" } : field)),
      }),
      /field name is stored as SK/u,
    ],
  ])("%s", async (_what, changed, text) => {
    const { adapter, subject } = await open(others(changed));
    expect([...(adapter.unfit ?? [])].map(([each, why]) => [each.name, why])).toEqual([
      [changed.name, expect.stringMatching(text)],
    ]);
    await subject.rows("Product").create({ id: "1" }); // all others are served
  });

  test("rows that lie under other keys than an entity says now", async () => {
    const { url, subject } = await open();
    await subject.rows("Product").create({ id: "1" });
    const changed = changedTo("Product", { item: { partition: "PRODUCT#{id}", sort: "PRODUCT#{id}" } });
    const { adapter, subject: after } = await open(others(changed), { url });
    await refusal("SCHEMA_DRIFT", after.rows("Product").get({ id: "1" }));
    expect(adapter.schema!.contract!(changed).drift).toEqual([
      expect.stringMatching(/lie under keys of another form/u),
    ]);
    await after.rows("User").create({ id: "1" });
  });

  test("a table whose key or index has other attributes", async () => {
    const url = placeAt(endpoint);
    const TableName = `${new URL(url).pathname.slice(1)}shop`;
    await direct.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [
          { AttributeName: "PK", KeyType: "HASH" },
          { AttributeName: "SK", KeyType: "RANGE" },
        ],
        AttributeDefinitions: ["PK", "SK", "X"].map((AttributeName) => ({
          AttributeName,
          AttributeType: "S" as const,
        })),
        BillingMode: "PAY_PER_REQUEST",
        GlobalSecondaryIndexes: [
          {
            IndexName: "GSI1",
            KeySchema: [{ AttributeName: "X", KeyType: "HASH" }],
            Projection: { ProjectionType: "ALL" },
          },
        ],
      }),
    );
    const { adapter, subject } = await open(shop, { url });
    await refusal("SCHEMA_DRIFT", subject.rows("User").create({ id: "1" }));
    expect(await adapter.schema!.verify(testCall())).toContainEqual(
      expect.objectContaining({ what: expect.stringMatching(/index GSI1 .* has another key/u), additive: false }),
    );
    await subject.rows("Product").create({ id: "1" }); // it has no index
  });
});

describe("an index that is new", { timeout: 120_000 }, () => {
  test("has the rows from before, although others have had it already; with check they are drift", async () => {
    const plain = changedTo("Order", { indexes: [] });
    const before = shop.map((each) => (each.name === plain.name ? plain : each));
    const { url, subject } = await open(before);
    await subject.rows("User").create({ id: "u", email: "e" }); // GSI1 is there
    await subject.rows("Order").create({ user_id: "u", id: "old", status: "new" });
    const checked = await open(shop, { url, tables: "check" });
    await refusal("SCHEMA_DRIFT", checked.subject.rows("Order").get({ user_id: "u", id: "old" }));
    const orders = (await open(shop, { url })).subject.rows("Order");
    expect(await orders.pages({ where: { status: { eq: "new" }, ...dated } })).toMatchObject([{ id: "old" }]);
    await checked.adapter.ping(testCall());
    expect(await checked.subject.rows("Order").get({ user_id: "u", id: "old" })).toMatchObject({ id: "old" });
  });
});
