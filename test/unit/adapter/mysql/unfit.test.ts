/** What these servers cannot carry is told before anything is made of it. */

import { describe, expect, it } from "vitest";
import { mysqlDialect } from "../../../../src/adapter/mysql/dialect.ts";
import { MARIADB } from "../../../../src/adapter/mysql/flavour.ts";
import { unfitEntities } from "../../../../src/adapter/mysql/unfit.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { entities } from "../../../conformance/stores.ts";

const account = entities.find(({ name }) => name === "test.v1.Account");
if (!account) throw new Error("test/entities has an Account");
const unfit = (...changed: readonly EntityModel[]) => [...unfitEntities(mysqlDialect(MARIADB), changed).values()];
const wide = (maxLength: number): EntityModel => ({
  ...account,
  indexes: [],
  fields: account.fields.map((field) => (field.name === "id" ? { ...field, maxLength } : field)),
});

describe("an entity", () => {
  it("as it usually is", () => {
    expect(unfit(...entities)).toEqual([]);
  });

  it("whose key is wider than an index", () => {
    expect(unfit(wide(768))).toEqual([]);
    expect(unfit(wide(769))).toEqual([expect.stringMatching(/the key may take 3076 bytes/u)]);
  });

  it("whose table has the name of another's, apart from case", () => {
    const other = { ...account, name: "test.v1.Other", table: account.table.toUpperCase() };
    expect(unfit(account, other)).toEqual([expect.stringMatching(/is taken by test\.v1\.Account/u)]);
  });

  it.each(["x".repeat(65), "smile😀", "behind "])("with the name %s", (table) => {
    expect(unfit({ ...account, table, indexes: [] })).toEqual([expect.stringMatching(/the name /u)]);
  });

  it.each(["DB_ROW_ID", "db_trx_id", "FTS_DOC_ID"])("with the server's own column %s", (column) => {
    const fields = account.fields.map((field) => (field.name === "name" ? { ...field, column } : field));
    expect(unfit({ ...account, fields })).toEqual([expect.stringMatching(/is the server's own/u)]);
  });
});
