/** What is spelled otherwise than for MySQL. */

import { expect, test } from "vitest";
import { TIDB } from "../../../../src/adapter/tidb/flavour.ts";
import { tidbDialect } from "../../../../src/adapter/tidb/dialect.ts";
import type { FieldType } from "../../../../src/model/field.ts";

const list: FieldType = { kind: "list", element: { kind: "string" }, set: false };

test("an empty text, which a column that was added to rows has in them, is an empty list", () => {
  const storage = tidbDialect.storageOf(list);
  expect(storage.read("")).toEqual([]);
  expect(storage.read('["a"]')).toEqual(["a"]);
  expect(tidbDialect.isEmptyDocument("c")).toBe("(c IN ('[]', ''))");
  expect(tidbDialect.hasElement("c", "?")).toContain("nullif(c, '')");
});

test("long texts have no default", () => {
  expect(tidbDialect.literal("", "longtext COLLATE utf8mb4_0900_bin")).toBeUndefined();
  expect(tidbDialect.literal("", "varchar(9) COLLATE utf8mb4_0900_bin")).toBe("''");
  expect(tidbDialect.literal(0, "int")).toBe("0");
});

test("the server is known by its version, and MySQL is not it", () => {
  expect(TIDB.isIt("8.0.11-TiDB-v8.5.1")).toBe(true);
  expect(TIDB.isIt("9.7.0")).toBe(false);
});

test("an Execute never begins with SERIALIZABLE, which the server has not", () => {
  expect(tidbDialect.begin.serializable.join("; ")).toMatch(/REPEATABLE READ; BEGIN OPTIMISTIC/u);
});
