/** Kinds come from SQLSTATE alone, and nothing of the server's text reaches a caller. */

import { describe, expect, it } from "vitest";
import { postgresqlFailures } from "../../../../src/adapter/postgresql/failure.ts";
import { classifyWith, unlessUncertain } from "../../../../src/adapter/sql/server/failure.ts";
import { NotConnected, OutcomeUnknown } from "../../../../src/adapter/runtime/link-failure.ts";
import { LinkLost } from "../../../../src/adapter/sql/server/connection/link.ts";

const told = (code: string, severity = "ERROR"): Error =>
  Object.assign(new Error("duplicate key: Key (email)=(secret@x) already exists"), { code, severity });
const meaning = (error: unknown) => classifyWith(postgresqlFailures, error);

describe("what the server tells", () => {
  it.each([
    ["23505", "UNIQUE_VIOLATION"],
    ["23503", "FOREIGN_KEY_VIOLATION"],
    ["23502", "NOT_NULL_VIOLATION"],
    ["23514", "CHECK_VIOLATION"],
    ["40001", "TRANSACTION_CONFLICT"],
    ["40P01", "TRANSACTION_CONFLICT"],
    ["22003", "VALUE_OUT_OF_RANGE"],
    ["25006", "STORE_READ_ONLY"],
    ["53100", "STORE_FULL"],
    ["53400", "STORE_FULL"],
    ["54023", "ROW_TOO_LARGE"],
    ["44000", "CHECK_VIOLATION"],
    ["P0001", "CHECK_VIOLATION"],
    ["55000", "SCHEMA_DRIFT"],
    ["55P03", "TRANSACTION_CONFLICT"],
    ["25P03", "TRANSACTION_CONFLICT"],
    ["58030", "STORE_UNAVAILABLE"],
    ["53300", "POOL_EXHAUSTED"],
    ["57P01", "STORE_UNAVAILABLE"],
    ["57014", "DEADLINE_EXCEEDED"],
    ["42P01", "SCHEMA_DRIFT"],
    ["42703", "SCHEMA_DRIFT"],
    ["0A000", "SCHEMA_DRIFT"],
    ["XX001", "STORE_CORRUPT"],
    ["ZZ999", "INTERNAL"],
  ])("%s is %s", (code, reason) => {
    const fault = meaning(told(code));
    expect(fault.reason).toBe(reason);
    expect(fault.message).not.toContain("secret");
  });

  it("a serialization failure carries no time to wait, so that it is tried again inside the deadline", () => {
    expect(meaning(told("40001")).detail.retryAfter).toBeUndefined();
  });
});

describe("a connection that fails", () => {
  it("before anything was sent: surely not executed", () => {
    expect(meaning(new NotConnected(new Error("ECONNREFUSED"))).code).toBe("UNAVAILABLE");
    expect(meaning(new NotConnected(told("53300", "FATAL"))).reason).toBe("POOL_EXHAUSTED");
  });

  it.each([
    [told("28P01", "FATAL"), "the server refuses the user or the password"],
    [told("28000", "FATAL"), "the server does not let this user in from here; it may want encryption (sslmode)"],
    [told("3D000", "FATAL"), "the server has no such database"],
    [told("42501", "FATAL"), "the user may not connect to the database"],
    [
      new Error("The server does not support SSL connections"),
      "the server takes no encrypted connections; see sslmode",
    ],
    [
      Object.assign(new Error("secret.example"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }),
      "the server's certificate is not believed (ERR_TLS_CERT_ALTNAME_INVALID); see sslrootcert and sslmode",
    ],
    [Object.assign(new Error("secret.example"), { code: "ENOTFOUND" }), "the name of its host is not known"],
  ])("says why, without names: %s", (cause, why) => {
    expect(meaning(new NotConnected(cause))).toMatchObject({
      reason: "STORE_UNAVAILABLE",
      message: `the database cannot be reached: ${why}; nothing was changed`,
    });
  });

  it("after a write was sent: its outcome is unknown, and clients must not resend it", () => {
    const fault = meaning(unlessUncertain(postgresqlFailures, new LinkLost()));
    expect(fault).toMatchObject({ reason: "WRITE_OUTCOME_UNKNOWN", detail: { neverResend: true } });
  });

  it.each(["40003", "08007", "08P01", "57P02"])("%s leaves the outcome of a write unknown", (code) => {
    expect(unlessUncertain(postgresqlFailures, told(code, "FATAL"))).toBeInstanceOf(OutcomeUnknown);
  });

  // As of a log that cannot be written: `prlimit --fsize` on a server's process makes XLogWrite say it with XX000.
  it.each(["XX000", "53100", "58030"])("a panic leaves it unknown too, whatever its code: %s", (code) => {
    expect(unlessUncertain(postgresqlFailures, told(code, "PANIC"))).toBeInstanceOf(OutcomeUnknown);
    expect(meaning(told(code, "PANIC")).reason).toBe("STORE_UNAVAILABLE");
  });

  it("an error that the server told of a statement says that it was not executed", () => {
    const error = told("23505");
    expect(unlessUncertain(postgresqlFailures, error)).toBe(error);
  });
});
