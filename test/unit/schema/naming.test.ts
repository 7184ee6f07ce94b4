/** Derived names follow the rules of the API's README. */

import { expect, test } from "vitest";
import {
  capitalised,
  indexName,
  jsonName,
  plural,
  repositoryFile,
  snakeCase,
  tableName,
} from "../../../src/schema/naming.ts";

test.each([
  ["HTTPRoute2", "http_route2"],
  ["Order", "order"],
  ["OrderItem", "order_item"],
  ["APIKeyData", "api_key_data"],
  ["ABTest", "ab_test"],
  ["Route2Hop", "route2_hop"],
  ["URL", "url"],
  ["already_snake", "already_snake"],
  ["With_Under", "with_under"],
])("%s is %s in snake_case", (name, snake) => {
  expect(snakeCase(name)).toBe(snake);
});

test.each([
  ["category", "categories"],
  ["day", "days"],
  ["bus", "buses"],
  ["box", "boxes"],
  ["quiz", "quizes"],
  ["batch", "batches"],
  ["dish", "dishes"],
  ["order", "orders"],
  ["http_route2", "http_route2s"],
])("the plural of %s is %s", (one, many) => {
  expect(plural(one)).toBe(many);
});

test("names of tables, indexes, files and JSON are derived", () => {
  expect(tableName("AuditLog")).toBe("audit_logs");
  expect(indexName(["status", "created_at"])).toBe("status_created_at");
  expect(repositoryFile("shop/v1/order.proto", "shop.v1", "HTTPRoute2")).toBe("shop/v1/http_route2_repository.proto");
  expect(repositoryFile("order.proto", "shop.v1", "Order")).toBe("shop/v1/order_repository.proto");
  expect(repositoryFile("folder/order.proto", "", "Order")).toBe("folder/order_repository.proto");
  expect(capitalised("other_units")).toBe("OtherUnits");
  expect(jsonName("created_at_2x")).toBe("createdAt2x");
});
