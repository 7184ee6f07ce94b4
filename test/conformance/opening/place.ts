/** Where a store lies: empty at first, opened as often as a clause likes, in this process and in others. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Adapter } from "../../../src/adapter/adapter.ts";
import type { OpenAdapter, OpenOptions } from "../../../src/adapter/opening.ts";
import { guard } from "../../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import { cassandraKeyspace } from "../../servers/cassandra.ts";
import { dynamodbPlace } from "../../servers/dynamodb.ts";
import { mariadbDatabase } from "../../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../../servers/mysql.ts";
import { postgresqlDatabase } from "../../servers/postgresql.ts";
import { hasTidb, tidbDatabase } from "../../servers/tidb.ts";
import { entities, openAdapter, subjectOf } from "../stores.ts";
import { manualClock, type ManualClock, type Subject } from "../subject.ts";
import type { OpeningFault } from "./opening-clause.ts";
import { startProcess, type OtherProcess, type Task } from "./other-process.ts";

/** A store that the clauses run on. */
export interface PlaceOf {
  readonly name: string;
  /** Of a database that is empty. */
  readonly url: () => Promise<string>;
  /** Where its files are, relative to the data directory; undefined where rows are elsewhere, or nowhere when it is closed. */
  readonly path: string | undefined;
  /** All where it is left out. A server makes tables slowly. */
  readonly entities?: readonly EntityModel[];
  /** The database removes what has expired, by its own clock and in its own time. */
  readonly sweepsItself?: boolean;
}

export interface Place {
  readonly name: string;
  readonly dataDir: string;
  /** Absolute, as `PlaceOf.path`; the data directory where there is none. */
  readonly path: string;
  readonly hasFiles: boolean;
  /** All that it is opened with where a clause names none. */
  readonly entities: readonly EntityModel[];
  readonly sweepsItself: boolean;
  readonly clock: ManualClock;
  /** How often a clause looks for what comes by itself: until the test hangs, or so often where a fault keeps it away. */
  readonly looks: number;
  /** Opens the store, guarded. What is still open is closed after the clause. */
  open(opening?: OpeningOptions): Promise<OpenedPlace>;
  /** Opens the store in a process of its own, which then does its task. */
  start(task: Task): Promise<OtherProcess>;
}

export interface OpeningOptions {
  /** All where it is left out. */
  readonly entities?: readonly EntityModel[];
  /** `auto` where it is left out. */
  readonly tables?: OpenOptions["tables"];
  /** As it should be: without the fault that is planted. */
  readonly sound?: true;
}

export interface OpenedPlace {
  readonly adapter: Adapter;
  /** Of use where all entities were opened. */
  readonly subject: Subject;
  readonly close: () => Promise<void>;
}

const FEW = ["Ticket", "CompositeByNumber", "Account"];

const few = entities.filter(({ name }) => FEW.some((each) => name.endsWith(`.${each}`)));

function server(name: string, url: () => Promise<string>, more: Partial<PlaceOf> = {}): PlaceOf {
  return { name, url, path: undefined, entities: few, ...more };
}

export const PLACES: readonly PlaceOf[] = [
  { name: "memory", url: async () => "memory:", path: undefined },
  { name: "SQLite file", url: async () => "sqlite:within/rows.db", path: "within/rows.db" },
  { name: "kv", url: async () => "kv:within/rows", path: "within/rows" },
  server("PostgreSQL", postgresqlDatabase),
  server("MariaDB", mariadbDatabase),
  ...(hasMysql ? [server("MySQL", mysqlDatabase)] : []),
  ...(hasTidb ? [server("TiDB", tidbDatabase)] : []),
  server("Cassandra", cassandraKeyspace, { sweepsItself: true }),
  server("DynamoDB", dynamodbPlace, { sweepsItself: true }),
];

/** How often a clause looks where a fault is planted: what never comes need not be awaited for long. */
const LOOKS = 5;

/** Runs `body` on an empty place, and removes its files. */
export async function withPlace(
  { name, url: urlOf, path, entities: own = entities, sweepsItself = false }: PlaceOf,
  body: (place: Place) => Promise<void>,
  fault?: OpeningFault,
): Promise<void> {
  const url = await urlOf();
  const dataDir = await mkdtemp(join(tmpdir(), "pannier-opening-"));
  const clock = manualClock();
  let planted: OpenAdapter | undefined;
  const plant = (open: OpenAdapter): OpenAdapter => (planted ??= fault?.plant(open) ?? open);
  const opened = new Set<OpenedPlace>();
  const started = new Set<OtherProcess>();
  const place: Place = {
    name,
    dataDir,
    path: join(dataDir, path ?? "."),
    hasFiles: path !== undefined,
    entities: own,
    sweepsItself,
    clock,
    looks: fault ? LOOKS : Infinity,
    async open({ sound, ...opening } = {}) {
      const options = { store: name, url, dataDir, clock, entities: own, ...opening };
      const adapter = guard(await openAdapter(options, sound ? undefined : plant), name);
      const each: OpenedPlace = {
        adapter,
        subject: subjectOf(name, adapter, clock, own),
        close: async () => {
          if (opened.delete(each)) await adapter.close();
        },
      };
      opened.add(each);
      return each;
    },
    async start(task) {
      const other = await startProcess({
        url,
        dataDir,
        task,
        entities: own.map((entity) => entity.name),
        ...(fault && { fault: fault.name }),
      });
      started.add(other);
      return other;
    },
  };
  try {
    await body(place);
  } finally {
    for (const other of started) await other.kill();
    for (const each of opened) await each.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
