/** Contracts as a database keeps them: one row per entity and revision, the newest last, history kept. */

import { contractText, parseContract } from "../../../migration/contract-text.ts";
import type { StoredContract } from "../../../migration/contract.ts";
import { CONTRACTS } from "./meta.ts";
import type { ServerDialect } from "./server-dialect.ts";
import type { Run } from "./transaction.ts";

export type Contracts = ReadonlyMap<string, readonly StoredRow[]>;

interface StoredRow {
  readonly revision: number;
  readonly digest: string;
  readonly at: string;
  readonly text: string;
}

/** All of the database, by entity, oldest first. */
export async function readContracts(run: Run, { quote }: ServerDialect): Promise<Contracts> {
  const text = `SELECT entity, revision, digest, at, contract FROM ${quote(CONTRACTS)} ORDER BY entity, revision`;
  const contracts = new Map<string, StoredRow[]>();
  for (const [entity, revision, digest, at, contract] of (await run({ text, parameters: [] })).rows) {
    const rows = contracts.get(String(entity)) ?? [];
    contracts.set(String(entity), rows);
    rows.push({ revision: Number(revision), digest: String(digest), at: String(at), text: String(contract) });
  }
  return contracts;
}

/** @throws ContractError where a row is damaged or from a newer version */
export function historyOf(contracts: Contracts, entity: string): readonly StoredContract[] {
  return (contracts.get(entity) ?? []).map(({ revision, digest, at, text }) => ({
    contract: parseContract(text),
    revision,
    digest,
    at,
  }));
}

/** The entity whose rows a table holds, where it is another than the one asked for. */
export function otherOwner(contracts: Contracts, table: string, entity: string): string | undefined {
  for (const [owner, rows] of contracts) {
    const newest = rows.at(-1);
    if (owner !== entity && newest && tableIn(newest.text) === table) return owner;
  }
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

/** Inside a transaction. */
export async function writeContract(
  run: Run,
  { quote, parameter: p }: ServerDialect,
  { contract, revision, digest, at }: StoredContract,
): Promise<void> {
  const text = `INSERT INTO ${quote(CONTRACTS)} (entity, revision, digest, at, contract) VALUES (${p}, ${p}, ${p}, ${p}, ${p})`;
  await run({ text, parameters: [contract.entity, revision, digest, at, contractText(contract)] });
}
