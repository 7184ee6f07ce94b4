/** What changed entities mean for the rows of a database: its contracts are compared with the entities, and nothing is changed. */

import { contractOf } from "../../../../migration/contract.ts";
import { historyOf, type Contracts } from "../../../../migration/contract-rows.ts";
import { planChange } from "../../../../migration/plan-change.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import type { EntityPlan } from "../../../schema.ts";
import { readContracts } from "./contracts.ts";
import { CONTRACTS } from "./meta.ts";
import { rowsUpTo, type Surveyor } from "./survey.ts";
import { isRefused } from "../failure.ts";
import type { Run } from "../transaction.ts";

/** Rows are counted as far as it matters, and not looked at. In the order of the entities. */
export async function plansOf(
  surveyor: Surveyor,
  run: Run,
  entities: readonly EntityModel[],
): Promise<readonly EntityPlan[]> {
  const { abilities, catalog, dialect } = surveyor;
  const hasMeta = (await catalog.describe(run, CONTRACTS)) !== undefined;
  const contracts: Contracts = hasMeta ? await readContracts(run, dialect) : new Map();
  const plans: EntityPlan[] = [];
  for (const entity of entities) {
    const history = historyOf(contracts, entity.name);
    const table = history.at(-1)?.contract.table ?? entity.table;
    const counted = await rowsUpTo({ ...surveyor, run }, table, abilities.instantRows + 1).catch((error: unknown) => {
      if (isRefused(surveyor.failures, error)) return undefined; // nobody lets us see them
      throw error;
    });
    const plan = planChange({ wanted: contractOf(entity), history, abilities, rows: counted });
    const rows = counted !== undefined && counted > abilities.instantRows ? undefined : counted;
    plans.push({ plan, rows, findings: plan.steps.map(() => undefined) });
  }
  return plans;
}
