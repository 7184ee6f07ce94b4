/**
 * What a start saw of the whole file when everything fitted. The next one that sees the same need not look at table after table.
 * It is made of what a survey looks at, never of counters: a file that was dumped, changed and read in again may have the old ones.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Connection } from "../connection.ts";
import { CONTRACTS } from "./meta.ts";

/** Raised when a survey comes to look at more than before; a release does so by its version, a checkout does not. */
const SURVEYED = 1;

/** Name of the row in Pannier's own table. */
const ROW = "survey";

/** Inside the transaction whose state it describes. @param digests of the entities, in their order */
export function surveyMark(connection: Connection, digests: readonly string[]): string {
  const hash = createHash("sha256");
  hash.update(`${SURVEYED} ${product()} ${process.versions.sqlite}\n${digests.join("\n")}\n`);
  for (const sql of [SCHEMA_ROWS, CONTRACT_ROWS])
    hash.update(JSON.stringify(connection.statement(sql, false).all([]))).update("\n");
  return hash.digest("hex");
}

/** Of everybody's tables, indexes, triggers and views; where their pages lie is nobody's concern. */
const SCHEMA_ROWS = "SELECT type, name, tbl_name, sql FROM sqlite_schema";
const CONTRACT_ROWS = `SELECT entity, revision, digest, at, contract, adopted FROM "${CONTRACTS}"`;

/** Undefined where no start has left one. Wants Pannier's own tables to be there. */
export function keptMark(connection: Connection): unknown {
  return connection.statement(`SELECT value FROM "_pannier" WHERE name = ?`).get([ROW])?.[0];
}

/** Inside the transaction whose state it describes. */
export function keepMark(connection: Connection, mark: string): void {
  connection
    .statement(`INSERT INTO "_pannier" (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`)
    .run([ROW, mark]);
}

/** The package's own description: its version, and those of its dependencies. */
function product(): string {
  return readFileSync(new URL("../../../../package.json", import.meta.url), "utf8");
}
