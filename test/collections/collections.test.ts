// Collections over a real connection: the shop of one table on stores that merge it, its pages, and how bad questions are refused.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSidecar, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { dynamodbPlace } from "../servers/dynamodb.ts";
import { grpcurl } from "../servers/grpcurl.ts";

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const descriptors = [here("../integration/single-table"), here("proto")].join(",");
const path = "pannier.v1.CollectionService/Query";
const type = (name: string): string => `shop.single.v1.${name}`;
const entities = ["User", "Order", "Payment"].map(type);
const any = (name: string): string => `type.googleapis.com/${type(name)}`;

/** Two users with orders and payments. */
async function fill(sidecar: Sidecar): Promise<void> {
  const create = async (name: string, entity: { readonly [field: string]: string }): Promise<void> => {
    expect(await sidecar.call(`${type(name)}Repository/Create`, { entity })).toMatchObject({ ok: true });
  };
  for (const user of ["42", "4"]) {
    await create("User", { id: user, email: `${user}@example.com`, name: `user ${user}` });
    for (const id of ["a", "b#1", "b!", "c"]) await create("Order", { user_id: user, id, total_amount: "12.50" });
    for (const id of ["p1", "p2"]) await create("Payment", { user_id: user, id, amount: "25.00" });
  }
  await create("Product", { id: "42", name: "tea" });
}

interface Item {
  readonly entity: string;
  readonly sortKey: string;
  readonly value: { readonly "@type": string; readonly userId?: string; readonly id?: string };
}

interface Answer {
  readonly items?: readonly Item[];
  readonly nextPageToken?: string;
  readonly partitionKey: string;
}

function answerOf(outcome: Outcome): Answer {
  expect(outcome).toMatchObject({ ok: true });
  return (outcome.ok ? outcome.json : {}) as unknown as Answer; // the shape of the answer's JSON
}

const keysOf = ({ items = [] }: Answer): readonly string[] => items.map(({ sortKey }) => sortKey);

/** Of user 42. What sorts before "$" is escaped, so that what follows a text in a template ends it. */
const ORDERED = [
  "ORDER#a", "ORDER#b$21", "ORDER#b$231", "ORDER#c", "PAYMENT#p1", "PAYMENT#p2", "USER#42",
]; // prettier-ignore

describe.each([
  ...["sqlite:shop.db", "kv:shop", "memory:"].map((url) => ({ name: url, store: async () => `{url: "${url}"}` })),
  { name: "DynamoDB", store: async () => `{url: "${await dynamodbPlace()}", table: shop}` },
])("on $name", ({ name, store }) => {
  let sidecar: Sidecar;
  beforeAll(async () => {
    sidecar = await startSidecar({ descriptors, yaml: `stores: {default: ${await store()}}\n` });
    await fill(sidecar);
  }, 300_000);
  afterAll(() => sidecar.dispose());

  test("answers a user with their orders and payments, packed, in the order of their sort keys", async () => {
    const answer = answerOf(await sidecar.call(path, { entities, partitionKey: "USER#42" }));
    expect(answer.partitionKey).toBe("USER#42");
    expect(keysOf(answer)).toEqual(ORDERED);
    expect(answer.items?.[0]).toMatchObject({
      entity: type("Order"),
      value: { "@type": any("Order"), userId: "42", id: "a", totalAmount: "12.50", version: "1" },
    });
    expect(answer.items?.at(-1)).toMatchObject({ value: { "@type": any("User"), id: "42", name: "user 42" } });
  });

  test("takes an entity for the partition, and all of the store where none is named", async () => {
    const partitionOf = { "@type": any("Order"), userId: "42" };
    expect(keysOf(answerOf(await sidecar.call(path, { partitionOf })))).toEqual(ORDERED);
    const some = answerOf(await sidecar.call(path, { partitionOf, store: "default", entities: [] }));
    expect(some.partitionKey).toBe("USER#42");
    const product = answerOf(await sidecar.call(path, { partitionKey: "PROD#42" }));
    expect(product.items).toMatchObject([{ entity: type("Product"), value: { name: "tea" } }]);
  });

  test("pages both ways, within a range", async () => {
    const walk = async (request: object): Promise<readonly string[]> => {
      const keys: string[] = [];
      let pageToken = "";
      do {
        const answer = answerOf(
          await sidecar.call(path, { entities, partitionKey: "USER#42", pageSize: 2, pageToken, ...request }),
        );
        keys.push(...keysOf(answer));
        pageToken = answer.nextPageToken ?? "";
      } while (pageToken !== "");
      return keys;
    };
    expect(await walk({})).toEqual(ORDERED);
    expect(await walk({ descending: true })).toEqual(ORDERED.toReversed());
    expect(await walk({ sortKey: { startsWith: "ORDER#b" } })).toEqual(["ORDER#b$21", "ORDER#b$231"]);
    expect(await walk({ sortKey: { gt: "ORDER#c", lte: "PAYMENT#p1" } })).toEqual(["PAYMENT#p1"]);
  });

  test("answers what a read_mask names of each entity, and always its key and version", async () => {
    const request = { entities, partitionKey: "USER#42", readMask: "totalAmount,name" };
    const answer = answerOf(await sidecar.call(path, request));
    expect(keysOf(answer)).toEqual(ORDERED);
    expect(answer.items?.map(({ value }) => value)).toEqual([
      ...["a", "b!", "b#1", "c"].map((id) => ({
        "@type": any("Order"),
        userId: "42",
        id,
        totalAmount: "12.50",
        version: "1",
      })),
      ...["p1", "p2"].map((id) => ({ "@type": any("Payment"), userId: "42", id })),
      { "@type": any("User"), id: "42", name: "user 42" },
    ]);
    const paged: string[] = [];
    for (let pageToken = "", pages = 0; pages === 0 || (pageToken !== "" && pages < 20); pages++) {
      const page = answerOf(await sidecar.call(path, { ...request, pageSize: 2, pageToken, descending: true }));
      paged.push(...keysOf(page));
      pageToken = page.nextPageToken ?? "";
    }
    expect(paged).toEqual(ORDERED.toReversed());
    const index = { entities: [type("User")], index: "GSI1", partitionKey: "EMAIL#4@example.com", readMask: "name" };
    expect(answerOf(await sidecar.call(path, index)).items).toMatchObject([
      { sortKey: "USER", value: { id: "4", name: "user 4" } },
    ]);
    expect(await sidecar.call(path, { ...request, readMask: "name,nothing" })).toMatchObject({
      ok: false,
      code: 3,
      reason: "MASK_INVALID",
      fields: ["read_mask"],
    });
  });

  test("reads an index", async () => {
    const request = { entities: [type("User")], index: "GSI1", partitionKey: "EMAIL#4@example.com" };
    expect(answerOf(await sidecar.call(path, request)).items).toMatchObject([{ sortKey: "USER", value: { id: "4" } }]);
  });

  test.each([
    ["an unknown entity", { entities: ["shop.single.v1.Nobody"] }, "ENTITY_UNKNOWN", []],
    ["an entity twice", { entities: [type("User"), type("User")] }, "FIELD_INVALID", ["entities[1]"]],
    ["entities without a common partition", { entities: [type("User"), type("Product")] }, "PARTITION_INVALID", ["entities[1]"]],
    ["an entity without a template", { entities: [type("Note")] }, "PARTITION_INVALID", ["entities[0]"]],
    ["an index that one of them has not", { index: "GSI1", partitionKey: "EMAIL#a" }, "PARTITION_INVALID", ["entities[1]"]],
    ["an empty partition", { partitionKey: "" }, "FIELD_REQUIRED", ["partition_key"]],
    ["a condition that says nothing", { sortKey: {} }, "EMPTY_PREDICATE", ["sort_key"]],
    ["conditions of two kinds", { sortKey: { eq: "a", gt: "b" } }, "FIELD_INVALID", ["sort_key"]],
    ["a page size below 0", { pageSize: -1 }, "PAGE_SIZE_INVALID", ["page_size"]],
    ["a token that is none", { pageToken: "none" }, "PAGE_TOKEN_INVALID", ["page_token"]],
    ["a store beside entities", { store: "default" }, "FIELD_INVALID", ["store"]],
    ["an unknown store", { entities: [], store: "none" }, "STORE_UNKNOWN", []],
    ["a consistency that the store has not", { consistency: "CONSISTENCY_QUORUM" }, "CAPABILITY_MISSING", []],
  ])("refuses %s", async (_what, request, reason, fields) => {
    const asked = { entities, partitionKey: "USER#42", ...request };
    expect(await sidecar.call(path, asked)).toMatchObject({ ok: false, reason, fields });
  }); // prettier-ignore

  // Where one table is read, items that no entity knows may be in any partition.
  test.runIf(name !== "DynamoDB")("refuses a partition that no entity has", async () => {
    expect(await sidecar.call(path, { partitionKey: "SHELF#1" })).toMatchObject({
      ok: false,
      reason: "PARTITION_INVALID",
      fields: ["partition_key"],
    });
  });

  test("refuses an entity as partition that lacks a field, is unknown, or is none", async () => {
    const call = (partitionOf: { readonly [field: string]: string }) => sidecar.call(path, { entities, partitionOf });
    expect(await call({ "@type": any("Order"), id: "a" })).toMatchObject({
      reason: "KEY_INCOMPLETE",
      fields: ["partition_of.user_id"],
    });
    expect(await call({ "@type": any("OrderItem"), id: "a" })).toMatchObject({ reason: "ENTITY_UNKNOWN" });
    expect(await sidecar.call(path, { entities })).toMatchObject({
      reason: "FIELD_REQUIRED",
      fields: ["partition_key"],
    });
  });

  test("binds a token to its question", async () => {
    const asked = { entities, partitionKey: "USER#42", pageSize: 1 };
    const { nextPageToken: pageToken = "" } = answerOf(await sidecar.call(path, asked));
    expect(pageToken).not.toBe("");
    const others = [
      { partitionKey: "USER#4" }, { descending: true }, { entities: entities.slice(1) }, { showDeleted: true },
      { sortKey: { startsWith: "ORDER#" } },
    ]; // prettier-ignore
    for (const other of others)
      expect(await sidecar.call(path, { ...asked, ...other, pageToken })).toMatchObject({
        reason: "PAGE_TOKEN_INVALID",
      });
    expect(keysOf(answerOf(await sidecar.call(path, { ...asked, pageSize: 3, pageToken })))).toEqual(
      ORDERED.slice(1, 4),
    );
  });

  test("is listed, healthy, and answers grpcurl by reflection alone", async () => {
    const tool = await grpcurl();
    const { stdout: services } = await run(tool, ["-plaintext", sidecar.address, "list"]);
    expect(services.split("\n")).toContain("pannier.v1.CollectionService");
    const request = JSON.stringify({ entities: [type("Payment")], partition_of: { "@type": any("User"), id: "42" } });
    const { stdout } = await run(tool, ["-plaintext", "-d", request, sidecar.address, path]);
    expect(JSON.parse(stdout)).toMatchObject({
      items: [{ value: { "@type": any("Payment"), id: "p1", amount: "25.00" } }, { sortKey: "PAYMENT#p2" }],
    });
    const health = await sidecar.call("grpc.health.v1.Health/Check", { service: "pannier.v1.CollectionService" });
    expect(health).toMatchObject({ ok: true, json: { status: "SERVING" } });
  });

  test("refuses a Query within a transaction", async () => {
    const metadata = { "pannier-transaction-id": "1" };
    const refused = await sidecar.call(path, { entities, partitionKey: "USER#42" }, { metadata });
    expect(refused).toMatchObject({ ok: false, reason: "CAPABILITY_MISSING" });
  });
});
