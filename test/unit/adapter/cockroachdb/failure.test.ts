/** What the server's codes mean where they mean something else than PostgreSQL's. */

import { expect, test } from "vitest";
import { cockroachFailures } from "../../../../src/adapter/cockroachdb/failure.ts";
import { classifyWith, unlessUncertain } from "../../../../src/adapter/sql/server/failure.ts";
import { restarting } from "../../../../src/adapter/sql/server/restart.ts";
import { OutcomeUnknown } from "../../../../src/adapter/runtime/link-failure.ts";
import { createCall } from "../../../../src/model/call.ts";

const told = (code: string): Error =>
  Object.assign(new Error("restart transaction: Key (email)=(secret@x)"), { code, severity: "ERROR" });

test.each([
  ["40001", "TRANSACTION_CONFLICT"],
  ["XXUUU", "INTERNAL"],
  ["XX000", "INTERNAL"],
  ["XX001", "STORE_CORRUPT"],
  ["58C00", "STORE_UNAVAILABLE"],
  ["23505", "UNIQUE_VIOLATION"],
])("%s is %s", (code, reason) => {
  const fault = classifyWith(cockroachFailures, told(code));
  expect(fault.reason).toBe(reason);
  expect(fault.message).not.toContain("secret");
});

test("40001 was surely undone, and 40003 may have happened", () => {
  expect(unlessUncertain(cockroachFailures, told("40001"))).not.toBeInstanceOf(OutcomeUnknown);
  expect(unlessUncertain(cockroachFailures, told("40003"))).toBeInstanceOf(OutcomeUnknown);
});

test("what is to be done again is, a bounded number of times, and never what may have happened", async () => {
  const control = createCall({ timeout: 60_000, requestId: "again" });
  const failing = async (code: string, times: number): Promise<number> => {
    let tries = 0;
    await restarting(cockroachFailures, control.call, async () => {
      tries += 1;
      if (tries <= times) throw told(code);
    }).catch(() => {});
    return tries;
  };
  expect([await failing("40001", 2), await failing("40001", 1_000), await failing("40003", 1_000)]).toEqual([3, 10, 1]);
  control.abort("cancelled");
  expect(await failing("40001", 1_000)).toBe(1);
});
