// What a shop asks of its store: lists newest first, unique addresses, stock that is never sold twice, orders that move on by version.
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { createRandom } from "../fixtures/random.ts";
import { numberOf, objectOf, objects, textOf } from "../integration/ask.ts";
import { compareText, sameRows, sameSet, shopEntityNames, type Scenario, type Stage } from "./stage.ts";

const atOnce = 64;

export const shop: readonly Scenario[] = [
  {
    name: "a user's orders, newest first, page by page",
    play: async (stage) => {
      const byUser = Map.groupBy(live(stage, "Order"), ({ userId }) => textOf(userId));
      const busiest = [...byUser].toSorted(([, a], [, b]) => b.length - a.length).slice(0, 20);
      for (const [userId, orders] of [...busiest, ["nobody", []] as const]) {
        const found = await stage.readAll("Order/List", { where: { userId: { eq: userId } }, pageSize: 7 });
        sameRows(found, newestFirst(orders));
      }
    },
  },
  {
    name: "the newest of everything, and the payments of a gateway and of a status",
    play: async (stage) => {
      for (const entity of shopEntityNames) {
        const page = await stage.ask(`${entity}/List`, { pageSize: 50 });
        sameRows(objects(page, "entities"), newestFirst(live(stage, entity)).slice(0, 50));
      }
      for (const where of [{ gateway: { eq: "paypal" } }, { status: { eq: "failed" } }] as const) {
        const [field, { eq }] = Object.entries(where)[0] ?? ["", { eq: "" }];
        const expected = live(stage, "Payment").filter((row) => row[field] === eq);
        sameRows(await stage.readAll("Payment/List", { where, pageSize: 500 }), newestFirst(expected));
        strictEqual(numberOf((await stage.ask("Payment/Count", { where }))["count"]), expected.length);
      }
    },
  },
  {
    name: "products by price, from and to, cheapest first",
    play: async (stage) => {
      const cents = (row: JsonObject): number => Number(textOf(row["price"]).replace(".", ""));
      for (const [from, to] of [
        ["9.99", "99.00"],
        ["100.00", "100.00"],
        ["500", "1000"],
      ] as const) {
        const within = (row: JsonObject): boolean => cents(row) >= Number(from) * 100 && cents(row) <= Number(to) * 100;
        const expected = live(stage, "Product")
          .filter(within)
          .toSorted((a, b) => cents(a) - cents(b) || compareText(textOf(a["id"]), textOf(b["id"])));
        const where = { price: { gte: from, lte: to } };
        sameRows(await stage.readAll("Product/List", { where, orderBy: "price", pageSize: 100 }), expected);
      }
    },
  },
  {
    name: "a user by address, which one live user has",
    play: async (stage) => {
      for (const user of live(stage, "User").slice(0, 50)) {
        const email = textOf(user["email"]);
        sameRows(await stage.readAll("User/List", { where: { email: { eq: email } } }), [user]);
        strictEqual(await stage.refused("User/Create", { entity: { email, name: "Mallory" } }), "UNIQUE_VIOLATION");
      }
      const [gone] = deleted(stage, "User");
      ok(gone, "the fixtures have users that are marked deleted");
      deepStrictEqual(await stage.readAll("User/List", { where: { email: { eq: textOf(gone["email"]) } } }), []);
      const { entity } = await stage.ask("User/Create", { entity: { email: textOf(gone["email"]), name: "Ada" } });
      keep(stage, "User", objectOf(entity));
      strictEqual(await stage.refused("User/Undelete", { key: { id: textOf(gone["id"]) } }), "UNIQUE_VIOLATION");
    },
  },
  { name: "64 buyers of ten products at once: what is sold was there, and nothing is sold twice", play: sellOut },
  {
    name: "an order moves on by its version, and who comes too late is told",
    play: async (stage) => {
      for (const order of live(stage, "Order").slice(0, 30)) {
        const id = textOf(order["id"]);
        const expectedVersion = textOf(order["version"]);
        const move = (status: string): JsonObject => ({ entity: { id, status }, expectedVersion });
        const { entity } = await stage.ask("Order/Update", move("shipped"));
        const changed = objectOf(entity);
        strictEqual(textOf(changed["version"]), String(BigInt(expectedVersion) + 1n));
        strictEqual(textOf(changed["createdAt"]), textOf(order["createdAt"]));
        keep(stage, "Order", changed);
        strictEqual(await stage.refused("Order/Update", move("cancelled")), "VERSION_MISMATCH");
      }
    },
  },
  {
    name: "what is deleted is hidden, is there for who asks for it, and comes back as it was",
    play: async (stage) => {
      for (const product of live(stage, "Product").slice(0, 20)) {
        const key = { id: textOf(product["id"]) };
        await stage.ask("Product/Delete", { key });
        strictEqual(await stage.refused("Product/Get", { key }), "ROW_NOT_FOUND");
        const shown = await stage.ask("Product/Get", { key, showDeleted: true });
        ok(textOf(objectOf(shown["entity"])["deletedAt"]) !== "");
        const back = objectOf((await stage.ask("Product/Undelete", { key }))["entity"]);
        const { version: _version, updatedAt: _updatedAt, ...same } = back;
        const { version: _before, updatedAt: _then, ...before } = product;
        sameRows([same], [before]);
        keep(stage, "Product", back);
      }
    },
  },
  {
    name: "the trail of an order, newest first",
    play: async (stage) => {
      const byOrder = Map.groupBy(live(stage, "AuditLog"), ({ entityId }) => textOf(entityId));
      const longest = [...byOrder].toSorted(([, a], [, b]) => b.length - a.length).slice(0, 10);
      for (const [entityId, entries] of longest)
        sameRows(
          await stage.readAll("AuditLog/List", { where: { entityId: { eq: entityId } }, pageSize: 5 }),
          newestFirst(entries),
        );
    },
  },
  {
    name: "in the end every row of every entity is as the plain computation has it, also what is marked deleted",
    play: async (stage) => {
      for (const entity of shopEntityNames) {
        const found = await stage.readAll(`${entity}/Scan`, {
          pageSize: 500,
          ...(entity !== "AuditLog" && { showDeleted: true }),
        });
        sameSet(found, [...stage.rows(entity).values()], "id");
      }
    },
  },
];

/** Each takes a product's stock, if it is there, and makes an order, a payment and an entry of the trail with it, or nothing at all. */
async function sellOut(stage: Stage): Promise<void> {
  const random = createRandom(5);
  const onSale = live(stage, "Product").slice(0, 10);
  const stock = new Map(onSale.map((row) => [textOf(row["id"]), 20]));
  for (const id of stock.keys()) await stage.ask("Product/Update", { entity: { id, stock: 20 } });
  const sold = new Map<string, number>();
  let soldOut = 0;
  const buyer = async (number: number): Promise<void> => {
    for (let i = 0; i < 5; i += 1) {
      const product = random.pick(onSale);
      const productId = textOf(product["id"]);
      const quantity = random.integer(1, 3);
      const id = `order-${number}-${i}`;
      const total = `${(BigInt(textOf(product["price"]).replace(".", "")) * BigInt(quantity)).toString()}`;
      const totalAmount = `${total.slice(0, -2) || "0"}.${total.slice(-2).padStart(2, "0")}`;
      const line = { id: "1", productId, quantity, price: textOf(product["price"]), total: totalAmount };
      const order = {
        id,
        userId: `buyer-${number}`,
        paymentId: `pay-${id}`,
        totalAmount,
        status: "paid",
        items: [line],
      };
      const payment = { id: `pay-${id}`, userId: `buyer-${number}`, amount: totalAmount, status: "completed" };
      const entry = { id: `log-${id}`, entityType: "order", entityId: id, action: "create" };
      const told = await stage.together([
        {
          method: "Product/Update",
          request: {
            entity: { id: productId },
            increment: { stock: -quantity },
            condition: { stock: { gte: quantity } },
          },
        },
        { method: "Order/Create", request: { entity: order } },
        { method: "Payment/Create", request: { entity: payment } },
        { method: "AuditLog/Create", request: { entity: entry } },
      ]);
      if (!told.ok) {
        if (told.reason === "TRANSACTION_CONFLICT") {
          i -= 1; // for ten seconds others were faster; a buyer asks again
          continue;
        }
        strictEqual(told.reason, "CONDITION_FAILED");
        soldOut += 1;
        continue;
      }
      sold.set(productId, (sold.get(productId) ?? 0) + quantity);
      const [, ordered, paid, noted] = told.answers.map((answer) => objectOf(answer["entity"]));
      for (const [entity, row] of [
        ["Order", ordered],
        ["Payment", paid],
        ["AuditLog", noted],
      ] as const)
        keep(stage, entity, row ?? {});
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, number) => buyer(number)));
  ok(soldOut > 0, "more is wanted than there is");
  for (const [id, had] of stock) {
    const row = objectOf((await stage.ask("Product/Get", { key: { id } }))["entity"]);
    strictEqual(numberOf(row["stock"]), had - (sold.get(id) ?? 0));
    keep(stage, "Product", row);
  }
}

function keep(stage: Stage, entity: string, row: JsonObject): void {
  stage.rows(entity).set(textOf(row["id"]), row);
}

function live(stage: Stage, entity: string): readonly JsonObject[] {
  return [...stage.rows(entity).values()].filter((row) => !("deletedAt" in row));
}

function deleted(stage: Stage, entity: string): readonly JsonObject[] {
  return [...stage.rows(entity).values()].filter((row) => "deletedAt" in row);
}

/** Those of one moment by key, downwards like the moments. */
function newestFirst(rows: readonly JsonObject[]): readonly JsonObject[] {
  return rows.toSorted((a, b) => momentOf(b) - momentOf(a) || compareText(textOf(b["id"]), textOf(a["id"])));
}

/** Microseconds, because two moments of this run may share a millisecond. */
function momentOf(row: JsonObject): number {
  const [, seconds = "", fraction = ""] = /^([^.Z]*)(?:\.(\d*))?Z$/u.exec(textOf(row["createdAt"])) ?? [];
  return Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
