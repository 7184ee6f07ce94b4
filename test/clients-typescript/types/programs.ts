// Programs that must compile, one a function, and those that must not, each behind a line that expects the error. They are never run.
import { append, increment, lastDays, remove, specification, Timestamp, within, type Database } from "pannier/client";
import type { Packages } from "../../../clients/examples/typescript/gen/index.ts";
import { Order, User } from "../../../clients/examples/typescript/gen/shop/v1/client.ts";

type Db = Database<Packages>;

export const mustCompile: readonly ((db: Db) => unknown)[] = [
  (db) => db.shop.orders.create({}),
  (db) => db.shop.orders.create({ userId: "u", totalAmount: "12.50", status: undefined }),
  (db) => db.shop.orders.create({ items: [{ quantity: 1 }], metadata: { a: [1, null, { b: true }] } }),
  (db) => db.shop.orders.get({ id: "x" }),
  async (db) => db.shop.orders.get(await db.shop.orders.create({})),
  async (db) => db.shop.orders.update(await db.shop.orders.get({ id: "x" }), { status: "paid" }),
  (db) => db.shop.orders.update({ id: "x", version: 1n }, { status: null }),
  (db) => db.shop.products.update({ id: "x" }, { stock: increment(-1), price: increment("0.50") }),
  (db) => db.shop.products.update({ id: "x" }, { stock: 1 }, { condition: { stock: { gte: 1 } } }),
  (db) => db.shop.orders.update({ id: "x" }, { items: append([{ quantity: 1 }]) }),
  (db) => db.shop.orders.list({ where: { status: "open" } }),
  (db) => db.shop.orders.list({ where: { status: { eq: "open" }, totalAmount: { gte: "10", lt: "20" } } }),
  (db) => db.shop.orders.list({ where: { createdAt: { gte: new Date(), lt: Timestamp.now() } } }),
  (db) => db.shop.orders.list({ where: { any: [{ status: "open" }, { none: [{ userId: { isNull: true } }] }] } }),
  (db) => db.shop.orders.list({ where: { version: { oneOf: [1n, 2n] }, items: { isEmpty: false } } }),
  (db) => db.shop.orders.list({ orderBy: { createdAt: "desc" }, pageSize: 20, total: true }),
  (db) => db.shop.orders.list({ orderBy: [{ status: "asc" }, { createdAt: "desc" }] }),
  (db) => db.shop.orders.list({ where: specification(Order, "open", { status: "open" }) }),
  async (db) => (await db.shop.orders.get({ id: "x" }, { fields: ["status"] })).status,
  async (db) => (await db.shop.orders.get({ id: "x" }, { fields: ["status"] })).version > 1n,
  async (db) => (await db.shop.orders.findFirst())?.items[0]?.price,
  async (db) => (await db.shop.orders.delete({ id: "x" })).status,
  async (db) => (await db.shop.orders.delete({ id: "x" }, { allowMissing: true }))?.status,
  (db) => db.shop.orders.undelete({ id: "x" }),
  (db) => db.shop.products.upsert({ id: "x", stock: increment(1) }),
  (db) => db.shop.products.put({ id: "x", name: "n" }, { requestId: true }),
  async (db) => db.shop.products.put({ ...(await db.shop.products.get({ id: "x" })), name: "n" }),
  (db) => db.shop.orders.exists({ key: { id: "x" } }),
  (db) => db.shop.orders.exists({ where: { status: "open" } }),
  (db) => db.shop.orders.count(),
  async (db) => {
    const [order, product, count] = await db.transaction([
      db.shop.orders.create.op({}),
      db.shop.products.update.op({ id: "x" }, { stock: increment(-1) }),
      db.shop.orders.count.op(),
    ]);
    return [order.totalAmount, product.stock, count + 1];
  },
  (db) =>
    db.shop.orders.batchWrite([db.shop.orders.create.op({}), db.shop.orders.delete.op({ id: "x" })], { atomic: true }),
  async (db) => {
    for await (const { id } of db.shop.orders.scan({ where: { status: "open" } })) return id;
    return undefined;
  },
  async (db) => {
    for await (const { progress } of db.shop.orders.scan().frames()) return progress?.rate;
    return undefined;
  },
  async (db) => {
    const where = { startsWith: "ORDER#" };
    const page = await db.collection({ order: Order, user: User }, { partition: { order: { userId: "u" } }, where });
    for (const item of page) if (item.ok && item.entity === "order") return item.value.totalAmount;
    return page.items.flatMap((item) => (item.ok && item.entity === "user" ? [item.value.email] : []));
  },
  async (db) => {
    const query = { partition: "ORDER_STATUS#open", index: "GSI1", where: within("", lastDays(7)) };
    const page = await db.collection({ order: Order }, { ...query, fields: ["status", "createdAt"] });
    return page.items.map((item) => (item.ok ? [item.value.status, item.value.version] : item.error.reason));
  },
];

export const mustNotCompile: readonly ((db: Db) => unknown)[] = [
  // @ts-expect-error no such field
  (db) => db.shop.orders.create({ useId: "u" }),
  // @ts-expect-error a decimal is text
  (db) => db.shop.orders.create({ totalAmount: 12.5 }),
  // @ts-expect-error the sidecar sets it
  (db) => db.shop.orders.create({ createdAt: new Date() }),
  // @ts-expect-error a field of an item
  (db) => db.shop.orders.create({ items: [{ amount: 1 }] }),
  // @ts-expect-error a number is meant
  (db) => db.shop.products.create({ stock: 1n }),
  // @ts-expect-error JSON has no functions
  (db) => db.shop.orders.create({ metadata: { a: () => 1 } }),
  // @ts-expect-error no such entity
  (db) => db.shop.invoices,
  // @ts-expect-error no such package
  (db) => db.store.orders,
  // @ts-expect-error a key is an object
  (db) => db.shop.orders.get("x"),
  // @ts-expect-error the key is missing
  (db) => db.shop.orders.get({}),
  // @ts-expect-error the version is a bigint
  (db) => db.shop.orders.update({ id: "x", version: 1 }, { status: "paid" }),
  // @ts-expect-error managed
  (db) => db.shop.orders.update({ id: "x" }, { version: 2n }),
  // @ts-expect-error a key never changes
  (db) => db.shop.orders.update({ id: "x" }, { id: "y" }),
  // @ts-expect-error a text cannot be incremented by a number
  (db) => db.shop.orders.update({ id: "x" }, { status: increment(1) }),
  // @ts-expect-error a decimal is incremented by text
  (db) => db.shop.products.update({ id: "x" }, { price: increment(1) }),
  // @ts-expect-error a number is no list
  (db) => db.shop.products.update({ id: "x" }, { stock: append([1]) }),
  // @ts-expect-error messages cannot be removed
  (db) => db.shop.orders.update({ id: "x" }, { items: remove([{ quantity: 1 }]) }),
  // @ts-expect-error no such field
  (db) => db.shop.orders.list({ where: { state: "open" } }),
  // @ts-expect-error no such operator
  (db) => db.shop.orders.list({ where: { status: { like: "o%" } } }),
  // @ts-expect-error decimals have no startsWith
  (db) => db.shop.orders.list({ where: { totalAmount: { startsWith: "1" } } }),
  // @ts-expect-error a version is a bigint
  (db) => db.shop.orders.list({ where: { version: 1 } }),
  // @ts-expect-error a list has no eq
  (db) => db.shop.orders.list({ where: { items: [] } }),
  // @ts-expect-error JSON can only be there or not
  (db) => db.shop.orders.list({ where: { metadata: { eq: {} } } }),
  // @ts-expect-error undefined would widen the query
  (db) => db.shop.orders.list({ where: { status: undefined } }),
  // @ts-expect-error a group is a list
  (db) => db.shop.orders.list({ where: { any: { status: "open" } } }),
  // @ts-expect-error no such direction
  (db) => db.shop.orders.list({ orderBy: { createdAt: "down" } }),
  // @ts-expect-error lists have no order
  (db) => db.shop.orders.list({ orderBy: { items: "asc" } }),
  // @ts-expect-error no such field
  (db) => db.shop.orders.list({ fields: ["state"] }),
  // @ts-expect-error not among the fields asked for
  async (db) => (await db.shop.orders.get({ id: "x" }, { fields: ["status"] })).currency,
  // @ts-expect-error may be absent
  async (db) => (await db.shop.orders.get({ id: "x" })).status.length,
  // @ts-expect-error may be missing
  async (db) => (await db.shop.orders.delete({ id: "x" }, { allowMissing: true })).status,
  // @ts-expect-error may be missing
  async (db) => (await db.shop.orders.findFirst()).id,
  // @ts-expect-error audit logs are not soft-deleted
  (db) => db.shop.auditLogs.undelete({ id: "x" }),
  // @ts-expect-error by key or by filter
  (db) => db.shop.orders.exists({ key: { id: "x" }, where: { status: "open" } }),
  // @ts-expect-error a promise is no operation
  (db) => db.transaction([db.shop.orders.create({})]),
  // @ts-expect-error of another entity
  (db) => db.shop.orders.batchWrite([db.shop.products.create.op({})]),
  // @ts-expect-error a read is no write
  (db) => db.shop.orders.batchWrite([db.shop.orders.get.op({ id: "x" })]),
  // @ts-expect-error results are typed by position
  async (db) => (await db.transaction([db.shop.orders.create.op({})]))[0].stock,
  // @ts-expect-error rows are not changed in place
  async (db) => ((await db.shop.orders.get({ id: "x" })).status = "paid"),
  // @ts-expect-error no such level
  (db) => db.shop.orders.get({ id: "x" }, { consistency: "sometimes" }),
  // @ts-expect-error a number of milliseconds
  (db) => db.shop.orders.get({ id: "x" }, { timeout: "5s" }),
  // @ts-expect-error no such member
  (db) => db.collection({ order: Order }, { partition: { user: { id: "u" } } }),
  // @ts-expect-error a sort key is a text
  (db) => db.collection({ order: Order }, { partition: "USER#u", where: lastDays(7) }),
  async (db) => {
    const page = await db.collection({ order: Order, user: User }, { partition: "USER#u" });
    // @ts-expect-error it must be known which member it is
    return page.items.map((item) => item.value.email);
  },
  // @ts-expect-error of no member
  (db) => db.collection({ order: Order, user: User }, { partition: "USER#u", fields: ["stock"] }),
  async (db) => {
    const page = await db.collection({ order: Order }, { partition: "USER#u", fields: ["status"] });
    // @ts-expect-error what was not asked for is not there
    return page.items.map((item) => (item.ok ? item.value.currency : ""));
  },
];
