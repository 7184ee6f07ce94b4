/** Conditions in DynamoDB's own language and the evaluator share no code, and must agree on every row and filter. */

import {
  CreateTableCommand,
  DeleteTableCommand,
  PutItemCommand,
  ScanCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionText } from "../../../src/adapter/dynamodb/writing/condition.ts";
import { Places } from "../../../src/adapter/dynamodb/writing/expressions.ts";
import { itemOf, tableOf, type Table } from "../../../src/adapter/dynamodb/items/table.ts";
import { compileFilter } from "../../../src/model/evaluate.ts";
import { collectOrdinals, type Filter } from "../../../src/model/filter.ts";
import type { EntityRecord } from "../../../src/model/value.ts";
import { dynamodbClient, dynamodbServer } from "../../servers/dynamodb.ts";
import { entities } from "../stores.ts";
import { filterOf } from "./filters.ts";
import { recordOf } from "./values.ts";

const ROWS = 80;
const FILTERS = 200;
/** Printed with the test's name, to draw the same rows again. */
const seed = Math.floor(Math.random() * 2 ** 31);

describe(`rows of seed ${seed}`, () => {
  let direct: DynamoDBClient;
  let table: Table;
  /** By the text of their key. */
  const rows = new Map<string, EntityRecord>();

  beforeAll(async () => {
    const entity = entities.find(({ name }) => name === "test.v1.Everything");
    if (!entity) throw new Error("there is no entity of every kind of field");
    table = tableOf(entity, { prefix: `conditions${seed}.`, single: undefined, indexes: new Map() });
    direct = dynamodbClient(await dynamodbServer());
    const { partitionName } = table.key;
    await direct.send(
      new CreateTableCommand({
        TableName: table.name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: partitionName, AttributeType: "B" }],
        KeySchema: [{ AttributeName: partitionName, KeyType: "HASH" }],
      }),
    );
    for (const [i, drawn] of fc.sample(recordOf(entity.message, 2), { numRuns: ROWS, seed }).entries()) {
      const record = drawn.with(0, `row-${i}`).map((value, at) => value ?? table.attributes[at]?.absent);
      await direct.send(new PutItemCommand({ TableName: table.name, Item: itemOf(table, record) }));
      rows.set(`row-${i}`, record);
    }
  }, 300_000);
  afterAll(async () => {
    await direct.send(new DeleteTableCommand({ TableName: table.name }));
    direct.destroy();
  });

  /** A number that the database's own do not reach lies in a text, and is met by no condition. */
  const isBeyond = (record: EntityRecord, filter: Filter): boolean => {
    const ordinals = new Set<number>();
    collectOrdinals(filter, ordinals);
    return [...ordinals].some((ordinal) => {
      const value = record[ordinal];
      return typeof value === "number" && table.attributes[ordinal]?.encode(value)?.S !== undefined;
    });
  };

  test(`of ${FILTERS} filters, those that the database can say choose the same rows`, async () => {
    let native = 0;
    await fc.assert(
      fc.asyncProperty(filterOf(table.entity), async (filter) => {
        const places = new Places();
        const text = conditionText(table, filter, places);
        if (text === undefined) return;
        native += 1;
        const id = table.attributes[0]!.name;
        const { Items = [] } = await direct.send(
          new ScanCommand({
            TableName: table.name,
            ConsistentRead: true,
            FilterExpression: text,
            ProjectionExpression: places.name(id),
            ...places.given,
          }),
        );
        const holds = compileFilter(table.entity, filter);
        const found = new Set(Items.map((item) => item[id]?.S));
        for (const [row, record] of rows)
          expect([row, found.has(row)]).toEqual([row, !isBeyond(record, filter) && holds(record)]);
      }),
      { numRuns: FILTERS },
    );
    expect(native, "filters that the database could say").toBeGreaterThan(FILTERS / 4);
  });
});
