/** Contracts as a store keeps them: one row per entity and revision, the newest last, history kept. */

import { parseContract } from "./contract-text.ts";
import type { StoredContract } from "./contract.ts";

export interface ContractRow {
  readonly revision: number;
  readonly digest: string;
  /** RFC 3339. */
  readonly at: string;
  /** The contract; see `contractText`. */
  readonly text: string;
}

/** All of a store, by entity, oldest first. */
export type Contracts = ReadonlyMap<string, readonly ContractRow[]>;

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
