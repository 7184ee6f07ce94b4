/** Contracts as the file keeps them: one row per entity and revision, the newest last, history kept. */

import { contractText, parseContract } from "../../../migration/contract-text.ts";
import type { Contract, StoredContract } from "../../../migration/contract.ts";
import type { SqlValue } from "../../sql/sql-value.ts";
import type { Connection } from "../connection.ts";
import { CONTRACTS } from "./meta.ts";

/** What the file says of one entity. */
export interface ContractHistory {
  /** Oldest first; empty where it says nothing. */
  readonly history: readonly StoredContract[];
  /** Where the rows are older than contracts: what the entity was when they got the first. Documents may be by its names. */
  readonly earlier: Contract | undefined;
}

/** What serving needs of the history: its end, and where it began. Wants the table of contracts to be there. */
export function newestContract(connection: Connection, entity: string): ContractHistory {
  const rows = connection
    .statement(`SELECT revision, digest, at, contract, adopted FROM "${CONTRACTS}" WHERE entity = ? ORDER BY revision`)
    .all([entity]);
  const [first] = rows;
  const newest = rows.at(-1);
  return {
    history: newest ? [storedContract(newest)] : [],
    earlier: first && Number(first[4]) === 1 ? parseContract(String(first[3])) : undefined,
  };
}

/** @throws ContractError where the newest row is damaged or from a newer version */
export function contractHistory(connection: Connection, entity: string): ContractHistory {
  if (!hasContracts(connection)) return { history: [], earlier: undefined };
  const rows = connection
    .statement(`SELECT revision, digest, at, contract, adopted FROM "${CONTRACTS}" WHERE entity = ? ORDER BY revision`)
    .all([entity]);
  const history = rows.map(storedContract);
  const [first] = history;
  return { history, earlier: Number(rows[0]?.[4] ?? 0) === 1 ? first?.contract : undefined };
}

function storedContract([revision, digest, at, text]: readonly SqlValue[]): StoredContract {
  return {
    contract: parseContract(String(text)),
    revision: Number(revision),
    digest: String(digest),
    at: String(at),
  };
}

/** The entity whose rows a table holds, where it is another than the one asked for. */
export function otherOwner(connection: Connection, table: string, entity: string): string | undefined {
  if (!hasContracts(connection)) return undefined;
  const newest = connection
    .statement(`SELECT entity, contract, max(revision) FROM "${CONTRACTS}" WHERE entity <> ? GROUP BY entity`)
    .all([entity]);
  for (const [owner, text] of newest)
    if (tableIn(String(text))?.toLowerCase() === table.toLowerCase()) return String(owner);
  return undefined;
}

/** A damaged row of another entity is that entity's trouble. */
function tableIn(text: string): string | undefined {
  try {
    return parseContract(text).table;
  } catch {
    return undefined;
  }
}

/** Names of all entities that have a contract. */
export function knownEntities(connection: Connection): readonly string[] {
  if (!hasContracts(connection)) return [];
  return connection
    .statement(`SELECT DISTINCT entity FROM "${CONTRACTS}" ORDER BY entity`)
    .all([])
    .map(([name]) => String(name));
}

/** Inside a transaction. */
export function writeContract(
  connection: Connection,
  { contract, revision, digest, at }: StoredContract,
  isAdopted = false,
): void {
  connection
    .statement(`INSERT INTO "${CONTRACTS}" (entity, revision, digest, at, contract, adopted) VALUES (?, ?, ?, ?, ?, ?)`)
    .run([contract.entity, revision, digest, at, contractText(contract), isAdopted ? 1 : 0]);
}

export function forgetContracts(connection: Connection, entity: string): void {
  connection.statement(`DELETE FROM "${CONTRACTS}" WHERE entity = ?`).run([entity]);
}

/** Changes whenever a contract does, or a table or index, whoever changes it. */
export function schemaMark(connection: Connection): string {
  const [version] = connection.statement("PRAGMA schema_version").get([]) ?? [];
  return `${String(version)} ${contractMark(connection)}`;
}

/** Changes whenever a contract does. */
export function contractMark(connection: Connection): string {
  if (!hasContracts(connection)) return "";
  const [row] = connection
    .statement(`SELECT count(*), coalesce(sum(revision), 0), coalesce(max(at), '') FROM "${CONTRACTS}"`)
    .all([]);
  return (row ?? []).map(String).join(" ");
}

export function hasContracts(connection: Connection): boolean {
  return (
    connection.statement("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get([CONTRACTS]) !== undefined
  );
}
