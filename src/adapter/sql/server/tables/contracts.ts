/** Contracts as a database keeps them: one row per entity and revision, the newest last, history kept. */

import type { ContractRow, Contracts } from "../../../../migration/contract-rows.ts";
import { contractText } from "../../../../migration/contract-text.ts";
import type { StoredContract } from "../../../../migration/contract.ts";
import type { Drift } from "../../../../migration/drift.ts";
import { CONTRACTS } from "./meta.ts";
import type { ServerDialect } from "../server-dialect.ts";
import type { Run } from "../transaction.ts";

/** Without them nobody knows which column holds a field: one of its name may hold what another field left behind. */
export const UNREAD: Drift = {
  what: `the table ${CONTRACTS} cannot be read, which says what each column holds: GRANT SELECT on it to the user of the store`,
  additive: false,
};

/** All of the database, by entity, oldest first. */
export async function readContracts(run: Run, { quote }: ServerDialect): Promise<Contracts> {
  const text = `SELECT entity, revision, digest, at, contract FROM ${quote(CONTRACTS)} ORDER BY entity, revision`;
  const contracts = new Map<string, ContractRow[]>();
  for (const [entity, revision, digest, at, contract] of (await run({ text, parameters: [] })).rows) {
    const rows = contracts.get(String(entity)) ?? [];
    contracts.set(String(entity), rows);
    rows.push({ revision: Number(revision), digest: String(digest), at: String(at), text: String(contract) });
  }
  return contracts;
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
