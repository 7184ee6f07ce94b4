/** Which indexes a table has beside those that its entity declares. */

import { describe, expect, it } from "vitest";
import { mysqlDialect } from "../../../../src/adapter/mysql/dialect.ts";
import { MARIADB } from "../../../../src/adapter/mysql/flavour.ts";
import { postgresqlDialect } from "../../../../src/adapter/postgresql/dialect.ts";
import type { Dialect } from "../../../../src/adapter/sql/dialect.ts";
import { createIndexSql, tableOf } from "../../../../src/adapter/sql/table.ts";
import { sqliteDialect } from "../../../../src/adapter/sqlite/dialect.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { entity, ordinalOf } from "../sqlite/store.ts";

const composite = entity("test.v1.Composite"); // it declares none

/** With the first parts of its key alone, in these directions. */
function keyed(...directions: readonly boolean[]): EntityModel {
  const key = composite.key.slice(0, directions.length);
  return { ...composite, key: key.map((part, i) => ({ ...part, desc: directions[i] === true })) };
}

const indexes = (dialect: Dialect, model: EntityModel): readonly string[] => {
  const table = tableOf(dialect, model);
  return table.indexes.map((index) => createIndexSql(table, index));
};

describe("a key in mixed directions", () => {
  it("has an index in its directions where the primary key has none", () => {
    expect(indexes(postgresqlDialect, composite)).toEqual([
      `CREATE INDEX "_pannier_key_composites" ON "composites" ("tenant", "shard", "number" DESC, "at" DESC, "name")`,
    ]);
    expect(indexes(postgresqlDialect, keyed(true, false))).toEqual([
      `CREATE INDEX "_pannier_key_composites" ON "composites" ("tenant" DESC, "shard")`,
    ]);
  });

  it("needs none where the primary key has them", () => {
    expect(indexes(sqliteDialect, composite)).toEqual([]);
  });
});

describe("a key in one direction", () => {
  it.each([[[false]], [[true]], [[false, false, false]], [[true, true, true]]])(
    "needs none, since it is read both ways: descending %j",
    (directions) => {
      expect(indexes(postgresqlDialect, keyed(...directions))).toEqual([]);
      expect(indexes(sqliteDialect, keyed(...directions))).toEqual([]);
    },
  );
});

describe("an index that has the key at its end anyway", () => {
  it("ends before it where it lies in the same directions", () => {
    const ending = (...directions: readonly boolean[]): readonly string[] => {
      const model = keyed(...directions);
      const index = { name: "by_name", parts: [{ ordinal: ordinalOf(model, "name"), desc: false }], unique: false };
      return indexes(mysqlDialect(MARIADB), { ...model, indexes: [index] });
    };
    const on = (columns: string): string => `CREATE INDEX \`composites__by_name\` ON \`composites\` (${columns})`;
    expect(ending(false)).toEqual([on("`name`")]);
    expect(ending(true, false)).toEqual([on("`name`")]);
    // A key of one part ascends, whatever is asked.
    expect(ending(true)).toEqual([on("`name`, `tenant` DESC")]);
  });
});
