// The acceptance scenarios in the suite, on as many rows as the script plays them, and on each store by its url alone.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cassandraKeyspace } from "../servers/cassandra.ts";
import { dynamodbPlace } from "../servers/dynamodb.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { scenarios, shopScenarios } from "./scenarios.ts";
import { setStage, type Stage } from "./stage.ts";

describe.each([
  { store: "sqlite", rows: 2_000, urlOf: async () => "sqlite:pannier.db" },
  { store: "kv", rows: 500, urlOf: async () => "kv:rows" },
  { store: "PostgreSQL", rows: 500, urlOf: postgresqlDatabase },
  { store: "MariaDB", rows: 500, urlOf: mariadbDatabase },
  // It has no order over partitions: its configuration lets lists sort.
  { store: "Cassandra", rows: 100, urlOf: cassandraKeyspace, scans: "allow" as const },
  { store: "DynamoDB", rows: 100, urlOf: dynamodbPlace, scans: "allow" as const },
])("on $store", ({ urlOf, rows, ...more }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ of: "triggerx", seed: 1, rows, url: await urlOf(), ...more });
  }, 300_000);
  afterAll(() => stage.close());

  test("every entity has as many rows, and there is a job for each of a kind", () => {
    const counts = [
      "UserData",
      "TimeJobData",
      "EventJobData",
      "ConditionJobData",
      "TaskData",
      "KeeperData",
      "ApiKeyData",
    ];
    expect(counts.map((entity) => stage.rows(entity).size)).toEqual(counts.map(() => rows));
    expect(stage.rows("JobData").size).toBe(3 * rows);
  });

  test.each(scenarios)(
    "$name",
    async ({ play }) => {
      await play(stage);
      expect(stage.takeAsked().length).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe.each([
  { store: "sqlite", rows: 1_000, urlOf: async () => "sqlite:pannier.db" },
  { store: "PostgreSQL", rows: 400, urlOf: postgresqlDatabase },
  { store: "MariaDB", rows: 400, urlOf: mariadbDatabase },
])("the shop on $store", ({ urlOf, rows }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ of: "shop", seed: 1, rows, url: await urlOf() });
  }, 300_000);
  afterAll(() => stage.close());

  test.each(shopScenarios)(
    "$name",
    async ({ play }) => {
      await play(stage);
      expect(stage.takeAsked().length).toBeGreaterThan(0);
    },
    120_000,
  );
});
