/** What a start has found out about an entity in a database of tables: how its rows lie, and why it is not served. */

import { ContractError } from "../../migration/contract-reader.ts";
import { contractDigest } from "../../migration/contract-text.ts";
import { contractOf, type Contract, type StoredContract } from "../../migration/contract.ts";
import type { Drift } from "../../migration/drift.ts";
import { viewOf } from "../../migration/plan-change.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { ContractState } from "../schema.ts";
import type { Layout } from "./table.ts";

/** Plain data, which may cross between threads. */
export interface Surveyed {
  readonly layout: Layout;
  /** Of the contract in the store; 0 where there is none. */
  readonly revision: number;
  /** Of the contract in the store, and of the entity as it is served here. */
  readonly digest: { readonly store: string; readonly entity: string };
  /** Why it is not served, a line each; empty where it is. */
  readonly drift: readonly Drift[];
}

/** The contracts of an entity in a store, oldest first. */
export interface Known {
  readonly history: readonly StoredContract[];
  /** The contract that rows may still lie by. */
  readonly earlier?: Layout["earlier"] | undefined;
  /** The columns, where others made them. */
  readonly found?: Layout["found"];
}

export function surveyedAs(entity: EntityModel, known: Known, drift: readonly Drift[]): Surveyed {
  const newest = known.history.at(-1);
  return {
    layout: layoutOf(entity, known),
    revision: newest?.revision ?? 0,
    digest: { store: newest?.digest ?? "", entity: contractDigest(contractOf(entity)) },
    drift,
  };
}

/** What a store tells of an entity's contract. */
export function toldOf({ revision, digest, drift, layout }: Surveyed): ContractState {
  return {
    revision,
    storeDigest: digest.store,
    digest: digest.entity,
    indexes: layout.view.indexes.map(({ physical }) => physical),
    drift: drift.map(({ what }) => what),
  };
}

/** As the entity sees the store. */
export function layoutOf(
  entity: EntityModel,
  { history, earlier, found }: Known,
  wanted: Contract = contractOf(entity),
): Layout {
  const newest = history.at(-1)?.contract;
  return { view: newest ? viewOf(newest, wanted) : wanted, ...(earlier && { earlier }), ...(found && { found }) };
}

/** Once there is a contract, names that were given up say nothing. */
export function withoutOldNames(entity: EntityModel): EntityModel {
  return {
    ...entity,
    renamedFrom: [],
    fields: entity.fields.map((field) => (field.renamedFrom.length === 0 ? field : { ...field, renamedFrom: [] })),
  };
}

/** @throws what is not said of a contract */
export function unreadable(error: unknown): Drift {
  if (!(error instanceof ContractError)) throw error;
  return { what: `the contract in the store cannot be used: ${error.message}`, additive: false };
}

/**
 * Why an entity without a contract gets none: a table that it would have holds the rows of another.
 *
 * @param earlier the table that would be renamed for it
 * @param ownerOf the other entity whose rows a table holds
 */
export function takenFrom(
  { name, table }: EntityModel,
  earlier: string | undefined,
  ownerOf: (table: string) => string | undefined,
): Drift | undefined {
  for (const wanted of earlier === undefined ? [table] : [table, earlier]) {
    const owner = ownerOf(wanted);
    if (owner === undefined) continue;
    const what = `the table ${wanted} holds the rows of ${owner}: give ${name} a table of its own, or ${owner} its name back`;
    return { what, additive: false };
  }
  return undefined;
}

/** @param findings differences between table and entity; `mend` is what a start does about one */
export function driftIn(findings: readonly { readonly what: string; readonly mend?: unknown }[]): readonly Drift[] {
  return findings.map(({ what, mend }) => ({ what, additive: mend !== undefined }));
}
