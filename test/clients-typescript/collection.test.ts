// Collections by the client: a user's rows of several entities, in one call, on a store that merges them.
import { fileURLToPath } from "node:url";
import {
  between,
  connect,
  InvalidRequestError,
  PageTokenInvalidError,
  PartitionInvalidError,
  within,
  type Connected,
  type EntityTable,
  type Timestamp,
} from "pannier/client";
import { startSidecar, type TestSidecar } from "pannier/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

interface User {
  readonly id: string;
  readonly email?: string;
  readonly name?: string;
}

interface Order {
  readonly userId: string;
  readonly id: string;
  readonly totalAmount?: string;
  readonly status?: string;
  readonly createdAt?: Timestamp;
  readonly version: bigint;
}

/** As a generated module has them, of what is used here. */
interface TypesOf<Entity extends object, Always extends string> {
  readonly entity: Entity;
  readonly key: object;
  readonly target: object;
  readonly init: object;
  readonly changes: object;
  readonly where: object;
  readonly sortable: string;
  readonly always: Always;
}

const api = (name: string): { readonly name: string; readonly service: string; readonly api: string } => {
  const full = `shop.single.v1.${name}`;
  return { name: full, service: `${full}Repository`, api: full };
};
const User: EntityTable<TypesOf<User, "id">> = {
  ...api("User"),
  key: ["id"],
  managed: [],
  fields: [
    { name: "id", proto: "id", number: 1, kind: "string" },
    { name: "email", proto: "email", number: 2, kind: "string", presence: true },
    { name: "name", proto: "name", number: 3, kind: "string", presence: true },
  ],
};
const Order: EntityTable<TypesOf<Order, "userId" | "id" | "version">> = {
  ...api("Order"),
  key: ["userId", "id"],
  version: "version",
  managed: ["createdAt", "version"],
  fields: [
    { name: "id", proto: "id", number: 1, kind: "string" },
    { name: "userId", proto: "user_id", number: 2, kind: "string" },
    { name: "totalAmount", proto: "total_amount", number: 4, kind: "decimal", presence: true },
    { name: "status", proto: "status", number: 6, kind: "string", presence: true },
    { name: "createdAt", proto: "created_at", number: 20, kind: "timestamp" },
    { name: "version", proto: "version", number: 24, kind: "int64" },
  ],
};
const Label: EntityTable = { ...api("Label"), key: ["id"], managed: [], fields: [] };

const packages = { shop: { entities: { users: User, orders: Order } } };
let sidecar: TestSidecar;
let db: Connected;

beforeAll(async () => {
  const descriptors = [fileURLToPath(new URL("../integration/single-table", import.meta.url))];
  sidecar = await startSidecar({ descriptors });
  const client = await connect<{ readonly shop: Clients }>(packages, { target: sidecar.target });
  db = client;
  await client.shop.users.create({ id: "u", email: "u@example.com", name: "you" });
  for (const id of ["a", "b", "c"])
    await client.shop.orders.create({ userId: "u", id, totalAmount: "12.50", status: "open" });
}, 300_000);
afterAll(async () => {
  await db.close();
  await sidecar.stop();
});

interface Clients {
  readonly users: { create(row: object): Promise<User> };
  readonly orders: { create(row: object): Promise<Order> };
}

const members = { order: Order, user: User };
const errorOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined, (error: unknown) => error); // prettier-ignore

test("answers the rows of a partition in order, each by its member, over pages", async () => {
  for (const partition of ["USER#u", { user: { id: "u" } }, { order: { userId: "u" } }]) {
    const seen: string[] = [];
    let page = await db.collection(members, { partition, pageSize: 3 });
    expect(page.partition).toBe("USER#u");
    for (;;) {
      for (const item of page) seen.push(`${item.entity} ${item.sortKey}`);
      const next = await page.next();
      if (!next) break;
      page = next;
    }
    expect(seen).toEqual(["order ORDER#a", "order ORDER#b", "order ORDER#c", "user USER#u"]);
  }
  const { items } = await db.collection(members, { partition: "USER#u", descending: true, pageSize: 2 });
  expect(items).toMatchObject([
    { ok: true, entity: "user", value: { id: "u", name: "you" } },
    { ok: true, entity: "order", value: { id: "c", totalAmount: "12.50", version: 1n } },
  ]);
});

test("takes conditions on the sort key, and windows of time", async () => {
  const keys = async (where: Parameters<typeof ask>[0]): Promise<readonly string[]> =>
    (await ask(where)).items.map(({ sortKey }) => sortKey);
  const ask = (
    where: { readonly eq: string } | { readonly startsWith: string } | { readonly gt: string; readonly lte: string },
  ) => db.collection(members, { partition: "USER#u", where });
  expect(await keys({ eq: "ORDER#b" })).toEqual(["ORDER#b"]);
  expect(await keys({ startsWith: "U" })).toEqual(["USER#u"]);
  expect(await keys({ gt: "ORDER#a", lte: "ORDER#c" })).toEqual(["ORDER#b", "ORDER#c"]);
  const open = { partition: "ORDER_STATUS#open", index: "GSI1" };
  const around = between(new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000));
  expect((await db.collection({ order: Order }, { ...open, where: within("", around) })).items).toHaveLength(3);
  const before = between(new Date(0), new Date(1));
  expect((await db.collection({ order: Order }, { ...open, where: within("", before) })).items).toEqual([]);
});

test("answers the fields that are asked for, of each member its own", async () => {
  const query = { partition: "USER#u", fields: ["name", "status"] } as const;
  const { items } = await db.collection(members, query);
  expect(items.map((item) => (item.ok ? item.value : item.error))).toEqual([
    ...["a", "b", "c"].map((id) => ({ userId: "u", id, status: "open", version: 1n })),
    { id: "u", name: "you" },
  ]);
});

test("refuses what does not fit, here or there", async () => {
  const unfit = (query: object): Promise<unknown> => errorOf(db.collection(members, query as { partition: string }));
  for (const query of [{}, { partition: {} }, { partition: { user: { id: "u" }, order: { userId: "u" } } }])
    expect(await unfit(query)).toBeInstanceOf(InvalidRequestError);
  expect(await unfit({ partition: "USER#u", where: { eq: undefined } })).toBeInstanceOf(InvalidRequestError);
  expect(await unfit({ partition: "USER#u", where: { like: "a" } })).toBeInstanceOf(InvalidRequestError);
  expect(await unfit({ partition: "USER#u", fields: ["nothing"] })).toBeInstanceOf(InvalidRequestError);
  expect(await errorOf(db.collection({}, { partition: "USER#u" }))).toBeInstanceOf(InvalidRequestError);
  expect(await unfit({ partition: "PROD#u" })).toBeInstanceOf(PartitionInvalidError);
  expect(await unfit({ partition: "USER#u", pageToken: "none" })).toBeInstanceOf(PageTokenInvalidError);
  expect(await errorOf(db.collection({ label: Label }, { partition: { label: {} } }))).toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
