/** Kinds come from SQLite's result codes (https://sqlite.org/rescode.html), but for a name that is not there, which has none. */

import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { classify, SqliteFailure } from "../../../../src/adapter/sqlite/failure.ts";

const told = (errcode: number): Error => Object.assign(new Error("secret"), { code: "ERR_SQLITE_ERROR", errcode });

describe("what SQLite tells", () => {
  it.each([
    [8, "STORE_READ_ONLY"],
    [1032, "STORE_READ_ONLY"],
    [10, "STORE_UNAVAILABLE"],
    [11, "STORE_CORRUPT"],
    [13, "STORE_FULL"],
    [14, "STORE_UNAVAILABLE"],
    [18, "ROW_TOO_LARGE"],
    [26, "STORE_CORRUPT"],
    [275, "CHECK_VIOLATION"],
    [1811, "CHECK_VIOLATION"],
    [787, "FOREIGN_KEY_VIOLATION"],
    [1299, "NOT_NULL_VIOLATION"],
    [2067, "UNIQUE_VIOLATION"],
    [21, "INTERNAL"],
  ])("%d is %s", (errcode, reason) => {
    const fault = classify(told(errcode));
    expect(fault.reason).toBe(reason);
    expect(fault.message).not.toContain("secret");
  });

  it("of a write whose fate is unknown is that", () => {
    expect(classify(new SqliteFailure(10, { uncertain: true })).reason).toBe("WRITE_OUTCOME_UNKNOWN");
  });
});

describe("a name that is not there", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE there (id TEXT)");
  const failureOf = (sql: string): unknown => {
    try {
      database.exec(sql);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each([
    ["SELECT 1 FROM missing", "SCHEMA_DRIFT"],
    ["SELECT missing FROM there", "SCHEMA_DRIFT"],
    ["INSERT INTO there (missing) VALUES (1)", "SCHEMA_DRIFT"],
    ["SELECT FROM there", "INTERNAL"],
  ])("%s: %s", (sql, reason) => {
    const error = failureOf(sql);
    expect(classify(error).reason).toBe(reason);
    const text = error instanceof Error ? error.message : "";
    expect(classify(new SqliteFailure(1, {}, text)).reason, "when it has crossed threads").toBe(reason);
  });
});
