/** What the database has of a table, what of it is not what the entities say, and the requests that make it. */

import type { CreateTableCommandInput, Projection, TableDescription } from "@aws-sdk/client-dynamodb";
import type { Beside } from "../writing/beside.ts";
import type { Finding } from "./finding.ts";
import type { KeyNames } from "../items/path.ts";
import type { Table } from "../items/table.ts";
import { optionsInput, throughput, type TableOptions } from "./table-options.ts";

/** A table of the database, and the entities whose rows are in it. */
export interface StoredTable {
  readonly name: string;
  readonly key: KeyNames;
  readonly indexes: readonly KeyNames[];
  /** Whether some of its items go by time. */
  readonly isSwept: boolean;
  readonly tables: readonly Table[];
}

/** The tables of all entities, and of what stands beside their rows. */
export function storedTables(tables: readonly Table[], beside: Beside): readonly StoredTable[] {
  const names = [...new Set([...tables.map(({ name }) => name), beside.name])];
  return names.map((name): StoredTable => {
    const own = tables.filter((table) => table.name === name);
    const key = own[0]?.key ?? { ...beside.key, type: "S" };
    const indexes = new Map(own.flatMap((table) => table.indexes.map((path) => [path.name, path] as const)));
    const isSwept = name === beside.name || own.some(({ entity }) => entity.managed.expiresAt !== undefined);
    return { name, key, indexes: [...indexes.values()], isSwept, tables: own };
  });
}

type KeySchema = NonNullable<CreateTableCommandInput["KeySchema"]>;

export function findingsOf(table: StoredTable, stored: TableDescription | undefined): readonly Finding[] {
  if (!stored) return [{ what: `the table ${table.name} is missing`, mend: "table" }];
  const findings: Finding[] = [];
  if (!isKeyed(stored, stored.KeySchema, table.key))
    findings.push({ what: `the table ${table.name} has another key; it must be ${keyText(table.key)}` });
  for (const index of table.indexes) {
    const among = index.isLocal ? stored.LocalSecondaryIndexes : stored.GlobalSecondaryIndexes;
    const found = among?.find(({ IndexName }) => IndexName === index.name);
    if (!found) {
      findings.push(
        index.isLocal
          ? {
              what: `the table ${table.name} has no local index ${index.name}, which is made with its table alone`,
              index,
            }
          : { what: `the table ${table.name} has no index ${index.name}`, mend: "index", index },
      );
      continue;
    }
    if (!isKeyed(stored, found.KeySchema, index))
      findings.push({
        what: `the index ${index.name} of ${table.name} has another key; it must be ${keyText(index)}`,
        index,
      });
    const lacking = lackingOf(index, found.Projection);
    if (lacking !== undefined)
      findings.push({ what: `the index ${index.name} of ${table.name} does not project ${lacking}`, index });
  }
  return findings;
}

/** What an index should have and has not; more is no harm. */
function lackingOf({ holds }: KeyNames, projection: Projection | undefined): string | undefined {
  if (projection?.ProjectionType === "ALL") return undefined;
  if (!holds) return "all attributes";
  const lacking = holds.filter((name) => projection?.NonKeyAttributes?.includes(name) !== true);
  return lacking.length === 0 ? undefined : lacking.join(", ");
}

export function projectionInput({ holds }: KeyNames): Projection {
  if (!holds) return { ProjectionType: "ALL" };
  if (holds.length === 0) return { ProjectionType: "KEYS_ONLY" };
  return { ProjectionType: "INCLUDE", NonKeyAttributes: [...holds] };
}

function isKeyed(
  { AttributeDefinitions = [] }: TableDescription,
  schema: KeySchema | undefined,
  key: KeyNames,
): boolean {
  const names = namesOf(key);
  return (
    schema?.length === names.length &&
    names.every((name) => schema.some(({ AttributeName }) => AttributeName === name)) &&
    schema[0]?.AttributeName === key.partitionName &&
    names.every((name) => AttributeDefinitions.find((each) => each.AttributeName === name)?.AttributeType === key.type)
  );
}

function keyText(key: KeyNames): string {
  return namesOf(key)
    .map((name) => `${name} (${key.type === "B" ? "binary" : "string"})`)
    .join(", ");
}

function namesOf({ sortName, partitionName }: KeyNames): readonly string[] {
  return sortName === undefined ? [partitionName] : [partitionName, sortName];
}

export function keySchemaOf(key: KeyNames): KeySchema {
  return namesOf(key).map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" }));
}

export function definitionsOf(keys: readonly KeyNames[]): NonNullable<CreateTableCommandInput["AttributeDefinitions"]> {
  const types = new Map(keys.flatMap((key) => namesOf(key).map((name) => [name, key.type] as const)));
  return Array.from(types, ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

export function createInput(
  { name, key, indexes: wanted }: StoredTable,
  options: TableOptions,
): CreateTableCommandInput {
  const made = (index: KeyNames): NonNullable<CreateTableCommandInput["LocalSecondaryIndexes"]>[number] => ({
    IndexName: index.name,
    KeySchema: keySchemaOf(index),
    Projection: projectionInput(index),
  });
  const local = wanted.filter(({ isLocal }) => isLocal).map(made);
  const global = wanted.filter(({ isLocal }) => !isLocal).map((index) => ({ ...made(index), ...throughput(options) }));
  return {
    TableName: name,
    KeySchema: keySchemaOf(key),
    AttributeDefinitions: definitionsOf([key, ...wanted]),
    ...optionsInput(options),
    ...(local.length > 0 && { LocalSecondaryIndexes: local }),
    ...(global.length > 0 && { GlobalSecondaryIndexes: global }),
  };
}
