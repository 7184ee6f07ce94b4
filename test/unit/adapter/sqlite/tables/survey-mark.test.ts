/** A start over a file in which nothing has changed looks at no table; whatever has changed, and whoever did it, is found. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../../../../../src/adapter/sqlite/connection.ts";
import { survey, type Survey } from "../../../../../src/adapter/sqlite/tables/survey.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import { anyCall, entity, openStore, temporaryDirectory } from "../store.ts";

const entities = [entity("test.v1.Composite"), entity("test.v1.Account"), entity("test.v1.Plain")];

interface File {
  /** By hand. */
  exec(sql: string): void;
  number(sql: string): number;
  /** What a start finds, and whether it has looked at tables. */
  start(served?: readonly EntityModel[]): Survey & { readonly hasLooked: boolean };
}

function openFile(): File {
  const connection = connect(DatabaseSync, { path: ":memory:", mode: "create", busyTimeout: 0 });
  connection.database.enableDefensive(false); // as sqlite3's shell opens a file: counters may be set
  onTestFinished(() => connection.close());
  return {
    exec: (sql) => connection.exec(sql),
    number: (sql) => Number(connection.statement(sql).get([])?.[0]),
    start: (served = entities) => {
      const asked = vi.spyOn(connection, "statement");
      const surveyed = survey(connection, served, "auto");
      const hasLooked = asked.mock.calls.some(([sql]) => sql.includes("pragma_table_xinfo"));
      asked.mockRestore();
      return { ...surveyed, hasLooked };
    },
  };
}

const driftIn = ({ states }: Survey): readonly string[] => states.flatMap(({ drift }) => drift.map(({ what }) => what));

describe("a start over the file of the one before", () => {
  it("looks at no table, and knows the same of each entity", () => {
    const file = openFile();
    const first = file.start();
    const second = file.start();
    expect([first.hasLooked, second.hasLooked]).toEqual([true, false]);
    expect(second.states).toEqual(first.states);
    expect(second.applied).toEqual([]);
  });

  it("looks again where an entity is other, is new, or is left out", () => {
    const file = openFile();
    file.start(entities.slice(0, 2));
    expect(file.start(entities).applied.map(({ kind }) => kind)).toContain("table");
    const others = entities.slice(1);
    const grown = {
      ...entity("test.v1.Composite"),
      indexes: [{ name: "by_note", parts: [{ ordinal: 5, desc: false }], unique: false }],
    };
    expect(file.start([grown, ...others]).applied.map(({ kind }) => kind)).toContain("index");
    expect(file.start(others).hasLooked).toBe(true);
  });

  it.each([
    ["a table is gone", `DROP TABLE composites`, "composites: the table is missing"],
    ["a column is gone", `ALTER TABLE composites DROP COLUMN note`, "composites: the column note is missing"],
  ])("mends what can be: %s", (_, sql, told) => {
    const file = openFile();
    file.start();
    file.exec(sql);
    expect(file.start().applied.map(({ text }) => text)).toContain(told);
    expect(file.start().hasLooked).toBe(false);
  });

  it("mends an index that is gone", () => {
    const file = openFile();
    const { states } = file.start();
    const index = states.flatMap(({ layout }) => layout.view.indexes.map(({ physical }) => physical))[0];
    file.exec(`DROP INDEX "${index}"`);
    expect(file.start().applied.map(({ kind }) => kind)).toEqual(["index"]);
  });

  it.each([
    ["a column that every insert would have to fill", `DROP TABLE composites; CREATE TABLE composites (tenant TEXT NOT NULL, PRIMARY KEY (tenant)) STRICT`],
    ["a contract that cannot be read", `UPDATE "_pannier_contracts" SET contract = '{' WHERE entity = 'test.v1.Composite'`],
  ])("takes the entity out at every start: %s", (_, sql) => {
    const file = openFile();
    file.start();
    file.exec(sql);
    const found = driftIn(file.start());
    expect(found.length).toBeGreaterThan(0);
    expect(driftIn(file.start())).toEqual(found);
  }); // prettier-ignore

  it("is not misled by a counter that was put back", () => {
    const file = openFile();
    file.start();
    const version = file.number("PRAGMA schema_version");
    file.exec(`ALTER TABLE composites DROP COLUMN note; PRAGMA schema_version = ${version}`);
    expect(file.number("PRAGMA schema_version")).toBe(version);
    expect(file.start().applied).toHaveLength(1);
  });
});

it("finds what was changed by hand between two starts of a store", async () => {
  const dataDir = temporaryDirectory();
  const open = async (): Promise<readonly string[]> => {
    const store = await openStore(entities, { dataDir });
    const differences = await store.schema?.verify(anyCall());
    const [drift] = entities.map((model) => store.schema?.contract?.(model).drift ?? []);
    await store.close();
    expect(differences).toEqual([]);
    return drift ?? [];
  };
  expect(await open()).toEqual([]);
  expect(await open()).toEqual([]);
  const database = new DatabaseSync(join(dataDir, "test.db"));
  database.exec(`ALTER TABLE composites DROP COLUMN note`);
  database.close();
  expect(await open()).toEqual([]);
  const after = new DatabaseSync(join(dataDir, "test.db"));
  const columns = after.prepare("SELECT name FROM pragma_table_info('composites')").all();
  after.close();
  expect(columns.map(({ name }) => name)).toContain("note");
});
