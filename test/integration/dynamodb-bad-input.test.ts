// What callers and schemas of a store with one table get wrong, over gRPC and by `check`.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PutItemCommand, ScanCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createAnswerProxy, type AnswerProxy } from "../servers/answer-proxy.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";
import { ask, objectOf, objects, part, textOf } from "./ask.ts";
import { runPannier, startSidecar, type Outcome, type Sidecar } from "./sidecar.ts";

const descriptors = fileURLToPath(new URL("single-table", import.meta.url));
const users = "shop.single.v1.UserRepository";
const orders = "shop.single.v1.OrderRepository";
const labels = "shop.single.v1.LabelRepository";

let proxy: AnswerProxy;
let direct: DynamoDBClient;
let sidecar: Sidecar;
let table: string;

beforeAll(async () => {
  const endpoint = await dynamodbServer();
  proxy = await createAnswerProxy(endpoint);
  direct = dynamodbClient(endpoint);
  const url = placeAt(proxy.endpoint);
  table = `${new URL(url).pathname.slice(1)}shop`;
  sidecar = await startSidecar({ descriptors, yaml: `stores: { default: { url: "${url}", table: shop } }` });
}, 300_000);
afterEach(() => {
  proxy.interfere(undefined);
});
afterAll(async () => {
  await sidecar.dispose();
  direct.destroy();
  await proxy.close();
});

/** Code, reason and field; a message that is for people, and names nothing of the database. */
async function refused(method: string, request: JsonValue): Promise<Outcome & { readonly ok: false }> {
  const outcome = await sidecar.call(method, request, { timeout: 20_000 });
  if (outcome.ok) throw new Error(`${method} was answered: ${JSON.stringify(outcome.json)}`);
  expect(outcome.message).not.toMatch(/Exception|at file:|PK|attribute_|pannier_/u);
  return outcome;
}

const CODES = {
  invalid: 3,
  exhausted: 8,
  precondition: 9,
  unknown: 2,
  aborted: 10,
  internal: 13,
  missing: 5,
  exists: 6,
};

describe("keys and sizes", { timeout: 120_000 }, () => {
  test("an empty value where the key's template needs one is refused by field", async () => {
    expect(await refused(`${orders}/Create`, { entity: { id: "1" } })).toMatchObject({
      code: CODES.invalid,
      fields: [expect.stringContaining("user_id")],
    });
  });

  test("a partition above 2,048 bytes and a sort key above 1,024 are refused by field", async () => {
    const long = "\u{1F600}".repeat(255); // 1,020 bytes, and 255 characters are allowed
    expect(await refused(`${orders}/Create`, { entity: { userId: "u", id: long } })).toMatchObject({
      code: CODES.invalid,
      reason: "VALUE_TOO_LONG",
      fields: [expect.stringContaining("id")],
    });
    const blanks = " ".repeat(255); // three bytes each, which still fit
    expect(await sidecar.call(`${orders}/Create`, { entity: { userId: blanks, id: "1" } })).toMatchObject({ ok: true });
  });

  test("an item above 400 KB is refused before it is sent, and of a batch it alone", async () => {
    const before = proxy.asked("PutItem");
    const entity = (id: string, length: number): JsonObject => ({
      userId: "large",
      id,
      status: "x".repeat(200),
      metadata: { text: "x".repeat(length) },
    });
    expect(await refused(`${orders}/Create`, { entity: entity("1", 410_000) })).toMatchObject({
      code: CODES.exhausted,
      reason: "ROW_TOO_LARGE",
    });
    expect(proxy.asked("PutItem")).toBe(before);
    const batch = await ask(sidecar, `${orders}/BatchWrite`, {
      writes: [{ create: { entity: entity("2", 10) } }, { create: { entity: entity("3", 410_000) } }],
    });
    expect(objects(batch, "results").map((each) => part(each, "status", "code") ?? "done")).toEqual([
      "done",
      CODES.exhausted,
    ]);
  });

  test("an atomic batch over 100 items is refused, unique values counted, before anything is written", async () => {
    const before = proxy.asked("TransactWriteItems");
    const of = (method: string, count: number): Promise<Outcome> =>
      sidecar.call(`${method}/BatchWrite`, {
        atomic: true,
        writes: Array.from({ length: count }, (_, i) => ({
          create: {
            entity: { id: `wide-${i}`, [method === users ? "email" : "userId"]: method === users ? `${i}` : "wide" },
          },
        })),
      });
    expect(await of(orders, 101)).toMatchObject({ ok: false });
    expect(await of(users, 51)).toMatchObject({ ok: false });
    expect(proxy.asked("TransactWriteItems")).toBe(before);
    expect(await sidecar.call(`${orders}/List`, { where: { userId: { eq: "wide" } } })).toMatchObject({
      ok: true,
      json: {},
    });
  });
});

describe("texts of other languages", { timeout: 120_000 }, () => {
  const HOSTILE = [
    "attribute_exists(PK) OR PK = PK",
    "#0 = :0 OR #0 <> :0",
    "' OR '1'='1",
    '"; DELETE FROM "shop" WHERE PK=\'LABEL#1',
    "SET PK = :x REMOVE SK",
    "LABEL#2",
    "a#LABEL#b",
    "$23",
    ":0",
  ];

  test("as keys, values and conditions are text", async () => {
    for (const text of HOSTILE) {
      const entity = { id: text, select: text, values: text, comment: text };
      await ask(sidecar, `${labels}/Create`, { entity });
      expect(await ask(sidecar, `${labels}/Get`, { key: { id: text } })).toMatchObject({ entity });
      const condition = { values: { eq: text }, select: { startsWith: text } };
      await ask(sidecar, `${labels}/Update`, { entity: { id: text, comment: "seen" }, condition });
      expect(
        await refused(`${labels}/Update`, {
          entity: { id: text, comment: "no" },
          condition: { select: { eq: `${text} ` } },
        }),
      ).toMatchObject({
        code: CODES.precondition,
        reason: "CONDITION_FAILED",
      });
    }
    const listed = await ask(sidecar, `${labels}/List`, { pageSize: 100 });
    expect(objects(listed, "entities")).toHaveLength(HOSTILE.length);
    const { Items = [] } = await direct.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
    const keys = Items.filter((item) => item["EntityType"]?.S?.endsWith("Label")).map((item) => item["PK"]?.S);
    expect(new Set(keys).size).toBe(HOSTILE.length);
  });

  test("reserved words and odd names of attributes are names like others", async () => {
    await ask(sidecar, `${labels}/Create`, { entity: { id: "odd", select: "s", size: "1", values: "v", count: "1" } });
    const increment = { size: "2", count: "4" };
    await ask(sidecar, `${labels}/Update`, { entity: { id: "odd" }, increment });
    await ask(sidecar, `${labels}/Update`, {
      entity: { id: "odd" },
      increment,
      condition: { select: { eq: "s" }, size: { eq: "3" } },
    });
    expect(await ask(sidecar, `${labels}/Get`, { key: { id: "odd" }, readMask: "size,count,values" })).toMatchObject({
      entity: { size: "5", count: "9", values: "v" },
    });
  });
});

describe("trouble of the database", { timeout: 120_000 }, () => {
  const cancelled = (...codes: readonly string[]): { kind: "error"; type: string; more: object } => ({
    kind: "error",
    type: "TransactionCanceledException",
    more: { CancellationReasons: codes.map((Code) => ({ Code })) },
  });
  const pair = (name: string): JsonObject => ({
    atomic: true,
    writes: ["a", "b"].map((id) => ({ create: { entity: { userId: name, id } } })),
  });

  test("throttling is RESOURCE_EXHAUSTED with a time to wait", async () => {
    const how = { kind: "error", type: "ProvisionedThroughputExceededException" } as const;
    proxy.interfere({ operation: "PutItem", times: Infinity, how });
    const told = await refused(`${orders}/Create`, { entity: { userId: "slow", id: "1" } });
    expect(told).toMatchObject({ code: CODES.exhausted, reason: "QUEUE_FULL" });
    expect(told.retryAfter).toBeGreaterThan(0);
  });

  test.each([
    ["TransactionConflict", CODES.aborted, "TRANSACTION_CONFLICT"],
    ["ThrottlingError", CODES.exhausted, "QUEUE_FULL"],
    ["ProvisionedThroughputExceeded", CODES.exhausted, "QUEUE_FULL"],
  ])("a transaction cancelled by %s", async (code, status, reason) => {
    proxy.interfere({ operation: "TransactWriteItems", times: Infinity, how: cancelled("None", code) });
    const outcome = await sidecar.call(`${orders}/BatchWrite`, pair(code), { timeout: 5_000 });
    // A conflict is tried again while the call lasts.
    expect([`${status} ${reason}`, "4 DEADLINE_EXCEEDED", "4 "]).toContain(
      outcome.ok ? "applied" : `${outcome.code} ${outcome.reason}`,
    );
    proxy.interfere(undefined);
    expect(await sidecar.call(`${orders}/List`, { where: { userId: { eq: code } } })).toMatchObject({
      ok: true,
      json: {},
    });
  });

  test("a reply lost after a transaction is UNKNOWN, and the truth can be read", async () => {
    proxy.interfere({ operation: "TransactWriteItems", times: 1, how: { kind: "lose" } });
    expect(await refused(`${orders}/BatchWrite`, pair("lost"))).toMatchObject({
      code: CODES.unknown,
      reason: "WRITE_OUTCOME_UNKNOWN",
    });
    const listed = await ask(sidecar, `${orders}/List`, { where: { userId: { eq: "lost" } } });
    expect(objects(listed, "entities")).toHaveLength(2);
  });

  test("keys that were not read are asked again", async () => {
    await ask(sidecar, `${orders}/BatchWrite`, pair("partial"));
    const body = (asked: string): object => ({
      Responses: {},
      UnprocessedKeys: (JSON.parse(asked) as { RequestItems: object }).RequestItems,
    });
    proxy.interfere({ operation: "BatchGetItem", times: 2, how: { kind: "answer", body } });
    const keys = ["a", "b"].map((id) => ({ userId: "partial", id }));
    const { results } = await ask(sidecar, `${orders}/BatchGet`, { keys });
    expect(results).toMatchObject(keys.map((entity) => ({ entity })));
  });
});

describe("items of others", { timeout: 120_000 }, () => {
  const put = (PK: string, SK: string, more: object): Promise<unknown> =>
    direct.send(new PutItemCommand({ TableName: table, Item: { PK: { S: PK }, SK: { S: SK }, ...more } }));

  test("one of no entity is passed over; one with attributes of another type fails alone, by its key", async () => {
    await ask(sidecar, `${orders}/Create`, { entity: { userId: "others", id: "good" } });
    await put("USER#others", "NOTE#1", { EntityType: { S: "Note" } });
    await put("USER#others", "ORDER#bad", {
      EntityType: { S: "shop.single.v1.Order" },
      user_id: { S: "others" },
      id: { S: "bad" },
      version: { S: "one" },
    });
    const keys = ["good", "bad"].map((id) => ({ userId: "others", id }));
    const { results } = await ask(sidecar, `${orders}/BatchGet`, { keys });
    expect(results).toMatchObject([{ entity: { id: "good" } }, { status: { code: CODES.internal } }]);
    expect(await refused(`${orders}/Get`, { key: keys[1]! })).toMatchObject({
      code: CODES.internal,
      reason: "STORE_CORRUPT",
    });
  });
});

describe("a damaged row", { timeout: 120_000 }, () => {
  const ordered = "shop.single.v1.Order";
  const item = (userId: string, id: string, more: object): Promise<unknown> =>
    direct.send(
      new PutItemCommand({
        TableName: table,
        Item: {
          PK: { S: `USER#${userId}` },
          SK: { S: `ORDER#${id}` },
          EntityType: { S: ordered },
          user_id: { S: userId },
          id: { S: id },
          ...more,
        },
      }),
    );
  const idsOf = (page: JsonObject): readonly unknown[] => objects(page, "entities").map(({ id }) => id);
  const damaged = { total_amount: { BOOL: true } };

  const CORRUPT = `${CODES.internal} STORE_CORRUPT user_id, id`;

  /** Pages of a List, past the rows that cannot be read; those that failed say so in their place. */
  async function walked(request: JsonObject): Promise<readonly unknown[]> {
    const seen: unknown[] = [];
    for (let pageToken: string | undefined = ""; pageToken !== undefined;) {
      const outcome: Outcome = await sidecar.call(`${orders}/List`, { ...request, pageToken }, { timeout: 20_000 });
      if (!outcome.ok) {
        seen.push(`${outcome.code} ${outcome.reason} ${outcome.info["key_fields"]}`);
        pageToken = outcome.info["next_page_token"];
        continue;
      }
      const page = objectOf(outcome.json);
      seen.push(...idsOf(page));
      pageToken = textOf(page["nextPageToken"]) || undefined;
    }
    return seen;
  }

  test("ends a page before it, fails the next one alone, and is read without what is damaged", async () => {
    for (const id of ["a", "c"]) await ask(sidecar, `${orders}/Create`, { entity: { userId: "list", id } });
    await item("list", "b", damaged);
    await item("list", "d", damaged);
    const where = { userId: { eq: "list" } };
    for (const orderBy of ["", "id", "id desc"]) {
      const ids = ["a", CORRUPT, "c", CORRUPT];
      const wanted = orderBy === "id desc" ? ids.toReversed() : ids;
      for (const pageSize of [1, 10]) expect(await walked({ where, orderBy, pageSize })).toEqual(wanted);
    }
    const both = { userId: { oneOf: ["list", "list2"] } };
    expect(await walked({ where: both })).toEqual(["a", CORRUPT, "c", CORRUPT]);
    const masked = await ask(sidecar, `${orders}/List`, { where, readMask: "id,status" });
    expect(idsOf(masked)).toEqual(["a", "b", "c", "d"]);
    const filtered = { ...where, totalAmount: { isNull: false } };
    expect(await refused(`${orders}/Count`, { where: filtered })).toMatchObject({ reason: "STORE_CORRUPT" });
  });

  test("of an index too, also where what orders it is damaged", async () => {
    const index = (SK: string): object => ({ GSI1PK: { S: "ORDER_STATUS#odd" }, GSI1SK: { S: SK } });
    const at = "2026-01-01T00:00:00.000000000Z";
    await item("index", "a", { ...index(at), status: { N: "1" }, created_at: { N: "1" } });
    await item("index", "b", { ...index(at), ...damaged, status: { S: "odd" }, created_at: { S: at } });
    await ask(sidecar, `${orders}/Create`, { entity: { userId: "index", id: "c", status: "odd" } });
    for (const orderBy of ["", "created_at", "created_at desc"]) {
      const seen = await walked({ where: { status: { eq: "odd" }, createdAt: { isNull: false } }, orderBy });
      expect(seen.filter((each) => each === CORRUPT)).toHaveLength(2);
      expect(seen.filter((each) => each !== CORRUPT)).toEqual(["c"]);
    }
  });

  test.each([
    ["a range of the key", 0, { userId: { eq: "scan" } }],
    ["everything", 0, { status: { eq: "scanned" } }],
    ["everything in segments", 4, { status: { eq: "scanned" } }],
  ])("a Scan of %s tells it by its key and goes on, where it is asked to", async (_what, parallelism, where) => {
    for (const id of ["a", "c", "e"])
      await ask(sidecar, `${orders}/Put`, { entity: { userId: "scan", id, status: "scanned" } });
    await item("scan", "b", { ...damaged, status: { S: "scanned" } });
    await item("scan", "d", { id: { N: "4" }, status: { S: "scanned" } });
    const request = { where, parallelism, pageSize: 2 };
    const { frames, end } = await sidecar.stream(`${orders}/Scan`, { ...request, onError: "ERROR_POLICY_CONTINUE" });
    expect(end).toBeUndefined();
    const ids = frames.flatMap((frame) => idsOf(objectOf(frame)));
    expect(new Set(ids)).toEqual(new Set(["a", "c", "e"]));
    const errors = frames.map(objectOf).filter((frame) => frame["error"] !== undefined);
    const told = errors.map(({ errorKey }) => errorKey);
    expect(told).toContainEqual({ userId: "scan", id: "b" });
    expect(told).toContain(undefined); // its key is damaged too
    for (const frame of errors)
      expect(frame).toMatchObject({ error: { code: CODES.internal, reason: "STORE_CORRUPT" } });
    const stopped = await sidecar.stream(`${orders}/Scan`, request);
    expect(stopped.end).toMatchObject({ ok: false, code: CODES.internal, reason: "STORE_CORRUPT" });
  });
});

describe("a collection", { timeout: 120_000 }, () => {
  const query = (request: JsonObject): Promise<JsonObject> =>
    ask(sidecar, "pannier.v1.CollectionService/Query", request);
  const put = (SK: string, more: object): Promise<unknown> =>
    direct.send(new PutItemCommand({ TableName: table, Item: { PK: { S: "USER#c" }, SK: { S: SK }, ...more } }));

  test("answers what no entity knows as Struct where no entity is named, and what is damaged fails alone", async () => {
    await ask(sidecar, `${users}/Create`, { entity: { id: "c", email: "c" } });
    await ask(sidecar, `${orders}/Create`, { entity: { userId: "c", id: "1" } });
    const numbers = { L: [{ N: "1" }, { N: "12345678901234567890" }, { NULL: true }] };
    await put("NOTE#1", { EntityType: { S: "Note" }, text: { S: "hi" }, numbers, raw: { B: Buffer.from("x") } });
    await put("ORDER#0", {
      EntityType: { S: "shop.single.v1.Order" },
      user_id: { S: "c" },
      id: { S: "0" },
      version: { S: "one" },
    });
    const all = await query({ partitionKey: "USER#c" });
    expect(objects(all, "items")).toMatchObject([
      {
        entity: "Note",
        sortKey: "NOTE#1",
        value: {
          "@type": "type.googleapis.com/google.protobuf.Struct",
          value: { text: "hi", numbers: [1, "12345678901234567890", null], raw: "eA==" },
        },
      },
      { entity: "shop.single.v1.Order", sortKey: "ORDER#0", status: { code: CODES.internal } },
      { entity: "shop.single.v1.Order", sortKey: "ORDER#1", value: { id: "1" } },
      { entity: "shop.single.v1.User", sortKey: "USER#c", value: { id: "c" } },
    ]);
    const some = await query({ partitionKey: "USER#c", entities: ["shop.single.v1.User"] });
    expect(objects(some, "items")).toMatchObject([{ sortKey: "USER#c" }]);
  });
});

describe("`check`", { timeout: 120_000 }, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-templates-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const item = (partition: string, sort: string): readonly [string, string] => [
    'partition: "USER#{user_id}"\n      sort: "PAYMENT#{id}"',
    `partition: "${partition}"\n      sort: "${sort}"`,
  ];
  test.each([
    [
      "an unknown field",
      item("USER#{user}", "PAYMENT#{id}"),
      /partition template names user, which is no field of it/u,
    ],
    ["a missing key field", item("USER#{user_id}", "PAYMENT"), /item lacks id, so different rows would be one item/u],
    ["two values side by side", item("USER", "{user_id}{id}"), /\{user_id\} and \{id\} side by side/u],
    ["a field outside the key", item("USER#{user_id}", "{id}#{status}"), /names status outside the key/u],
    ["a brace alone", item("USER#{user_id", "{id}"), /has a brace without its other half/u],
    ["a field that orders in the partition", item("USER#{id}", "{user_id}"), /in its partition, which orders rows/u],
    ["another entity's items", item("USER#{user_id}", "ORDER#{id}"), /could be one of shop\.single\.v1\.Order/u],
  ])("of a template with %s says what and where", async (_what, [from, to], text) => {
    const proto = await readFile(join(descriptors, "shop/single/v1/shop.proto"), "utf8");
    expect(proto).toContain(from);
    await mkdir(join(directory, "shop/single/v1"), { recursive: true });
    await writeFile(join(directory, "shop/single/v1/shop.proto"), proto.replace(from, to));
    const environment = { PANNIER_STORES_DEFAULT_URL: placeAt(proxy.endpoint), PANNIER_STORES_DEFAULT_TABLE: "shop" };
    const { code, out, err } = await runPannier(["check", "--descriptors", directory], { directory, environment });
    expect(code).not.toBe(0);
    expect(out + err).toMatch(text);
    expect(out + err).toMatch(/shop\.single\.v1\.Payment/u);
  });
});
