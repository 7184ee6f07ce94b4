/** What is spelled otherwise than for PostgreSQL. */

import { expect, test } from "vitest";
import { cockroachCatalog } from "../../../../src/adapter/cockroachdb/catalog.ts";
import { cockroachDialect } from "../../../../src/adapter/cockroachdb/dialect.ts";
import { COCKROACHDB } from "../../../../src/adapter/cockroachdb/flavour.ts";
import { POSTGRESQL } from "../../../../src/adapter/postgresql/flavour.ts";
import type { FieldType } from "../../../../src/model/field.ts";

test.each<[FieldType["kind"], string]>([
  ["int32", "int4"],
  ["string", "text"],
  ["int64", "bigint"],
  ["timestamp", "timestamp(6) with time zone"],
])("%s is stored as %s", (kind, declared) => {
  expect(cockroachDialect.storageOf({ kind } as FieldType).declared).toBe(declared);
});

test("nothing asks for what the server has not: xmax, advisory locks, collations, locks that time out by themselves", () => {
  const { begin, insertUnlessAny, lockRow, wasInserted } = cockroachDialect;
  const rows = cockroachDialect.rows([], []).text;
  const said = [
    ...Object.values(begin).flat(),
    rows,
    insertUnlessAny,
    lockRow,
    ...cockroachCatalog.meta.map(({ sql }) => sql),
  ];
  expect(said.join("; ")).not.toMatch(/xmax|advisory|COLLATE|lock_timeout|READ COMMITTED|REPEATABLE/iu);
  expect(wasInserted).toBeUndefined();
  expect(cockroachCatalog).not.toHaveProperty("lock");
});

test("each of the two servers is known by what it tells, and the other is not it", () => {
  const [cockroach, postgres] = [
    new Map([["crdb_version", "CockroachDB CCL v25.4.0"]]),
    new Map([["server_version", "18.4"]]),
  ];
  expect([COCKROACHDB.isIt(cockroach), COCKROACHDB.isIt(postgres)]).toEqual([true, false]);
  expect([POSTGRESQL.isIt(cockroach), POSTGRESQL.isIt(postgres)]).toEqual([false, true]);
});
