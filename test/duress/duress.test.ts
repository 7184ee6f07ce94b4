// The served process under duress, over gRPC: one line of the table for each scenario.
import { expect, test } from "vitest";
import { lineOf } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";

test.each(scenarios)("$name", { timeout: 60_000 }, async ({ name, run }) => {
  const told = await run();
  console.log(lineOf(name, told));
  expect(told).toBeDefined();
});
