/** What the database has of a table, what of it is not what the entity says, and the requests that make it. */

import type { CreateTableCommandInput, TableDescription } from "@aws-sdk/client-dynamodb";
import { createHash } from "node:crypto";
import type { EntityModel } from "../../model/entity.ts";
import { BESIDE, ID } from "./beside.ts";
import { OURS, tableOf, type Path, type Table } from "./table.ts";

export interface Finding {
  readonly what: string;
  /** What makes it right by itself; undefined where nothing does. */
  readonly mend?: "table" | "index" | undefined;
  readonly index?: Path;
}

type KeySchema = NonNullable<CreateTableCommandInput["KeySchema"]>;

export function findingsOf(table: Table, stored: TableDescription | undefined): readonly Finding[] {
  if (!stored) return [{ what: `the table ${table.name} is missing`, mend: "table" }];
  const findings: Finding[] = [];
  if (!isKeyed(stored, stored.KeySchema, table.key))
    findings.push({ what: `the table ${table.name} has another key; it must be ${keyText(table.key)}` });
  for (const path of table.indexes) {
    const index = stored.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === path.name);
    if (!index) {
      findings.push({ what: `the table ${table.name} has no index ${path.name}`, mend: "index", index: path });
      continue;
    }
    if (!isKeyed(stored, index.KeySchema, path))
      findings.push({ what: `the index ${path.name} of ${table.name} has another key; it must be ${keyText(path)}` });
    if (index.Projection?.ProjectionType !== "ALL")
      findings.push({ what: `the index ${path.name} of ${table.name} does not project all attributes` });
  }
  return findings;
}

function isKeyed({ AttributeDefinitions = [] }: TableDescription, schema: KeySchema | undefined, path: Path): boolean {
  const names = namesOf(path);
  return (
    schema?.length === names.length &&
    names.every((name) => schema.some(({ AttributeName }) => AttributeName === name)) &&
    schema[0]?.AttributeName === path.partitionName &&
    names.every((name) => AttributeDefinitions.find((each) => each.AttributeName === name)?.AttributeType === "B")
  );
}

function keyText(path: Path): string {
  return namesOf(path)
    .map((name) => `${name} (binary)`)
    .join(", ");
}

function namesOf({ partitionName, sortName }: Path): readonly string[] {
  return sortName === undefined ? [partitionName] : [partitionName, sortName];
}

export function keySchemaOf(path: Path): KeySchema {
  return namesOf(path).map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? "HASH" : "RANGE" }));
}

export function definitionsOf(paths: readonly Path[]): NonNullable<CreateTableCommandInput["AttributeDefinitions"]> {
  return paths.flatMap(namesOf).map((AttributeName) => ({ AttributeName, AttributeType: "B" }));
}

export function createInput(table: Table): CreateTableCommandInput {
  const indexes = table.indexes.map((path) => ({
    IndexName: path.name,
    KeySchema: keySchemaOf(path),
    Projection: { ProjectionType: "ALL" as const },
  }));
  return {
    TableName: table.name,
    KeySchema: keySchemaOf(table.key),
    AttributeDefinitions: definitionsOf([table.key, ...table.indexes]),
    BillingMode: "PAY_PER_REQUEST",
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
  };
}

export function besideInput(prefix: string): CreateTableCommandInput & { readonly TableName: string } {
  return {
    TableName: `${prefix}${BESIDE}`,
    KeySchema: [{ AttributeName: ID, KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: ID, AttributeType: "S" }],
    BillingMode: "PAY_PER_REQUEST",
  };
}

/** Fields whose values a condition can compare: its text has 4 KB, and 300 operators. */
const MOST_FIELDS = 120;
const MOST_INDEXES = 20;

/** Entities that cannot be kept, each with why. */
export function unfitEntities(entities: readonly EntityModel[], prefix: string): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  const places = new Map<string, string>([[`${prefix}${BESIDE}`, "Pannier itself"]]);
  for (const entity of entities) {
    const table = tableOf(entity, prefix);
    const problem = problemOf(entity, table, places.get(table.name));
    if (problem === undefined) places.set(table.name, entity.name);
    else unfit.set(entity, problem);
  }
  return unfit;
}

function problemOf(entity: EntityModel, table: Table, other: string | undefined): string | undefined {
  if (!/^[\w.-]{3,255}$/u.test(table.name))
    return `its table ${table.name} must have 3 to 255 letters, digits, _, . and - in this store; name it by \`table\``;
  if (other !== undefined) return `its table ${table.name} is that of ${other}; name it otherwise by \`table\``;
  const own = entity.fields.find(({ column }) => column.startsWith(OURS));
  if (own)
    return `its field ${own.name} is stored as ${own.column}, and names with ${OURS} are the store's own; name it otherwise`;
  if (entity.fields.length > MOST_FIELDS)
    return `it has ${entity.fields.length} fields, and this store compares ${MOST_FIELDS}`;
  if (entity.indexes.length > MOST_INDEXES)
    return `it has ${entity.indexes.length} indexes, and a table here has ${MOST_INDEXES}`;
  const names = table.indexes.map(({ name = "" }) => name);
  const wrong = names.find((name, i) => !/^[\w.-]{3,200}$/u.test(name) || names.indexOf(name) !== i);
  return wrong === undefined
    ? undefined
    : `its index ${wrong} needs a name of its own of up to 200 letters, digits, _, . and -`;
}

/** Equal for two entities whose rows lie alike. */
export function digestOf(table: Table): string {
  const text = JSON.stringify([
    createInput(table),
    table.attributes.map(({ name, field }) => [name, field.number, field.type.kind]),
  ]);
  return createHash("sha256").update(text).digest("hex");
}
