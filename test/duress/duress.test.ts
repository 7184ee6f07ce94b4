// The served process under duress, over gRPC: one line of the table for each scenario.
import { afterEach, expect, test } from "vitest";
import { lineOf } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

afterEach(() => Stage.endAll());

test.each(scenarios)("$name", { timeout: 300_000 }, async (scenario) => {
  const told = await scenario.run();
  console.log(lineOf(scenario.name, told));
  expect(told).toBeDefined();
});
