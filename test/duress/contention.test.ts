// The short form of `contention.ts`: one kill -9 of the sidecar, and no restart of a server that other suites use too.
import { expect, test } from "vitest";
import { dynamodbPlace } from "../servers/dynamodb.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { contend, lineOf } from "./contention.ts";

const STORES = [
  ["PostgreSQL", postgresqlDatabase],
  ["MariaDB", mariadbDatabase],
] as const;

test.each(STORES)("many callers of one row on %s", { timeout: 120_000 }, async (name, database) => {
  const told = await contend({
    url: await database(),
    workers: 16,
    rounds: 8,
    killedIn: ["a counter with request_ids"],
  });
  for (const each of told) console.log(`${name}, ${lineOf(each)}`);
  expect(told.map(({ scenario }) => scenario)).toEqual([
    "a counter",
    "a counter with request_ids",
    "a version",
    "a unique value",
    "a bank",
  ]);
});

test("many callers of one row on DynamoDB", { timeout: 300_000 }, async () => {
  // A bank reads and writes in one Execute, and lists it by a prefix of the key, which a table of partitions does not serve.
  const scenarios = ["a counter", "a counter with request_ids", "a version", "a unique value"];
  const killedIn = ["a counter with request_ids"];
  const told = await contend({ url: await dynamodbPlace(), workers: 16, rounds: 4, scenarios, killedIn });
  for (const each of told) console.log(`DynamoDB, ${lineOf(each)}`);
  expect(told.map(({ scenario }) => scenario)).toEqual(scenarios);
});
