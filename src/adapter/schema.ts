/** What a store says and does about its tables: what differs, what is missing, and conversions. A capability. */

import type { Finding } from "../migration/plan-text.ts";
import type { Plan } from "../migration/plan.ts";
import type { Call } from "../model/call.ts";
import type { EntityModel } from "../model/entity.ts";

/** Tables, columns and indexes of the entities the adapter was opened with. */
export interface Schema {
  /** What the store lacks or has otherwise; empty when it fits. Each says table, what and the mend. */
  verify(call: Call): Promise<readonly SchemaDifference[]>;
  /** Creates what is missing, additively. What it cannot do additively it leaves, and `verify` still names it. */
  apply(call: Call): Promise<readonly string[]>;
  /** There was no database when the store was looked at; `verify` then names every table. */
  readonly isAbsent?: boolean;
  /** What the store remembers of an entity; no I/O. Absent where it remembers nothing. */
  contract?(entity: EntityModel): ContractState;
  /**
   * What each entity's change means, with the rows looked at; changes nothing. In the order of the entities; behind them what the store
   * holds of entities that are not declared any more.
   */
  plan?(call: Call): Promise<readonly EntityPlan[]>;
  /** Does one bounded step of an entity's plan. Steps may be done by several processes in turn; one that is killed did not happen. */
  convert?(request: ConversionRequest, call: Call): Promise<ConversionProgress>;
  /** Does one bounded step of dropping the rows of an entity that is not declared any more. */
  drop?(request: DropRequest, call: Call): Promise<ConversionProgress>;
}

/** A plan, and what the rows say to it. */
export interface EntityPlan {
  readonly plan: Plan;
  /** Of the table; undefined where there is none. */
  readonly rows: number | undefined;
  /** By position of the plan's steps. */
  readonly findings: readonly (Finding | undefined)[];
  /** How far an interrupted conversion has come. */
  readonly resumes?: string;
}

export interface ConversionRequest {
  readonly entity: EntityModel;
  /** What may be narrowed or dropped: `ENTITY.FIELD`. */
  readonly accept: readonly string[];
  /** Most rows of the step. */
  readonly rows: number;
}

export interface DropRequest {
  /** Full name. */
  readonly entity: string;
  /** Most rows of the step. */
  readonly rows: number;
}

export type ConversionProgress =
  | { readonly status: "running" | "done"; readonly copied: number; readonly total: number }
  /** Nothing was changed. */
  | { readonly status: "refused"; readonly copied: number; readonly total: number; readonly why: readonly string[] };

/** The contract of an entity, in the store and here; see `migration/`. */
export interface ContractState {
  /** Of the contract in the store; 0 where there is none. */
  readonly revision: number;
  /** Digest of the entity for whose sake the store's contract was written last. */
  readonly storeDigest: string;
  /** Digest of the entity as it is here; empty while the store was not reached, which is no drift to callers. */
  readonly digest: string;
  /** Names of its indexes in the store, in the order of the model. */
  readonly indexes: readonly string[];
  /** Why the entity is not served, a line each; empty where it is. */
  readonly drift: readonly string[];
}

export interface SchemaDifference {
  readonly entity: string;
  readonly table: string;
  readonly what: string;
  /** Whether `apply` would mend it. */
  readonly additive: boolean;
  /** The store does not say, so that nothing is known to differ: worth a note, no reason to refuse. */
  readonly isUnknown?: true;
}
