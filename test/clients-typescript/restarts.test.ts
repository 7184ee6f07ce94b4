// The short form of restarts.ts, which has 1,000 of them.
import { expect, test } from "vitest";
import { restartUnderCalls } from "./restarts.ts";

test("a served process that is stopped and killed under a client: no hang, every error is a documented one", async () => {
  const { answered, failures, late } = await restartUnderCalls(4);
  expect(answered).toBeGreaterThan(4);
  expect([...failures.keys()].filter((name) => name.startsWith("undocumented"))).toEqual([]);
  expect(late).toBe(0);
}, 600_000);
