/** What changed entities mean for the rows of a database: its contracts are compared with the entities, and nothing is changed. */

import { contractOf } from "../../../../migration/contract.ts";
import type { Contracts } from "../../../../migration/contract-rows.ts";
import type { Drift } from "../../../../migration/drift.ts";
import { planChange, planRefused } from "../../../../migration/plan-change.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import type { EntityPlan } from "../../../schema.ts";
import { readContracts, UNREAD } from "./contracts.ts";
import { CONTRACTS } from "./meta.ts";
import { unlessRefused } from "../failure.ts";
import { knownOf, rowsUpTo, type Surveyor } from "./survey.ts";
import type { Run } from "../transaction.ts";

const NONE: Contracts = new Map();

/** Rows are counted as far as it matters, and not looked at. In the order of the entities. */
export async function plansOf(
  surveyor: Surveyor,
  run: Run,
  entities: readonly EntityModel[],
): Promise<readonly EntityPlan[]> {
  const { abilities, catalog, dialect } = surveyor;
  const hasMeta = (await catalog.describe(run, CONTRACTS)) !== undefined;
  const contracts = hasMeta ? await unlessRefused(surveyor.failures, readContracts(run, dialect)) : NONE;
  const plans: EntityPlan[] = [];
  for (const entity of entities) {
    const known = contracts ? await knownOf({ catalog, run, contracts, tables: "check" }, entity) : { drift: UNREAD };
    if ("drift" in known) {
      plans.push(refusedPlan(entity, known.drift));
      continue;
    }
    const { history } = known;
    const table = history.at(-1)?.contract.table ?? entity.table;
    const counting = rowsUpTo({ ...surveyor, run }, table, abilities.instantRows + 1);
    const counted = await unlessRefused(surveyor.failures, counting);
    const plan = planChange({ wanted: contractOf(entity), history, abilities, rows: counted });
    const rows = counted !== undefined && counted > abilities.instantRows ? undefined : counted;
    plans.push({ plan, rows, findings: plan.steps.map(() => undefined) });
  }
  return plans;
}

/** What the start says of it. */
function refusedPlan(entity: EntityModel, { what }: Drift): EntityPlan {
  return { plan: planRefused(contractOf(entity), what), rows: undefined, findings: [undefined] };
}
