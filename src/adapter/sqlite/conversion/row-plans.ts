/** The plan of every entity with what the rows say to it. Changes nothing. */

import { ContractError } from "../../../migration/contract-reader.ts";
import type { StoredContract } from "../../../migration/contract.ts";
import { planRemoval } from "../../../migration/plan-removal.ts";
import type { Plan } from "../../../migration/plan.ts";
import type { EntityModel } from "../../../model/entity.ts";
import type { EntityPlan } from "../../schema.ts";
import { sqliteAbilities } from "../abilities.ts";
import type { Connection } from "../connection.ts";
import { contractHistory, knownEntities, type ContractHistory } from "../tables/contracts.ts";
import { convertedEntities, readConversion } from "./conversion-state.ts";
import { findingOf } from "./row-findings.ts";
import { planOf, rowsUpTo } from "../tables/survey.ts";

/** Of the entities, and then of those that only the file knows. Without those whose contract cannot be used, which `verify` says. */
export function plansOf(connection: Connection, entities: readonly EntityModel[]): readonly EntityPlan[] {
  const declared = new Set(entities.map(({ name }) => name));
  const removed = [...new Set([...knownEntities(connection), ...convertedEntities(connection)])];
  return [
    ...entities.flatMap((entity) => {
      const known = usableHistory(connection, entity.name);
      return known ? [planWithRows(connection, planOf(connection, entity, known), known, entity)] : [];
    }),
    ...removed.flatMap((name) => {
      if (declared.has(name)) return [];
      const known = usableHistory(connection, name);
      const newest = known?.history.at(-1) ?? droppedContract(connection, name);
      return known && newest ? [planWithRows(connection, planRemoval(newest, sqliteAbilities), known)] : [];
    }),
  ];
}

/** Of an entity whose rows are still being removed. */
function droppedContract(connection: Connection, entity: string): StoredContract | undefined {
  const state = readConversion(connection, entity);
  return state && { contract: state.target, revision: state.revision, digest: state.digest, at: "" };
}

function usableHistory(connection: Connection, entity: string): ContractHistory | undefined {
  try {
    return contractHistory(connection, entity);
  } catch (error) {
    if (error instanceof ContractError) return undefined;
    throw error;
  }
}

function planWithRows(
  connection: Connection,
  plan: Plan,
  { history, earlier }: ContractHistory,
  entity?: EntityModel,
): EntityPlan {
  const stored = history.at(-1)?.contract;
  const rows = rowsUpTo(connection, plan.table, Number.MAX_SAFE_INTEGER);
  const state = readConversion(connection, plan.entity);
  const resumes =
    state &&
    (state.phase === "clean" ? "the old table is being removed" : `${state.copied} of ${state.total} rows are copied`);
  const findings = plan.steps.map((step) => stored && findingOf(connection, { stored, earlier, entity, rows }, step));
  return { plan, rows, findings, ...(resumes !== undefined && { resumes }) };
}
