// gRPC as connectconformance asks for it.
import { expect, test } from "vitest";
import { conformance, knownFailures } from "./conformance.ts";

/** It only goes down. */
const mostKnown = 0;

test("connectconformance finds nothing wrong with our transport but what is known", { timeout: 900_000 }, async () => {
  expect(await conformance("native")).toMatchObject({ passed: true });
});

test("what is known to fail has its reason, and does not grow", () => {
  expect(knownFailures.length).toBe(mostKnown);
  for (const { why } of knownFailures) expect(why).not.toBe("");
});
