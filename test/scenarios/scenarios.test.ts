// The acceptance scenarios in the suite, on as many rows as the script plays them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { scenarios } from "./scenarios.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ seed: 1, rows: 10_000 });
});
afterAll(() => stage.close());

test("every entity has 10,000 rows, and there is a job for each of a kind", () => {
  const counts = [
    "UserData",
    "TimeJobData",
    "EventJobData",
    "ConditionJobData",
    "TaskData",
    "KeeperData",
    "ApiKeyData",
  ];
  expect(counts.map((entity) => stage.rows(entity).size)).toEqual(counts.map(() => 10_000));
  expect(stage.rows("JobData").size).toBe(30_000);
});

test.each(scenarios)(
  "$name",
  async ({ play }) => {
    await play(stage);
    expect(stage.takeAsked().length).toBeGreaterThan(0);
  },
  60_000,
);
