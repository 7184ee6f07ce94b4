/** The stores the suite runs on, opened as the server opens them: through the registry, guarded, with repositories on top. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Adapter, Reads } from "../../src/adapter/adapter.ts";
import type { OpenAdapter, OpenOptions } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { openerOf } from "../../src/adapter/registry.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { createRepository } from "../../src/repository/create-repository.ts";
import { createGenerators } from "../../src/repository/write/generate.ts";
import { DEFAULT_LIMITS } from "../../src/repository/limits.ts";
import { createSealer } from "../../src/repository/pages/page-token.ts";
import { createRandom } from "../../src/repository/write/random.ts";
import type { RepositoryOptions } from "../../src/repository/scope.ts";
import { createCollections } from "../../src/repository/collection/collections.ts";
import { createTransactions } from "../../src/repository/execute/transactions.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { derivations } from "./derivations.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { cassandraKeyspace } from "../servers/cassandra.ts";
import { cockroachDatabase } from "../servers/cockroachdb.ts";
import { dynamodbPlace } from "../servers/dynamodb.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { scyllaKeyspace } from "../servers/scylla.ts";
import { hasTidb, tidbDatabase } from "../servers/tidb.ts";
import { versionOf } from "../servers/version.ts";
import { gatherReads } from "../../src/adapter/decorators/gather-reads.ts";
import { altered } from "./plant.ts";
import { createRows, type Rows } from "./rows.ts";
import { manualClock, type ManualClock, type Subject } from "./subject.ts";

export interface OpenedSubject {
  readonly subject: Subject;
  /** Of the server or the library behind it. */
  readonly version: string;
  readonly close: () => Promise<void>;
}

export interface OpenSubject {
  readonly name: string;
  open(): Promise<OpenedSubject>;
}

type Plant = (adapter: Adapter) => Adapter;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const schema = await loadSchema({
  sources: [here("../entities"), here("proto")],
  cacheDir: here("../../node_modules/.cache/pannier-schema"),
});
if (schema.findings.length > 0) throw new Error(JSON.stringify(schema.findings, undefined, 2));

/** Of test/entities and of proto, by name. */
export const entities: readonly EntityModel[] = schema.entities
  .map(({ model }) => model)
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

export const stores: readonly OpenSubject[] = [
  { name: "memory", open: () => openStore("memory", "memory:") },
  { name: "weak memory", open: () => openStore("weak memory", "memory:?profile=weak") },
  { name: "partitioned memory", open: () => openStore("partitioned memory", "memory:?profile=partitioned") },
  { name: "gathered memory", open: () => openStore("gathered memory", "memory:", undefined, gatherReads) },
  { name: "SQLite file", open: () => openStore("SQLite file", "sqlite:conformance.db") },
  { name: "kv", open: () => openStore("kv", "kv:conformance") },
  { name: "SQLite in memory", open: () => openStore("SQLite in memory", "sqlite::memory:") },
  { name: "Cassandra", open: async () => openStore("Cassandra", await cassandraKeyspace()) },
  { name: "ScyllaDB", open: async () => openStore("ScyllaDB", await scyllaKeyspace()) },
  { name: "DynamoDB", open: async () => openStore("DynamoDB", await dynamodbPlace()) },
  {
    name: "DynamoDB single table",
    open: async () => openStore("DynamoDB single table", await dynamodbPlace(), undefined, undefined, { table: "all" }),
  },
  { name: "PostgreSQL", open: async () => openStore("PostgreSQL", await postgresqlDatabase()) },
  { name: "CockroachDB", open: async () => openStore("CockroachDB", await cockroachDatabase()) },
  { name: "MariaDB", open: async () => openStore("MariaDB", await mariadbDatabase()) },
  ...(hasTidb ? [{ name: "TiDB", open: async () => openStore("TiDB", await tidbDatabase()) }] : []),
  ...(hasMysql ? [{ name: "MySQL", open: async () => openStore("MySQL", await mysqlDatabase()) }] : []),
];

/** The memory store, with its adapter changed by `plant`. */
export function openMemory(plant: Plant): Promise<OpenedSubject> {
  return openStore("memory", "memory:", plant);
}

/** The fault stands above the guard, so that nothing heals it before it meets the suite. */
async function openStore(
  name: string,
  url: string,
  plant: Plant = (adapter) => adapter,
  decorate: Plant = (adapter) => adapter,
  settings: OpenOptions["settings"] = {},
): Promise<OpenedSubject> {
  const dataDir = await mkdtemp(join(tmpdir(), "pannier-conformance-"));
  const clock = manualClock();
  const adapter = plant(guard(decorate(await openAdapter({ store: name, url, dataDir, clock, settings })), name));
  const counted = countCalls(adapter);
  const subject = createSubject(name, counted, clock);
  return {
    subject,
    version: await versionOf(url),
    close: async () => {
      await adapter.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Opening {
  readonly store: string;
  readonly url: string;
  readonly dataDir: string;
  readonly clock: Clock;
  /** All where it is left out. */
  readonly entities?: readonly EntityModel[];
  /** `auto` where it is left out. */
  readonly tables?: OpenOptions["tables"];
  /** None where they are left out. */
  readonly settings?: OpenOptions["settings"];
}

/** As the server opens it, but not guarded. */
export async function openAdapter(
  { url, ...opening }: Opening,
  plant: (open: OpenAdapter) => OpenAdapter = (open) => open,
): Promise<Adapter> {
  const parsed = new URL(url);
  const open = plant(await openerOf(parsed));
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  return open({ entities, derivations, tables: "auto", settings: {}, ...opening, url: parsed, log: silent });
}

/** Repositories over an adapter: of all entities, or of those that it was opened with. */
export function subjectOf(
  name: string,
  adapter: Adapter,
  clock: ManualClock,
  opened: readonly EntityModel[] = entities,
): Subject {
  return createSubject(name, countCalls(adapter), clock, opened);
}

interface Counted {
  readonly adapter: Adapter;
  calls(): number;
}

/** Counts what costs I/O. */
function countCalls(adapter: Adapter): Counted {
  let calls = 0;
  const counted = (reads: Reads): Reads => ({
    read: (request, call) => (calls++, reads.read(request, call)),
    scan: (plan, window, call) => (calls++, reads.scan(plan, window, call)),
    ...(reads.count && { count: (plan, options, call) => (calls++, reads.count!(plan, options, call)) }),
  });
  const counting = altered(adapter, {
    ...counted(adapter),
    // Of the state that the store gives, and not of the store as it is meanwhile.
    ...(adapter.consistent && {
      consistent: (body, call) => adapter.consistent!((reads) => body(counted(reads)), call),
    }),
    write: (request, call) => (calls++, adapter.write(request, call)),
    ...(adapter.modify && {
      modify: (mutation, decide, options, call) => (calls++, adapter.modify!(mutation, decide, options, call)),
    }),
    ...(adapter.execute && { execute: (request, call) => (calls++, adapter.execute!(request, call)) }),
    ...(adapter.collect && { collect: (query, window, call) => (calls++, adapter.collect!(query, window, call)) }),
  });
  return { adapter: counting, calls: () => calls };
}

function createSubject(
  name: string,
  counted: Counted,
  clock: ManualClock,
  opened: readonly EntityModel[] = entities,
): Subject {
  const { adapter } = counted;
  const options = opened.map((entity) => repositoryOptions(entity, name, adapter, clock));
  const rows = new Map<string, Rows>();
  for (const each of options) rows.set(each.entity.name.replace(/^.*\./u, ""), createRows(createRepository(each)));
  let made = 0;
  return {
    name,
    capabilities: adapter.capabilities,
    adapter,
    clock,
    calls: () => counted.calls(),
    transactions: createTransactions((entity) => options.find((each) => each.entity === entity)),
    collections: createCollections((entity) => options.find((each) => each.entity === entity)),
    unique: (prefix) => `${prefix}-${String(made++).padStart(6, "0")}`,
    rows(entity) {
      const found = rows.get(entity);
      if (!found) throw new TypeError(`there is no entity ${entity} in test/entities`);
      return found;
    },
  };
}

const random = createRandom();
const tokens = createSealer({ keys: [random(32)], random });
/** Wider than any store's atomic scope, so that it is the store that sets the limit. */
const limits = { ...DEFAULT_LIMITS, batchItems: 5_000 };

function repositoryOptions(entity: EntityModel, store: string, adapter: Adapter, clock: Clock): RepositoryOptions {
  const ids = createGenerators({ clock, random, node: 1 });
  return { entity, adapter, store, limits, tokens, clock, ids, scans: "refuse", restores: "allow" };
}
