/** Columns that others made: which are as Pannier makes them, and how rows are found by the others. */

import { describe, expect, it } from "vitest";
import { cockroachDialect } from "../../../../src/adapter/cockroachdb/dialect.ts";
import { mysqlDialect } from "../../../../src/adapter/mysql/dialect.ts";
import { MARIADB } from "../../../../src/adapter/mysql/flavour.ts";
import { postgresqlDialect } from "../../../../src/adapter/postgresql/dialect.ts";
import { isAsOwn } from "../../../../src/adapter/sql/column.ts";
import type { Dialect } from "../../../../src/adapter/sql/dialect.ts";
import { keyParameters } from "../../../../src/adapter/sql/row.ts";
import { tableOf, type Table } from "../../../../src/adapter/sql/table.ts";
import { contractOf } from "../../../../src/migration/contract.ts";
import { entity } from "../sqlite/store.ts";

const everything = entity("test.v1.Everything");
const mariadb = mysqlDialect(MARIADB);

/** Over a table that others made, with these types for what Pannier would have made of each. */
function adopted(dialect: Dialect, typeOf: (declared: string) => string): Table {
  const made = tableOf(dialect, everything).columns;
  const found = made.map(({ name, declared, notNull }) => [name, { type: typeOf(declared), notNull }] as const);
  return tableOf(dialect, everything, { view: contractOf(everything), found: new Map(found) });
}

describe.each<[string, Dialect]>([
  ["PostgreSQL", postgresqlDialect],
  ["MariaDB", mariadb],
])("of %s", (_, dialect) => {
  it("columns of Pannier's own types are compared and added to as its own", () => {
    const facts = ({ columns }: Table): unknown =>
      columns.map(({ name, declared, sums, comparing }) => ({ name, declared, sums, comparing }));
    expect(facts(adopted(dialect, (declared) => declared))).toEqual(facts(tableOf(dialect, everything)));
  });
});

it("a type that is not the field's is its own only where the database says that it does as well", () => {
  const whole = { declared: "int4" } as Parameters<typeof isAsOwn>[1]; // of it nothing else is read
  const isOwn = (dialect: Dialect, type: string): boolean => isAsOwn(dialect, whole, { type, notNull: true });
  expect(["int4", "integer", "bigint"].map((type) => isOwn(cockroachDialect, type))).toEqual([true, true, false]);
  expect(["int4", "integer"].map((type) => isOwn(postgresqlDialect, type))).toEqual([true, false]);
});

it("a key in another collation is asked for by the index and by its bytes, with a value for each", () => {
  const table = adopted(mariadb, (declared) => declared.replace(/ COLLATE \w+/u, " COLLATE utf8mb4_general_ci"));
  expect(table.whereKey.split("?").length - 1).toBe(2);
  expect(keyParameters(table, ["a"])).toEqual(["a", "a"]);
  expect(keyParameters(tableOf(mariadb, everything), ["a"])).toEqual(["a"]);
});
