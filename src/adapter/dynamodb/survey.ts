/** What becomes of the entities in a region: tables and indexes made at the start, and what keeps an entity from being served. */

import { setTimeout as wait } from "node:timers/promises";
import type { CreateTableCommandInput, TableDescription } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { OpenOptions } from "../adapter.ts";
import { sideBySide } from "../side-by-side.ts";
import { BESIDE } from "./beside.ts";
import { besideInput, createInput, definitionsOf, findingsOf, keySchemaOf, type Finding } from "./catalog.ts";
import { nameOf } from "./failure.ts";
import { fillIndexes } from "./fill.ts";
import type { Session } from "./session.ts";
import { SWEPT_AT, tableOf, type Path, type Table } from "./table.ts";

export interface EntityState {
  readonly entity: EntityModel;
  readonly table: Table;
  /** Why it is not served; empty where it is. */
  readonly drift: readonly Finding[];
}

export interface Survey {
  readonly states: readonly EntityState[];
  readonly applied: readonly string[];
}

/** Tables looked at, or made, at once. */
const WIDTH = 8;

const LOOK_AGAIN = 250; // milliseconds between looks at a table that is being made

/** `auto` adds what is missing; the others change nothing. */
export async function survey(
  session: Session,
  { entities, prefix, tables }: Pick<OpenOptions, "entities" | "tables"> & { readonly prefix: string },
  call: Call,
): Promise<Survey> {
  const all = entities.map((entity) => ({ entity, table: tableOf(entity, prefix) }));
  if (tables === "off") return { states: all.map((each) => ({ ...each, drift: [] })), applied: [] };
  const upkeep = new Upkeep(session, call);
  const beside = await upkeep.describe(`${prefix}${BESIDE}`);
  const missing: readonly Finding[] = beside
    ? []
    : [{ what: `the table ${prefix}${BESIDE} is missing`, mend: "table" }];
  if (!beside && tables === "auto") await upkeep.create(besideInput(prefix), true);
  const states = await sideBySide(all, WIDTH, async ({ entity, table }): Promise<EntityState> => {
    const findings = findingsOf(table, await upkeep.describe(table.name));
    if (tables !== "auto") return { entity, table, drift: [...missing, ...findings] };
    for (const finding of findings) await upkeep.mend(table, finding);
    const left = findings.some(({ mend }) => mend) ? findingsOf(table, await upkeep.describe(table.name)) : findings;
    return { entity, table, drift: left };
  });
  return { states, applied: upkeep.applied };
}

class Upkeep {
  readonly #session: Session;
  readonly #call: Call;
  readonly applied: string[] = [];

  constructor(session: Session, call: Call) {
    this.#session = session;
    this.#call = call;
  }

  /** Undefined where there is none. */
  async describe(TableName: string): Promise<TableDescription | undefined> {
    try {
      const { Table: table } = await this.#session.read(
        (client, { DescribeTableCommand }, options) => client.send(new DescribeTableCommand({ TableName }), options),
        this.#call,
      );
      return table;
    } catch (error) {
      if (nameOf(error) === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }

  async mend(table: Table, { mend, index }: Finding): Promise<void> {
    if (mend === "table") await this.create(createInput(table), table.entity.managed.expiresAt !== undefined);
    if (mend === "index" && index) await this.#addIndex(table, index);
  }

  /** Another process may make it at the same time. */
  async create(input: CreateTableCommandInput, isSwept: boolean): Promise<void> {
    const name = input.TableName ?? "";
    await this.#unlessInUse((driver) => new driver.CreateTableCommand(input));
    await this.#whenActive(name);
    this.applied.push(`created the table ${name}`);
    if (!isSwept) return;
    const TimeToLiveSpecification = { Enabled: true, AttributeName: SWEPT_AT };
    await this.#session
      .write(
        (client, { UpdateTimeToLiveCommand }, options) =>
          client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }), options),
        this.#call,
      )
      .catch((error: unknown) => {
        if (nameOf(error) !== "ValidationException") throw error; // it is on already
      });
  }

  /** The database makes one index at a time, of the attributes that are there; rows from before it get theirs first. */
  async #addIndex(table: Table, path: Path): Promise<void> {
    await fillIndexes(this.#session, table, this.#call);
    await this.#unlessInUse(
      (driver) =>
        new driver.UpdateTableCommand({
          TableName: table.name,
          AttributeDefinitions: definitionsOf([table.key, path]),
          GlobalSecondaryIndexUpdates: [
            {
              Create: {
                IndexName: path.name,
                KeySchema: keySchemaOf(path),
                Projection: { ProjectionType: "ALL" },
              },
            },
          ],
        }),
    );
    await this.#whenActive(table.name);
    this.applied.push(`created the index ${path.name} of ${table.name}`);
  }

  async #unlessInUse(command: (driver: typeof import("@aws-sdk/client-dynamodb")) => object): Promise<void> {
    try {
      await this.#session.write(
        // Commands of one kind each; the driver's own type of them is generic over all.
        (client, driver, options) => client.send(command(driver) as never, options),
        this.#call,
      );
    } catch (error) {
      if (nameOf(error) !== "ResourceInUseException") throw error;
    }
  }

  async #whenActive(name: string): Promise<void> {
    for (;;) {
      const table = await this.describe(name);
      const indexes = table?.GlobalSecondaryIndexes ?? [];
      if (table?.TableStatus === "ACTIVE" && indexes.every(({ IndexStatus }) => IndexStatus === "ACTIVE")) return;
      await wait(LOOK_AGAIN, undefined, { signal: this.#call.signal });
    }
  }
}
