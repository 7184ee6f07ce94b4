// The shop on a sidecar of its own: as an application would test itself.
import { connect } from "./gen/index.ts";
import { Shop, SoldOutError } from "./shop.ts";
import { CancelledError, type Database } from "pannier/client";
import { startSidecar, type TestSidecar } from "pannier/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Packages } from "./gen/index.ts";

let sidecar: TestSidecar;
let db: Database<Packages>;
let shop: Shop;
beforeAll(async () => {
  sidecar = await startSidecar();
  db = await connect({ target: sidecar.target });
  shop = new Shop(db);
});
afterAll(async () => {
  await db.close();
  await sidecar.stop();
});

test("an order takes its pieces, is paid once, and counts as sold", async () => {
  const user = await shop.register("ann@example.com", "Ann");
  const cup = await shop.offer({ name: "cup", price: "3.50", stock: 3, category: "kitchen" });
  const order = await shop.order(user.id, [{ productId: cup.id, quantity: 2 }]);
  expect(order).toMatchObject({ totalAmount: "7.00", status: "pending" });
  expect(await shop.pay(order, "bank", "t-1")).toMatchObject({ amount: "7.00", status: "completed" });
  expect((await shop.orders(user.id, "paid")).entities).toMatchObject([{ id: order.id }]);
  expect((await shop.sold()).get(cup.id)).toBe(2);
  expect((await shop.window("kitchen")).entities).toMatchObject([{ stock: 1 }]);
  expect((await shop.between("3", "4")).entities).toMatchObject([{ name: "cup" }]);
});

test("nobody gets what is sold out, and nothing is taken", async () => {
  const [pen, ink] = await Promise.all(["pen", "ink"].map((name) => shop.offer({ name, price: "1.00", stock: 1 })));
  const lines = [pen, ink].map((product, i) => ({ productId: product?.id ?? "", quantity: i + 1 }));
  await expect(shop.order("nobody", lines)).rejects.toThrow(SoldOutError);
  expect((await shop.restock(pen?.id ?? "", 0)).stock).toBe(1);
});

test("a store that fails for a moment is not noticed", async () => {
  sidecar.faults.add({ method: "Create", error: "STORE_UNAVAILABLE", times: 2 });
  expect((await shop.register("eve@example.com", "Eve")).status).toBe("active");
  sidecar.faults.clear();
});

test("a user is suspended, and the log knows", async () => {
  const user = await shop.register("joe@example.com", "Joe");
  expect((await shop.suspend(user)).status).toBe("suspended");
  const log = await db.shop.auditLogs.findFirst({ where: { entityId: user.id }, orderBy: { createdAt: "desc" } });
  expect(log).toMatchObject({ action: "suspend" });
  await expect(db.shop.users.list({ signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
});
