/** Kinds come from the server's numbers alone, and nothing of its text reaches a caller but an index's name. */

import { describe, expect, it } from "vitest";
import { mysqlFailures } from "../../../../src/adapter/mysql/failure.ts";
import { classifyWith, unlessUncertain } from "../../../../src/adapter/sql/server/failure.ts";
import { NotConnected, OutcomeUnknown } from "../../../../src/adapter/runtime/link-failure.ts";
import { LinkLost } from "../../../../src/adapter/sql/server/connection/link.ts";

const told = (errno: number, sqlMessage = "Duplicate entry 'secret' for key 'email'"): Error =>
  Object.assign(new Error(sqlMessage), { errno, sqlMessage, sqlState: "HY000" });
const meaning = (error: unknown) => classifyWith(mysqlFailures, error);

describe("what the server tells", () => {
  it.each([
    [1062, "UNIQUE_VIOLATION"],
    [1452, "FOREIGN_KEY_VIOLATION"],
    [1048, "NOT_NULL_VIOLATION"],
    [4025, "CHECK_VIOLATION"],
    [1213, "TRANSACTION_CONFLICT"],
    [1205, "TRANSACTION_CONFLICT"],
    [9007, "TRANSACTION_CONFLICT"],
    [8028, "TRANSACTION_CONFLICT"],
    [8022, "TRANSACTION_CONFLICT"],
    [1264, "VALUE_OUT_OF_RANGE"],
    [1290, "STORE_READ_ONLY"],
    [1836, "STORE_READ_ONLY"],
    [1874, "STORE_READ_ONLY"],
    [3, "STORE_FULL"],
    [1021, "STORE_FULL"],
    [1037, "STORE_FULL"],
    [1041, "STORE_FULL"],
    [1114, "STORE_FULL"],
    [1206, "STORE_FULL"],
    [1637, "STORE_FULL"],
    [1369, "CHECK_VIOLATION"],
    [1644, "CHECK_VIOLATION"],
    [3101, "TRANSACTION_CONFLICT"],
    [4031, "TRANSACTION_CONFLICT"],
    [1047, "STORE_UNAVAILABLE"],
    [1197, "ROW_TOO_LARGE"],
    [1713, "ROW_TOO_LARGE"],
    [1288, "SCHEMA_DRIFT"],
    [1906, "SCHEMA_DRIFT"],
    [1040, "POOL_EXHAUSTED"],
    [1053, "STORE_UNAVAILABLE"],
    [1317, "DEADLINE_EXCEEDED"],
    [1969, "DEADLINE_EXCEEDED"],
    [3024, "DEADLINE_EXCEEDED"],
    [1153, "ROW_TOO_LARGE"],
    [8025, "ROW_TOO_LARGE"],
    [1146, "SCHEMA_DRIFT"],
    [1054, "SCHEMA_DRIFT"],
    [1712, "STORE_CORRUPT"],
    [1999, "INTERNAL"],
  ])("%i is %s", (errno, reason) => {
    const fault = meaning(told(errno));
    expect(fault.reason).toBe(reason);
    expect(fault.message).not.toContain("secret");
  });

  const indexes = ["PRIMARY", "people__email__unique", "by_name", "name", "by.name", "first.people__email__unique"];

  it.each([
    ["Duplicate entry 'x' for key 'people__email__unique'", "people__email__unique"],
    ["Duplicate entry 'x' for key 'people.people__email__unique'", "people__email__unique"],
    ["Duplicate entry 'x' for key 'first.people.people__email__unique'", "people__email__unique"],
    ["Duplicate entry 'x' for key 'first.people__email__unique'", "first.people__email__unique"],
    ["Duplicate entry 'it''s for key 'PRIMARY' not' for key 'people.by_name'", "by_name"],
    ["Duplicate entry 'x' for key 'by.name'", "by.name"],
    ["Duplicate entry 'x' for key 'people.by.name'", "by.name"],
    ["Duplicate entry 'x' for key 'people.name'", "name"],
    ["Duplicate entry 'x' for key 'PRIMARY'", "PRIMARY"],
    ["Duplicate entry 'x' for key 'people.PRIMARY'", "PRIMARY"],
    ["Duplicate entry 'x' for key 'people.by_others'", undefined],
    ["something else", undefined],
  ])("the index of %s", (text, index) => {
    expect(mysqlFailures.constraintOf(told(1062, text), indexes)).toBe(index);
  });
});

describe("a connection that fails", () => {
  it("before anything was sent: surely not executed", () => {
    expect(meaning(new NotConnected(Object.assign(new Error("refused"), { errno: -111 }))).code).toBe("UNAVAILABLE");
    expect(meaning(new NotConnected(told(1040))).reason).toBe("POOL_EXHAUSTED");
  });

  it.each([
    [1044, "the user may not use the database"],
    [1045, "the server refuses the user or the password"],
    [1049, "the server has no such database"],
    [45_023, "the server takes no encrypted connections; see sslmode"],
  ])("%i says why, without names", (errno, why) => {
    expect(meaning(new NotConnected(told(errno)))).toMatchObject({
      reason: "STORE_UNAVAILABLE",
      message: `the database cannot be reached: ${why}; nothing was changed`,
    });
  });

  it("after a write was sent: its outcome is unknown, and clients must not resend it", () => {
    const fault = meaning(
      unlessUncertain(mysqlFailures, new LinkLost(Object.assign(new Error("reset"), { errno: -104 }))),
    );
    expect(fault).toMatchObject({ reason: "WRITE_OUTCOME_UNKNOWN", detail: { neverResend: true } });
  });

  it.each([1053, 1927, 1180, 8501])("%i leaves the outcome of a write unknown", (errno) => {
    expect(unlessUncertain(mysqlFailures, told(errno))).toBeInstanceOf(OutcomeUnknown);
  });

  it.each([45_009, -104])("%i, of the driver or of a socket, is not the server's", (errno) => {
    expect(mysqlFailures.codeOf(told(errno))).toBeUndefined();
  });

  it("an error of the server's files says that the statement was not executed", () => {
    const error = told(3);
    expect(unlessUncertain(mysqlFailures, error)).toBe(error);
  });
});
