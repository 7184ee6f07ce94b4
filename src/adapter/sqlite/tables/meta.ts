/** What Pannier keeps for itself in the file: whose file it is, and the outcomes of writes with a request_id. */

import { Fault } from "../../../model/fault.ts";
import type { Connection } from "../connection.ts";

/** "Pann" in ASCII, as PRAGMA application_id. */
const APPLICATION_ID = 0x50616e6e;

/** Of the tables below and of documents; raised when they change. 2: contracts, and documents by field numbers. */
const FORMAT = 2;

export const REQUESTS = "_pannier_requests";

/** The contracts that rows were written under. */
export const CONTRACTS = "_pannier_contracts";

/** Conversions that are under way. */
export const CONVERSIONS = "_pannier_conversions";

const TABLES = `
CREATE TABLE IF NOT EXISTS "_pannier" (name TEXT NOT NULL PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS "${REQUESTS}" (
  id TEXT NOT NULL PRIMARY KEY, digest BLOB NOT NULL, at INTEGER NOT NULL, outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS "${REQUESTS}__at" ON "${REQUESTS}" (at);
CREATE TABLE IF NOT EXISTS "${CONTRACTS}" (
  entity TEXT NOT NULL, revision INTEGER NOT NULL, digest TEXT NOT NULL, at TEXT NOT NULL, contract TEXT NOT NULL,
  adopted INTEGER NOT NULL, PRIMARY KEY (entity, revision)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS "${CONVERSIONS}" (entity TEXT NOT NULL PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "_pannier" (name, value) VALUES ('format', ${FORMAT}) ON CONFLICT DO UPDATE SET value = excluded.value;
`;

/** Says why the file is not ours to write to; undefined where it is. Never writes. */
export function foreignness(connection: Connection): string | undefined {
  const id = Number(connection.statement("PRAGMA application_id").get([])?.[0] ?? 0);
  if (id !== 0 && id !== APPLICATION_ID) return "it belongs to another application";
  if (!hasMeta(connection)) return undefined;
  const format = formatOf(connection);
  return format > FORMAT ? `its format ${format} is newer than this version knows (${FORMAT})` : undefined;
}

function formatOf(connection: Connection): number {
  return Number(connection.statement(`SELECT value FROM "_pannier" WHERE name = 'format'`).get([])?.[0] ?? 0);
}

/** Of a file that is opened anew while the server runs. @throws Fault where another one was put in its place */
export function assertOurs(connection: Connection, keepsRequests: boolean): void {
  if (foreignness(connection) === undefined && (!keepsRequests || hasMeta(connection))) return;
  throw new Fault("STORE_CORRUPT", "the database file was replaced by one that is not this store's");
}

/** Writes something that is then not there, so that the disk has its say. More than a page, or there is always room. */
export function probeMeta(connection: Connection): void {
  if (!hasMeta(connection)) {
    const version = Number(connection.statement("PRAGMA user_version").get([])?.[0] ?? 0);
    return connection.exec(`PRAGMA user_version = ${version}`);
  }
  connection.exec(
    `INSERT INTO "_pannier" (name, value) VALUES ('probe', zeroblob(65536)) ON CONFLICT DO UPDATE SET value = excluded.value`,
  );
  connection.exec(`DELETE FROM "_pannier" WHERE name = 'probe'`);
}

export function hasMeta(connection: Connection): boolean {
  const row = connection.statement("SELECT count(*) FROM sqlite_schema WHERE name IN ('_pannier', ?)").get([REQUESTS]);
  return Number(row?.[0] ?? 0) === 2;
}

/** Inside a transaction. Leaves a file alone that has all of it. */
export function createMeta(connection: Connection): void {
  if (hasMeta(connection) && formatOf(connection) === FORMAT) return;
  connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  connection.exec(TABLES);
}
