// A specification says of an object in memory what the sidecar says of the row; and the twelve of the shop.
import fc from "fast-check";
import { specification, Timestamp, ValueError, type Database } from "pannier/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestSidecar } from "pannier/testing";
import { connect, type Packages } from "../../clients/examples/typescript/gen/index.ts";
import { Order, Product, type ProductInit, type ProductWhere, type Product as ProductRow } from "../../clients/examples/typescript/gen/shop/v1/client.ts"; // prettier-ignore
import * as twelve from "../../clients/examples/typescript/specifications.ts";
import { startShop } from "./sidecar.ts";

let sidecar: TestSidecar;
let db: Database<Packages>;
beforeAll(async () => {
  sidecar = await startShop();
  db = await connect({ target: sidecar.target });
});
afterAll(async () => {
  await db.close();
  await sidecar.stop();
});

const texts = ["", "a", "ab", "\u{e9}", "\u{ffff}", "\u{10000}"];
const decimals = ["0", "-0.01", "1.5", "1.50", "10", "9.99", "99999999999999.99", "-12"];
const numbers = [0, 1, -1, 2_147_483_647, -2_147_483_648];
const text = fc.constantFrom(...texts);
const decimal = fc.constantFrom(...decimals);
const number = fc.constantFrom(...numbers);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const product: fc.Arbitrary<ProductInit> = fc
  .record({
    name: maybe(text),
    category: maybe(text),
    price: maybe(decimal),
    stock: maybe(number),
    metadata: maybe(fc.constant({ a: 1 })),
  })
  .map((row) => row);

function ordering<T>(value: fc.Arbitrary<T>): fc.Arbitrary<object> {
  const operators = fc.constantFrom("eq", "ne", "lt", "lte", "gt", "gte");
  return fc.oneof(
    fc.tuple(operators, value).map(([operator, operand]) => ({ [operator]: operand })),
    fc.tuple(operators, value, operators, value).map(([one, a, other, b]) => ({ [one]: a, [other]: b })),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((oneOf) => ({ oneOf })),
    fc.boolean().map((isNull) => ({ isNull })),
  );
}

const textual = fc.oneof(
  { arbitrary: ordering(text), weight: 4 },
  text,
  text.map((startsWith) => ({ startsWith })),
  text.map((contains) => ({ contains })),
);

function where(moments: readonly Timestamp[]): fc.Arbitrary<ProductWhere> {
  const field = fc.oneof(
    { arbitrary: textual.map((name) => ({ name })), weight: 3 },
    fc.tuple(textual, textual).map(([name, category]) => ({ name, category })),
    fc.oneof(ordering(decimal), decimal).map((price) => ({ price })),
    fc.oneof(ordering(number), number).map((stock) => ({ stock })),
    fc.boolean().map((isNull) => ({ metadata: { isNull } })),
    fc.boolean().map((isNull) => ({ deletedAt: { isNull } })),
    ordering(fc.constantFrom(...moments)).map((createdAt) => ({ createdAt })),
    ordering(fc.constantFrom(0n, 1n, 2n)).map((version) => ({ version })),
  );
  const { tree } = fc.letrec<{ tree: object; group: object }>((tie) => ({
    group: fc.oneof(
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map((none) => ({ none })),
      fc.tuple(field, tie("tree")).map(([own, other]) => ({ ...own, any: [other] })),
    ),
    tree: fc.oneof({ maxDepth: 3 }, field, tie("group")),
  }));
  return tree;
}

test("memory and sidecar agree on random conditions", async () => {
  for (const row of fc.sample(product, { numRuns: 60, seed: 17 })) await db.shop.products.create(row);
  const rows: ProductRow[] = [];
  for await (const row of db.shop.products.scan()) rows.push(row);
  const moments = rows.slice(0, 5).flatMap(({ createdAt }) => createdAt ?? []);
  expect(rows.length).toBe(60);
  let selective = 0;
  await fc.assert(
    fc.asyncProperty(where(moments), async (condition) => {
      const named = specification(Product, "random", condition);
      const found: string[] = [];
      for await (const { id } of db.shop.products.scan({ where: named })) found.push(id);
      const expected = rows.filter((row) => named.isSatisfiedBy(row)).map(({ id }) => id);
      if (expected.length > 0 && expected.length < rows.length) selective += 1;
      expect(found.toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 500 },
  );
  expect(selective).toBeGreaterThan(50); // or the conditions would tell nothing
});

describe("specifications", () => {
  const cheap = twelve.productByPrice("0", "5");
  const cups = twelve.productByCategory("cups");
  const row = (more: object): ProductRow => ({ id: "1", version: 1n, ...more });

  test("are combined, and named so", () => {
    const both = cheap.and(cups.not(), twelve.productInStock());
    expect(both.name).toBe("(products of 0 to 5 and not products in cups and in stock)");
    expect(both.isSatisfiedBy(row({ price: "5.00", stock: 1 }))).toBe(true);
    expect(both.isSatisfiedBy(row({ price: "5.00", stock: 1, category: "cups" }))).toBe(false);
    expect(cheap.or(cups).isSatisfiedBy(row({ category: "cups" }))).toBe(true);
    expect(cheap.isSatisfiedBy(row({}))).toBe(false);
  });

  test("that ask nothing are refused", () => {
    expect(() => specification(Order, "all", {})).toThrow(ValueError);
    expect(() => specification(Order, "none of none", { any: [] })).toThrow(/any is empty/);
  });

  test("the shop has twelve", async () => {
    const { orderInWindow, paymentByAmount, paymentByGateway, paymentByStatus, paymentByUser, userByEmail, userByStatus } = twelve; // prettier-ignore
    expect(Object.keys(twelve)).toHaveLength(12);
    await db.shop.users.create({ email: "t@w", status: "active" });
    await db.shop.payments.create({ userId: "t", amount: "5.00", gateway: "bank", status: "failed" });
    const moment = Timestamp.now();
    await db.shop.orders.create({ userId: "t", status: "open" });
    const scanning = { allowScan: true };
    for (const where of [userByEmail("t@w"), userByStatus("active")])
      expect(await db.shop.users.count({ where, ...scanning })).toBe(1);
    for (const where of [
      paymentByUser("t"),
      paymentByStatus("failed"),
      paymentByGateway("bank"),
      paymentByAmount("5", "5"),
    ])
      // prettier-ignore
      expect(await db.shop.payments.count({ where, ...scanning })).toBe(1);
    const later = Timestamp.fromNanoseconds(moment.toNanoseconds() + 3_600_000_000_000n);
    const early = Timestamp.fromNanoseconds(moment.toNanoseconds() - 3_600_000_000_000n);
    for (const where of [
      twelve.orderByUser("t"),
      twelve.orderByStatus("open"),
      orderInWindow("createdAt", { gte: early, lt: later }),
    ])
      // prettier-ignore
      expect(await db.shop.orders.count({ where, ...scanning })).toBe(1);
  });
});
