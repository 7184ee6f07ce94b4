// gRPC as connectconformance asks for it, of servers and of clients.
import { describe, expect, test } from "vitest";
import { conformance, knownFailures, type Side } from "./conformance.ts";

/** They only go down. */
const mostKnown: Readonly<Record<Side, number>> = { server: 0, client: 0 };

describe.each(["server", "client"] as const)("as %s", (side) => {
  test("connectconformance finds nothing wrong with native but what is known", { timeout: 900_000 }, async () => {
    expect(await conformance("native", side)).toMatchObject({ passed: true });
  });

  test("what is known to fail has its reason, and does not grow", () => {
    expect(knownFailures[side].length).toBe(mostKnown[side]);
    for (const { why } of knownFailures[side]) expect(why).not.toBe("");
  });
});
