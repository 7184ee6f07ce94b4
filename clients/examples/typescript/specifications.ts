/** What the shop asks again and again, by name. */

import { specification, type Specification, type TimeWindow } from "pannier/client";
import { Order, Payment, Product, User, type OrderWhere, type PaymentWhere, type ProductWhere, type UserWhere } from "./gen/shop/v1/client.ts"; // prettier-ignore

export type UserSpecification = Specification<UserWhere, User>;
export type PaymentSpecification = Specification<PaymentWhere, Payment>;
export type OrderSpecification = Specification<OrderWhere, Order>;
export type ProductSpecification = Specification<ProductWhere, Product>;

export const userByEmail = (email: string): UserSpecification => specification(User, `user ${email}`, { email });
export const userByStatus = (status: string): UserSpecification => specification(User, `${status} users`, { status });

export const paymentByUser = (userId: string): PaymentSpecification =>
  specification(Payment, `payments of ${userId}`, { userId });
export const paymentByStatus = (status: string): PaymentSpecification =>
  specification(Payment, `${status} payments`, { status });
export const paymentByGateway = (gateway: string): PaymentSpecification =>
  specification(Payment, `payments through ${gateway}`, { gateway });
/** Both ends are in. */
export const paymentByAmount = (least: string, most: string): PaymentSpecification =>
  specification(Payment, `payments of ${least} to ${most}`, { amount: { gte: least, lte: most } });

export const orderByUser = (userId: string): OrderSpecification =>
  specification(Order, `orders of ${userId}`, { userId });
export const orderByStatus = (status: string): OrderSpecification =>
  specification(Order, `${status} orders`, { status });
export const orderInWindow = (field: "createdAt" | "updatedAt", window: TimeWindow): OrderSpecification =>
  specification(Order, `orders by ${field}`, { [field]: window });

export const productByCategory = (category: string): ProductSpecification =>
  specification(Product, `products in ${category}`, { category });
/** Both ends are in. */
export const productByPrice = (least: string, most: string): ProductSpecification =>
  specification(Product, `products of ${least} to ${most}`, { price: { gte: least, lte: most } });
export const productInStock = (): ProductSpecification => specification(Product, "in stock", { stock: { gt: 0 } });
