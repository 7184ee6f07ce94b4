/** What a plan is made from. */

import type { Contract, StoredContract } from "./contract.ts";
import type { StoreAbilities } from "./plan.ts";

export interface PlanRequest {
  /** What the entity asks for. */
  readonly wanted: Contract;
  /** Of the same entity, oldest first; empty where the store has none. */
  readonly history: readonly StoredContract[];
  readonly abilities: StoreAbilities;
  /** About how many rows the table has; undefined where nobody counted. */
  readonly rows: number | undefined;
}

/** What the parts of the planner share. */
export interface Planning extends PlanRequest {
  readonly stored: Contract;
  /** Of the next contract. */
  readonly revision: number;
  readonly isEarlier: boolean;
}
