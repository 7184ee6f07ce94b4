/** What becomes of the entities in a region: tables and indexes made at the start, and what keeps an entity from being served. */

import { setTimeout as wait } from "node:timers/promises";
import type { TableDescription } from "@aws-sdk/client-dynamodb";
import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { OpenOptions } from "../../opening.ts";
import { sideBySide } from "../../runtime/side-by-side.ts";
import type { Beside } from "../writing/beside.ts";
import {
  createInput,
  definitionsOf,
  findingsOf,
  keySchemaOf,
  projectionInput,
  storedTables,
  type StoredTable,
} from "./catalog.ts";
import { nameOf } from "../failure.ts";
import type { Finding } from "./finding.ts";
import { fillIndexes } from "./fill.ts";
import { changesSince, readMarks, writeMark, type Marks } from "../items/layout-mark.ts";
import type { KeyNames } from "../items/path.ts";
import type { Session } from "../session.ts";
import { throughput, type TableOptions } from "./table-options.ts";
import { lackingIn, type Lacking } from "./table-upkeep.ts";
import type { Table } from "../items/table.ts";

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

export interface Surveyed {
  readonly tables: readonly Table[];
  readonly beside: Beside;
  readonly options: TableOptions;
  readonly mode: OpenOptions["tables"];
}

/** Tables looked at, or made, at once. */
const WIDTH = 8;

const LOOK_AGAIN = 250; // milliseconds between looks at a table that is being made

/** `auto` adds what is missing; the others change nothing. */
export async function survey(
  session: Session,
  { tables, beside, options, mode }: Surveyed,
  call: Call,
): Promise<Survey> {
  if (mode === "off")
    return { states: tables.map((table) => ({ entity: table.entity, table, drift: [] })), applied: [] };
  const upkeep = new Upkeep(session, beside, options, call);
  const stored = storedTables(tables, beside);
  const looked = await sideBySide(stored, WIDTH, (each) => upkeep.look(each, mode === "auto"));
  const besides = looked.find(({ table }) => table.name === beside.name)?.findings ?? [];
  const marks = besides.some(({ mend }) => mend === "table")
    ? undefined
    : await readMarks(session, beside, tables, call);
  const found = await sideBySide(looked, WIDTH, (each) => upkeep.bring(each, marks, mode === "auto"));
  const states = tables.map((table) => {
    const own = found.find((each) => each.table.name === table.name);
    const findings = own?.findings.filter(
      ({ index }) => !index || table.indexes.some(({ name }) => name === index.name),
    );
    const general = table.name === beside.name ? [] : besides;
    return { entity: table.entity, table, drift: [...general, ...(findings ?? []), ...(own?.rows.get(table) ?? [])] };
  });
  return { states, applied: upkeep.applied };
}

interface Looked {
  readonly table: StoredTable;
  readonly findings: readonly Finding[];
  /** It was made just now, and has no rows. */
  readonly isNew: boolean;
}

interface Brought extends Pick<Looked, "table" | "findings"> {
  /** What is wrong with the rows of each entity. */
  readonly rows: ReadonlyMap<Table, readonly Finding[]>;
}

class Upkeep {
  readonly #session: Session;
  readonly #beside: Beside;
  readonly #options: TableOptions;
  readonly #call: Call;
  readonly applied: string[] = [];

  constructor(session: Session, beside: Beside, options: TableOptions, call: Call) {
    this.#session = session;
    this.#beside = beside;
    this.#options = options;
    this.#call = call;
  }

  /** Makes the table, where it may and there is none, and what it lacks besides its keys. */
  async look(table: StoredTable, mayMend: boolean): Promise<Looked> {
    const stored = await this.describe(table.name);
    const findings = findingsOf(table, stored);
    const isNew = mayMend && !stored;
    if (isNew) await this.create(table);
    const described = isNew ? await this.describe(table.name) : stored;
    const lacking = described ? await lackingIn(this.#session, table, described, this.#options, this.#call) : [];
    const left: Finding[] = [];
    for (const each of lacking) {
      if (!mayMend || !each.mend || !("mendNow" in each)) left.push(each);
      else await this.#mend(table, each);
    }
    return { table, findings: [...(isNew ? findingsOf(table, described) : findings), ...left], isNew };
  }

  async #mend({ name }: StoredTable, lacking: Lacking): Promise<void> {
    await lacking.mendNow(this.#session, this.#call);
    await this.#whenActive(name);
    this.applied.push(`changed what was so: ${lacking.what}`);
  }

  /** Where it may, it gives rows the attributes of new indexes, and makes those. */
  async bring(looked: Looked, marks: Marks | undefined, mayMend: boolean): Promise<Brought> {
    const { table, findings, isNew } = looked;
    const changes = table.tables.map((each) => ({ each, ...changesSince(marks?.get(each.entity.name), each) }));
    const rows = (fill: boolean): Brought["rows"] =>
      new Map(changes.map(({ each, wrong, old }) => [each, fill ? [...wrong, ...old] : wrong]));
    if (!mayMend || !marks || findings.some(({ mend, isUnknown }) => !mend && !isUnknown))
      return { table, findings, rows: rows(true) };
    const behind = changes.filter(({ isMarked, old, wrong }) => wrong.length === 0 && (!isMarked || old.length > 0));
    const tables = behind.map(({ each }) => each);
    if (!isNew && tables.length > 0) await fillIndexes(this.#session, table.name, tables, this.#call);
    for (const { index } of findings) if (index) await this.#addIndex(table, index);
    for (const each of tables) await writeMark(this.#session, this.#beside, each, this.#call);
    const unknown = findings.filter(({ isUnknown }) => isUnknown);
    const isSame = findings.length === unknown.length;
    const left = isSame ? unknown : [...findingsOf(table, await this.describe(table.name)), ...unknown];
    return { table, findings: left, rows: rows(false) };
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

  /** Another process may make it at the same time. */
  async create(table: StoredTable): Promise<void> {
    const { name } = table;
    await this.#unlessInUse((driver) => new driver.CreateTableCommand(createInput(table, this.#options)));
    await this.#whenActive(name);
    this.applied.push(`created the table ${name}`);
  }

  /** The database makes one index at a time, of the attributes that are there. */
  async #addIndex(table: StoredTable, index: KeyNames): Promise<void> {
    await this.#unlessInUse(
      (driver) =>
        new driver.UpdateTableCommand({
          TableName: table.name,
          AttributeDefinitions: definitionsOf([table.key, index]),
          GlobalSecondaryIndexUpdates: [
            {
              Create: {
                IndexName: index.name,
                KeySchema: keySchemaOf(index),
                Projection: projectionInput(index),
                ...throughput(this.#options),
              },
            },
          ],
        }),
    );
    await this.#whenActive(table.name);
    this.applied.push(`created the index ${index.name} of ${table.name}`);
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
