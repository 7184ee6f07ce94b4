/** The whole shop service: users, products, orders and payments, as an application would write it. */

import { randomUUID } from "node:crypto";
import { ConditionFailedError, increment, type Database, type Page } from "pannier/client";
import type { Packages } from "./gen/index.ts";
import type { Order, OrderItemInit, Payment, Product, ProductInit, User } from "./gen/shop/v1/client.ts";
import { orderByStatus, orderByUser, productByCategory, productByPrice, productInStock } from "./specifications.ts";

export interface Line {
  readonly productId: string;
  readonly quantity: number;
}

/** A product has fewer pieces than were asked for. */
export class SoldOutError extends Error {}

export class Shop {
  readonly #db: Database<Packages>;

  constructor(db: Database<Packages>) {
    this.#db = db;
  }

  register(email: string, name: string): Promise<User> {
    return this.#db.shop.users.create({ email, name, status: "active" });
  }

  async suspend(user: User): Promise<User> {
    const suspended = await this.#db.shop.users.update(user, { status: "suspended" });
    await this.#audit("user", user.id, "suspend");
    return suspended;
  }

  offer(product: ProductInit): Promise<Product> {
    return this.#db.shop.products.create({ currency: "EUR", status: "active", ...product });
  }

  restock(productId: string, pieces: number): Promise<Product> {
    return this.#db.shop.products.update({ id: productId }, { stock: increment(pieces) });
  }

  /** What can be bought in a category, the newest first. */
  window(category: string, page: number = 1): Promise<Page<Product>> {
    const where = productByCategory(category).and(productInStock());
    return this.#db.shop.products.list({ where, orderBy: { createdAt: "desc" }, pageSize: 20, page, allowScan: true });
  }

  between(least: string, most: string): Promise<Page<Product>> {
    return this.#db.shop.products.list({ where: productByPrice(least, most), orderBy: { price: "asc" } });
  }

  /** Takes the pieces and makes the order, or neither. @throws SoldOutError */
  async order(userId: string, lines: readonly Line[]): Promise<Order> {
    const items = await this.#priced(lines);
    const totalAmount = sumOf(items.map(({ total }) => total));
    const create = this.#db.shop.orders.create.op({ userId, status: "pending", currency: "EUR", totalAmount, items });
    const takes = lines.map(({ productId, quantity }) =>
      this.#db.shop.products.update.op(
        { id: productId },
        { stock: increment(-quantity) },
        { condition: { stock: { gte: quantity } } },
      ),
    );
    try {
      const [order] = await this.#db.transaction([create, ...takes], { requestId: true });
      return order;
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      throw new SoldOutError("a product has fewer pieces than were asked for", { cause: error });
    }
  }

  /** The prices of the moment, per line. */
  async #priced(lines: readonly Line[]): Promise<readonly (OrderItemInit & { readonly total: string })[]> {
    const found = await this.#db.shop.products.batchGet(lines.map(({ productId }) => ({ id: productId })));
    return lines.map(({ productId, quantity }, i) => {
      const result = found[i];
      if (!result?.ok) throw result?.error ?? new Error(`no answer for ${productId}`);
      const price = result.entity?.price ?? "0";
      return { id: String(i + 1), productId, quantity, price, total: textOf(cents(price) * BigInt(quantity)) };
    });
  }

  /** Records the payment and marks the order paid, in one step; twice is once. */
  async pay(order: Order, gateway: string, transactionId: string): Promise<Payment> {
    const { userId, totalAmount, currency } = order;
    const id = randomUUID();
    const payment = { id, userId, amount: totalAmount, currency, gateway, transactionId, status: "completed" };
    const [paid] = await this.#db.transaction(
      [
        this.#db.shop.payments.create.op(payment),
        this.#db.shop.orders.update.op(order, { status: "paid", paymentId: id }, { condition: { status: "pending" } }),
      ],
      { requestId: `pay-${order.id}` },
    );
    return paid;
  }

  orders(userId: string, status?: string): Promise<Page<Order>> {
    const own = orderByUser(userId);
    const where = status === undefined ? own : own.and(orderByStatus(status));
    return this.#db.shop.orders.list({ where, orderBy: { createdAt: "desc" }, allowScan: true });
  }

  /** What was sold of each product, over all orders that are paid. */
  async sold(): Promise<ReadonlyMap<string, number>> {
    const pieces = new Map<string, number>();
    for await (const { items } of this.#db.shop.orders.scan({ where: orderByStatus("paid"), fields: ["items"] }))
      for (const { productId = "", quantity = 0 } of items)
        pieces.set(productId, (pieces.get(productId) ?? 0) + quantity);
    return pieces;
  }

  async #audit(entityType: string, entityId: string, action: string): Promise<void> {
    await this.#db.shop.auditLogs.create({ entityType, entityId, action });
  }
}

function cents(amount: string): bigint {
  return BigInt(amount.replace(".", ""));
}

function textOf(amount: bigint): string {
  const digits = String(amount).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function sumOf(amounts: readonly string[]): string {
  return textOf(amounts.reduce((sum, amount) => sum + cents(amount), 0n));
}
