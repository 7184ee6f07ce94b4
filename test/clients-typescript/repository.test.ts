// Every method of the client against a sidecar, over both transports.
import {
  append,
  CancelledError,
  ClientClosedError,
  ConditionFailedError,
  increment,
  InvalidRequestError,
  KeyExistsError,
  RowNotFoundError,
  ScanRequiredError,
  Timestamp,
  UniqueViolationError,
  VersionMismatchError,
  type Interceptor,
} from "pannier/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestSidecar } from "pannier/testing";
import { connect, type Packages } from "../../clients/examples/typescript/gen/index.ts";
import type { OrderInit } from "../../clients/examples/typescript/gen/shop/v1/client.ts";
import type { Database } from "pannier/client";
import { startShop } from "./sidecar.ts";

let sidecar: TestSidecar;
beforeAll(async () => {
  sidecar = await startShop();
});
afterAll(() => sidecar.stop());

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(["native", "grpc-js"] as const)("over %s", (transport) => {
  let db: Database<Packages>;
  beforeAll(async () => {
    db = await connect({ target: sidecar.target, transport });
  });
  afterAll(() => db.close());

  const order = (more: OrderInit = {}): OrderInit => ({ userId: `u-${transport}`, totalAmount: "12.50", currency: "EUR", status: "open", ...more }); // prettier-ignore

  test("what is created is answered, and got again", async () => {
    const made = await db.shop.orders.create(
      order({ metadata: { a: [1, null, { b: "c" }] }, items: [{ quantity: 2, price: "1.5" }] }),
    );
    expect(made).toMatchObject({ version: 1n, totalAmount: "12.50", items: [{ quantity: 2, price: "1.50" }] });
    expect(made.metadata).toEqual({ a: [1, null, { b: "c" }] });
    expect(made.createdAt).toBeInstanceOf(Timestamp);
    expect("paymentId" in made).toBe(false);
    expect(await db.shop.orders.get({ id: made.id })).toEqual(made);
    expect(await db.shop.orders.find(made)).toEqual(made);
  });

  test("a missing row is an error of its own, and undefined for find", async () => {
    const error = await errorOf(db.shop.orders.get({ id: "none" }));
    expect(error).toBeInstanceOf(RowNotFoundError);
    expect(error).toMatchObject({ code: "NOT_FOUND", entity: "shop.v1.Order", isRetryable: false, isUnexecuted: true });
    expect(await db.shop.orders.find({ id: "none" })).toBeUndefined();
  });

  test("taken keys and unique values tell which", async () => {
    const user = await db.shop.users.create({ email: `one@${transport}`, name: "Ann" });
    expect(await errorOf(db.shop.users.create({ id: user.id, email: `two@${transport}` }))).toBeInstanceOf(
      KeyExistsError,
    );
    const error = await errorOf(db.shop.users.create({ email: `one@${transport}` }));
    expect(error).toBeInstanceOf(UniqueViolationError);
    expect(error).toMatchObject({ constraint: "email" });
  });

  test("update sets, clears and increments; undefined is left alone", async () => {
    const made = await db.shop.products.create({ name: "cup", price: "3.00", stock: 5, category: "kitchen" });
    const changed = await db.shop.products.update(made, { name: undefined, category: null, stock: increment(-2), price: increment("0.25") }); // prettier-ignore
    expect(changed).toMatchObject({ name: "cup", stock: 3, price: "3.25", version: 2n });
    expect("category" in changed).toBe(false);
    expect((await db.shop.products.update({ id: made.id }, { stock: 0 })).stock).toBe(0);
  });

  test("lists are appended to", async () => {
    const made = await db.shop.orders.create(order({ items: [{ id: "a" }] }));
    const longer = await db.shop.orders.update(made, { items: append([{ id: "b" }]) });
    expect(longer.items.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("a version that was read is expected, unless the caller says otherwise", async () => {
    const made = await db.shop.products.create({ name: "cup", stock: 1 });
    await db.shop.products.update(made, { stock: 2 });
    expect(await errorOf(db.shop.products.update(made, { stock: 3 }))).toBeInstanceOf(VersionMismatchError);
    expect(await errorOf(db.shop.products.put({ ...made, stock: 3 }))).toBeInstanceOf(VersionMismatchError);
    expect(await errorOf(db.shop.products.delete(made))).toBeInstanceOf(VersionMismatchError);
    expect((await db.shop.products.update(made, { stock: 3 }, { expectedVersion: "any" })).stock).toBe(3);
  });

  test("a condition is tested with the write", async () => {
    const { id } = await db.shop.products.create({ name: "cup", stock: 1 });
    const take = (): Promise<unknown> =>
      db.shop.products.update({ id }, { stock: increment(-1) }, { condition: { stock: { gte: 1 } } });
    await take();
    expect(await errorOf(take())).toBeInstanceOf(ConditionFailedError);
    expect((await db.shop.products.get({ id })).stock).toBe(0);
  });

  test("put and upsert say whether they made the row", async () => {
    const id = `put-${transport}`;
    expect(await db.shop.products.put({ id, name: "a", stock: 1 })).toMatchObject({ created: true });
    const replaced = await db.shop.products.put({ id, name: "b" });
    expect(replaced).toMatchObject({ created: false, entity: { name: "b" } });
    expect("stock" in replaced.entity).toBe(false);
    expect(await db.shop.products.upsert({ id, stock: 4 })).toMatchObject({ created: false, entity: { name: "b", stock: 4 } }); // prettier-ignore
    expect(await db.shop.products.upsert({ id: `${id}-2`, stock: 4 })).toMatchObject({ created: true });
  });

  test("delete marks, undelete restores, permanent removes", async () => {
    const made = await db.shop.orders.create(order());
    expect((await db.shop.orders.delete(made)).deletedAt).toBeInstanceOf(Timestamp);
    expect(await db.shop.orders.find(made)).toBeUndefined();
    expect((await db.shop.orders.get(made, { showDeleted: true })).id).toBe(made.id);
    expect((await db.shop.orders.undelete({ id: made.id })).deletedAt).toBeUndefined();
    await db.shop.orders.delete({ id: made.id }, { permanent: true });
    expect(await db.shop.orders.delete({ id: made.id }, { allowMissing: true })).toBeUndefined();
  });

  test("an answer is cut to the fields asked for, with the key and the version", async () => {
    const made = await db.shop.orders.create(order(), { fields: ["status"] });
    expect(made).toEqual({ id: made.id, version: 1n, status: "open" });
    expect(await db.shop.orders.get(made, { fields: ["currency"] })).toEqual({
      id: made.id,
      version: 1n,
      currency: "EUR",
    });
  });

  test("pages follow each other and know their place", async () => {
    const userId = `pages-${transport}`;
    for (const totalAmount of ["1.00", "2.00", "3.00", "4.00", "5.00"])
      await db.shop.orders.create(order({ userId, totalAmount }));
    const query = { where: { userId }, orderBy: { createdAt: "desc" }, pageSize: 2, total: true } as const;
    const first = await db.shop.orders.list(query);
    expect(first).toMatchObject({ page: 1, totalSize: 5, totalPages: 3, hasNext: true, hasPrevious: false });
    const second = await first.next();
    expect(second).toMatchObject({ page: 2, hasPrevious: true });
    const amounts: (string | undefined)[] = [];
    for await (const page of db.shop.orders.pages(query)) amounts.push(...page.entities.map((row) => row.totalAmount));
    expect(amounts).toEqual(["5.00", "4.00", "3.00", "2.00", "1.00"]);
    const third = await db.shop.orders.list({ ...query, page: 3 });
    expect(third.entities.map((row) => row.totalAmount)).toEqual(["1.00"]);
    expect(await db.shop.orders.count({ where: { userId, totalAmount: { gt: "2" } }, allowScan: true })).toBe(3);
    expect(await db.shop.orders.findFirst({ ...query, where: { userId } })).toMatchObject({ totalAmount: "5.00" });
    expect(await db.shop.orders.exists({ where: { userId } })).toBe(true);
    expect(await db.shop.orders.exists({ key: { id: "none" } })).toBe(false);
  });

  test("a query that no index serves is refused, unless it may scan", async () => {
    const query = { where: { currency: "CHF" } };
    expect(await errorOf(db.shop.orders.list(query))).toBeInstanceOf(ScanRequiredError);
    expect((await db.shop.orders.list({ ...query, allowScan: true })).entities).toEqual([]);
  });

  test("a scan reads rows, and frames, and goes on where another stopped", async () => {
    const userId = `scan-${transport}`;
    for (let i = 0; i < 7; i++) await db.shop.orders.create(order({ userId }));
    const scan = db.shop.orders.scan({ where: { userId }, pageSize: 3 });
    const seen: string[] = [];
    for await (const frame of scan.frames()) {
      seen.push(...frame.entities.map(({ id }) => id));
      if (seen.length > 0) break;
    }
    const rest = db.shop.orders.scan({ where: { userId }, pageSize: 3, resumeToken: scan.resumeToken });
    for await (const { id } of rest) seen.push(id);
    expect(new Set(seen).size).toBeGreaterThanOrEqual(7);
  });

  test("batches answer every position", async () => {
    const [a, b] = [`b1-${transport}`, `b2-${transport}`];
    const { create, delete: remove, update } = db.shop.products;
    const written = await db.shop.products.batchWrite([create.op({ id: a, stock: 1 }), create.op({ id: a }), create.op({ id: b }), update.op({ id: b }, { stock: increment(2) }), remove.op({ id: "none" })]); // prettier-ignore
    expect(written.map((result) => result.ok)).toEqual([true, false, true, true, false]);
    expect(written[1]).toMatchObject({ error: { reason: "KEY_EXISTS" } });
    const got = await db.shop.products.batchGet([{ id: b }, { id: "none" }, { id: a }]);
    expect(got.map((result) => (result.ok ? result.entity?.id : result.error.reason))).toEqual([b, "ROW_NOT_FOUND", a]);
  });

  test("a transaction is all or nothing, over entities", async () => {
    const product = await db.shop.products.create({ stock: 1 });
    const take = db.shop.products.update.op(
      { id: product.id },
      { stock: increment(-1) },
      { condition: { stock: { gte: 1 } } },
    );
    const [made, taken, count] = await db.transaction([db.shop.orders.create.op(order()), take, db.shop.products.exists.op({ key: product })]); // prettier-ignore
    expect([made.status, taken.stock, count]).toEqual(["open", 0, true]);
    const id = `never-${transport}`;
    const error = await errorOf(db.transaction([db.shop.orders.create.op(order({ id })), take]));
    expect(error).toBeInstanceOf(ConditionFailedError);
    expect(error).toMatchObject({ index: 1 });
    expect(await db.shop.orders.find({ id })).toBeUndefined();
  });

  test("an equal repeat with a request id gets the first outcome", async () => {
    const requestId = `r-${transport}`;
    const first = await db.shop.orders.create(order(), { requestId });
    expect(await db.shop.orders.create(order(), { requestId })).toEqual(first);
  });

  test("health is asked of the whole and of a service", async () => {
    expect(await db.health()).toBe("serving");
    expect(await db.health({ service: "shop.v1.OrderRepository" })).toBe("serving");
    expect(await db.health({ service: "nobody" })).toBe("unknown");
  });

  test.each([
    ["a field that is none", () => db.shop.orders.create({ useId: "x" } as OrderInit), "FIELD_UNKNOWN", "useId"],
    [
      "a number for a text",
      () => db.shop.orders.create({ userId: 1 } as unknown as OrderInit),
      "FIELD_INVALID",
      "userId",
    ],
    ["a number for a decimal", () => db.shop.orders.create({ totalAmount: 1 } as unknown as OrderInit), "FIELD_INVALID", "totalAmount"], // prettier-ignore
    ["a bigint for a number", () => db.shop.products.create({ stock: 1n } as object), "FIELD_INVALID", "stock"],
    ["a fraction for a whole number", () => db.shop.products.create({ stock: 1.5 }), "FIELD_INVALID", "stock"],
    ["a number for a bigint", () => db.shop.orders.list({ where: { version: 1 as unknown as bigint } }), "FIELD_INVALID", "where.version"], // prettier-ignore
    ["what is wrong inside a list", () => db.shop.orders.create({ items: [{}, { quantity: "1" as unknown as number }] }), "FIELD_INVALID", "items[1].quantity"], // prettier-ignore
    ["any without members", () => db.shop.orders.list({ where: { any: [] } }), "EMPTY_PREDICATE", "where.any"],
    ["oneOf without members", () => db.shop.orders.list({ where: { status: { oneOf: [] } } }), "EMPTY_PREDICATE", "where.status.oneOf"], // prettier-ignore
    ["a condition with nothing in it", () => db.shop.orders.list({ where: { status: {} } }), "EMPTY_PREDICATE", "where.status"], // prettier-ignore
    ["undefined in a where", () => db.shop.orders.list({ where: { status: undefined } as object }), "EMPTY_PREDICATE", "where.status"], // prettier-ignore
    ["a key without its field", () => db.shop.orders.get({} as { id: string }), "KEY_INCOMPLETE", "id"],
    ["an order by no field", () => db.shop.orders.list({ orderBy: { nothing: "asc" } as object }), "ORDER_INVALID", "orderBy"], // prettier-ignore
    ["a circle in JSON", () => db.shop.orders.create({ metadata: circle() }), "FIELD_INVALID", "metadata"],
    ["a timeout of nothing", () => db.shop.orders.list({ timeout: 0 }), "TIMEOUT_INVALID", "timeout"],
    ["metadata with a line break", () => db.shop.orders.list({ metadata: { a: "b\r\nc" } }), "METADATA_INVALID", "metadata.a"], // prettier-ignore
  ])("%s is refused before it is sent", async (_, call, reason, field) => {
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ reason, field, isUnexecuted: true });
  });

  test("members with getters and from prototypes count, undefined ones do not", async () => {
    class Draft {
      readonly currency: string | undefined = undefined;
      get userId(): string {
        return "getter";
      }
    }
    const made = await db.shop.orders.create(new Draft());
    expect(made).toMatchObject({ userId: "getter" });
    expect("currency" in made).toBe(false);
  });

  test("an abort ends a call", async () => {
    expect(await errorOf(db.shop.orders.list({ signal: AbortSignal.abort() }))).toBeInstanceOf(CancelledError);
  });

  test("interceptors stand around every call, the first outermost", async () => {
    const seen: string[] = [];
    const telling =
      (name: string): Interceptor =>
      async (call, next) => {
        seen.push(`${name} ${call.method}`);
        return next({ ...call, options: { ...call.options, metadata: { tenant: name } } });
      };
    await using other = await connect({ target: sidecar.target, transport, interceptors: [telling("a"), telling("b")], waitForHealth: 0 }); // prettier-ignore
    await other.shop.orders.count({ allowScan: true });
    expect(seen).toEqual(["a Count", "b Count"]);
  });

  test("interceptors stand around a scan from its opening to its end", async () => {
    const { id } = await db.shop.orders.create(order());
    const seen: string[] = [];
    const telling: Interceptor = async (call, next) => {
      seen.push(`${call.method} opens`);
      const answer = await next({ ...call, options: { ...call.options, metadata: { tenant: "a" } } });
      seen.push(`${call.method} ends with ${String(answer)}`);
      return answer;
    };
    await using other = await connect({ target: sidecar.target, transport, interceptors: [telling], waitForHealth: 0 });
    for await (const found of other.shop.orders.scan({ where: { id } }))
      seen.push(found.id === id ? "a row" : found.id);
    expect(seen).toEqual(["Scan opens", "a row", "Scan ends with undefined"]);
    for await (const _ of other.shop.orders.scan()) break;
    await expect.poll(() => seen.slice(3)).toEqual(["Scan opens", "Scan ends with undefined"]);
  });

  test("an interceptor sees how a scan fails, and may refuse it", async () => {
    const seen: unknown[] = [];
    const watching: Interceptor = (call, next) => next(call).finally(() => seen.push(call.method));
    const refusing: Interceptor = async (call, next) => {
      if (call.method === "Scan") throw new TypeError("not today");
      return next(call);
    };
    const rows = async (interceptors: readonly Interceptor[], where: object): Promise<void> => {
      await using other = await connect({ target: sidecar.target, transport, interceptors, waitForHealth: 0 });
      for await (const { id } of other.shop.orders.scan({ where, timeout: 30_000 })) seen.push(id);
    };
    expect(await errorOf(rows([watching], { any: [] }))).toBeInstanceOf(InvalidRequestError);
    sidecar.faults.add({ method: "Scan", error: "INTERNAL" });
    expect(await errorOf(rows([watching], {}))).toMatchObject({ reason: "INTERNAL" });
    sidecar.faults.clear();
    expect(seen).toEqual(["Scan"]);
    expect(await errorOf(rows([watching, refusing], {}))).toMatchObject({ message: "not today" });
    expect(await errorOf(rows([async () => undefined], {}))).toBeInstanceOf(TypeError);
  });

  test("after close every call is refused", async () => {
    const other = await connect({ target: sidecar.target, transport });
    await other.close();
    expect(await errorOf(other.shop.orders.list())).toBeInstanceOf(ClientClosedError);
  });
});

function circle(): { [name: string]: never } {
  const object: { [name: string]: unknown } = {};
  object["self"] = object;
  return object as { [name: string]: never };
}
