/** What PostgreSQL cannot carry is told before anything is made of it. */

import { describe, expect, it } from "vitest";
import { unfitEntities } from "../../../../src/adapter/postgresql/unfit.ts";
import { entities } from "../../../conformance/stores.ts";

const account = entities.find(({ name }) => name === "test.v1.Account");
if (!account) throw new Error("test/entities has an Account");
const withColumn = (column: string) => ({
  ...account,
  fields: account.fields.map((field) => (field.name === "name" ? { ...field, column } : field)),
});

describe("an entity", () => {
  it("as it usually is", () => {
    expect([...unfitEntities(entities).values()]).toEqual([]);
  });

  it.each(["xmin", "xmax", "cmin", "cmax", "ctid", "tableoid"])("with the server's own column %s", (column) => {
    expect([...unfitEntities([withColumn(column)]).values()]).toEqual([
      `every table has a column ${column} of the server's own; give the field another column`,
    ]);
    expect(unfitEntities([withColumn(column.toUpperCase())]).size).toBe(0);
  });
});
