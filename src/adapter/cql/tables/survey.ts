/** What becomes of the entities in a keyspace: tables brought in order at the start, and what keeps one from being served. */

import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Call } from "../../../model/call.ts";
import type { EntityModel } from "../../../model/entity.ts";
import { Fault } from "../../../model/fault.ts";
import type { OpenOptions } from "../../opening.ts";
import { quote } from "../../sql/quote.ts";
import { addText, describe, findingsOf, namesIn, replicationOf, type Finding, type StoredTable } from "./catalog.ts";
import { codeOf, type Replication } from "../cluster/consistency.ts";
import type { CqlDialect } from "../dialect.ts";
import type { Ask } from "../cluster/driver.ts";
import type { Session } from "../cluster/session.ts";
import { fillAbsent } from "./fill.ts";
import { tableOf, type CqlTable } from "./table.ts";

export interface Surveyor {
  readonly session: Session;
  readonly dialect: CqlDialect;
  readonly keyspace: string;
  /** Of a keyspace that has to be made; undefined makes none. */
  readonly replication: number | undefined;
}

export interface EntityState {
  readonly entity: EntityModel;
  readonly table: CqlTable;
  /** Why it is not served; empty where it is. */
  readonly drift: readonly Finding[];
}

export interface Survey {
  readonly states: readonly EntityState[];
  readonly applied: readonly string[];
  /** Undefined where there is no keyspace. */
  readonly replication: Replication | undefined;
}

type Found = Omit<Survey, "replication">;

/** `auto` adds what is missing; the others change nothing. */
export async function survey(
  surveyor: Surveyor,
  entities: readonly EntityModel[],
  tables: OpenOptions["tables"],
  call: Call,
): Promise<Survey> {
  const { session, keyspace } = surveyor;
  // The database's own tables are local to each host.
  const ask: Ask = async (text, parameters) =>
    (await session.run({ text, parameters, consistency: codeOf("one"), isRead: true }, call)).rows;
  const found = await broughtInOrder({ surveyor, entities, tables }, ask, call);
  return { ...found, replication: await replicationOf(ask, keyspace) };
}

interface Surveying {
  readonly surveyor: Surveyor;
  readonly entities: readonly EntityModel[];
  readonly tables: OpenOptions["tables"];
}

async function broughtInOrder({ surveyor, entities, tables }: Surveying, ask: Ask, call: Call): Promise<Found> {
  const look = async (): Promise<ReadonlyMap<string, StoredTable> | undefined> => describe(ask, surveyor.keyspace);
  const stored = await look();
  if (tables === "off") return surveyOf(surveyor, entities, stored ?? new Map(), false);
  if (tables !== "auto") return surveyOf(surveyor, entities, stored ?? new Map(), true);
  if (!stored) await makeKeyspace(surveyor, ask);
  const first = surveyOf(surveyor, entities, stored ?? new Map(), true);
  if (first.states.every(({ drift }) => drift.every(({ mend }) => mend === undefined))) return first;
  return withLock(surveyor, call, () => bringInOrder(surveyor, entities, { ask, look, call }));
}

function surveyOf(
  { dialect, keyspace }: Surveyor,
  entities: readonly EntityModel[],
  stored: ReadonlyMap<string, StoredTable>,
  looks: boolean,
): Found {
  const states = entities.map((entity) => {
    const table = tableOf(entity, keyspace, dialect, namesIn(entity, stored));
    return { entity, table, drift: looks ? findingsOf(table, stored.get(table.name), dialect) : [] };
  });
  return { states, applied: [] };
}

async function makeKeyspace({ session, dialect, keyspace, replication }: Surveyor, ask: Ask): Promise<void> {
  if (replication === undefined)
    throw new Fault(
      "SCHEMA_DRIFT",
      `there is no keyspace ${keyspace}; make it, or say in the url how many replicas it is to have, as replication_factor`,
    );
  const replicas = `{'class': 'NetworkTopologyStrategy', 'replication_factor': ${replication}}`;
  const more = (await dialect.keyspaceOptions?.(ask)) ?? "";
  await session.define(`CREATE KEYSPACE IF NOT EXISTS ${quote(keyspace)} WITH replication = ${replicas}${more}`);
}

/** Rounds of looking and mending: a table that is new has its indexes made in the next. */
const ROUNDS = 4;

interface Looking {
  readonly ask: Ask;
  readonly look: () => Promise<ReadonlyMap<string, StoredTable> | undefined>;
  readonly call: Call;
}

async function indexesReady({ dialect, keyspace }: Surveyor, ask: Ask, call: Call): Promise<void> {
  while (!(await dialect.areIndexesReady(ask, keyspace))) await wait(100, undefined, { signal: call.signal });
}

async function bringInOrder(
  surveyor: Surveyor,
  entities: readonly EntityModel[],
  { ask, look, call }: Looking,
): Promise<Found> {
  const applied: string[] = [];
  for (let round = 0; ; round += 1) {
    const found = surveyOf(surveyor, entities, (await look()) ?? new Map(), true);
    // An entity with something that cannot be mended is left as it is.
    const mendable = found.states.filter(({ drift }) => drift.every(({ mend }) => mend !== undefined));
    if (mendable.every(({ drift }) => drift.length === 0) || round === ROUNDS) {
      if (applied.length > 0) await indexesReady(surveyor, ask, call);
      return { ...found, applied };
    }
    for (const { table, drift } of mendable) {
      if (drift.some(({ wantsNoRows }) => wantsNoRows) && (await hasRows(ask, table))) continue;
      const columns = drift.flatMap(({ column }) => column ?? []);
      if (columns.length > 0) await surveyor.session.define(addText(table, columns));
      for (const { mend, index, column } of drift) {
        if (mend === undefined || column !== undefined) continue;
        if (index) await fillAbsent(surveyor, table, index.column, call);
        await surveyor.session.define(mend);
      }
      applied.push(...drift.map(({ what }) => `${table.name}: ${what}`));
    }
  }
}

async function hasRows(ask: Ask, { sql, partition }: CqlTable): Promise<boolean> {
  return (await ask(`SELECT ${partition.map((column) => column.sql).join(", ")} FROM ${sql} LIMIT 1`, [])).length > 0;
}

const LOCKS = "pannier_locks";

/** Seconds that the lock of a process which was killed goes on: longer than a look at the tables may take. */
const LOCK_TIME = 180;

/** One process changes tables at a time: two that make the same table on two hosts would damage it. */
async function withLock<Result>(
  { session, keyspace }: Surveyor,
  call: Call,
  work: () => Promise<Result>,
): Promise<Result> {
  const locks = `${quote(keyspace)}.${LOCKS}`;
  await session.define(`CREATE TABLE IF NOT EXISTS ${locks} (name text PRIMARY KEY, holder text)`);
  const holder = randomUUID();
  const levels = { consistency: codeOf("quorum"), serial: codeOf("serial"), isRead: false };
  const take = `INSERT INTO ${locks} (name, holder) VALUES ('schema', ?) IF NOT EXISTS USING TTL ${LOCK_TIME}`;
  const isTaken = async (): Promise<boolean> =>
    (await session.run({ text: take, parameters: [holder], ...levels }, call)).rows[0]?.["[applied]"] === true;
  while (!(await isTaken())) await wait(200 + Math.random() * 100, undefined, { signal: call.signal });
  try {
    return await work();
  } finally {
    const text = `DELETE FROM ${locks} WHERE name = 'schema' IF holder = ?`;
    await session.run({ text, parameters: [holder], ...levels }, call).catch(() => {}); // it ends by itself
  }
}
