/** The plan of a change: what each difference between the contract in a store and the entity now means, and who may do it. */

import type { FieldType } from "../model/field.ts";
import type { Contract } from "./contract.ts";

/** From harmless to grave. */
export type StepClass = "nothing" | "additive" | "convertible" | "destructive" | "impossible";

/**
 * `none`: there is nothing to do. `auto`: done at the start of a process with `tables: auto`. `apply`: by `pannier migrate
 * apply`. `accept`: the same, when asked for by name. `hand`: either of these, in a store whose rows are not converted. `never`: refused.
 */
export type StepBy = "none" | "auto" | "apply" | "accept" | "hand" | "never";

export interface Step {
  readonly class: StepClass;
  readonly by: StepBy;
  /** Of `auto`: that migrate apply does not do it, because it does nothing in this store. */
  readonly isAtStartAlone?: true;
  /** Full name of the entity. */
  readonly entity: string;
  /** Field (with the path inside an embedded message), index, or nothing for the entity itself. */
  readonly subject: string;
  /** What `--accept` must name, where it is asked for. */
  readonly accept?: string;
  readonly from: string;
  readonly to: string;
  /** One sentence: what happens to the rows. */
  readonly what: string;
  /** What has to be looked at in every row before anything is done. */
  readonly look?: Look;
  /** Whether the entity cannot be served before it is done. */
  readonly blocks: boolean;
  /** What is locked, and for how long. */
  readonly locks: string;
  /** How to go back. */
  readonly back: string;
  readonly work: Work;
}

/** What a store must find out about its rows. */
export type Look =
  | { readonly kind: "values"; readonly number: number }
  | { readonly kind: "absent"; readonly number: number }
  | { readonly kind: "present"; readonly number: number }
  | { readonly kind: "duplicates"; readonly numbers: readonly number[]; readonly leavesOut?: number };

/** What the store does; `rewrite` steps of one entity are done together. */
export type Work =
  | { readonly kind: "none" | "create" | "drop table" }
  | { readonly kind: "add field" | "rewrite" | "drop field" | "drop reference"; readonly number: number }
  | { readonly kind: "rewrite key" }
  | { readonly kind: "add index" | "drop index"; readonly physical: string };

export interface Plan {
  readonly entity: string;
  readonly table: string;
  /** Of the contract in the store; 0 where there is none. */
  readonly revision: number;
  /** Digest of the contract in the store, empty where there is none, and of the entity now. */
  readonly from: string;
  readonly to: string;
  /** Whether the entity now was served before, and the store has moved on since. */
  readonly isEarlier: boolean;
  readonly steps: readonly Step[];
  /** What the store holds once every step that needs no asking is done. */
  readonly next: Contract;
}

/** What the planner has to know about a store; pure. */
export interface StoreAbilities {
  /** Whether values of both types are stored alike, so that widening changes no row. */
  isSameForm(from: FieldType, to: FieldType): boolean;
  /** Whether a field's presence is part of its column, so that changing it rewrites the table. */
  readonly boundPresence: boolean;
  /** Whether the store itself limits lengths. */
  readonly boundLengths: boolean;
  /** Whether the partition fields decide where rows lie. */
  readonly partitions: boolean;
  /** Whether `pannier migrate apply` does anything in it; absent is yes. */
  readonly convertsRows?: boolean;
  /** Most rows for which building a unique index counts as instant. */
  readonly instantRows: number;
  /** Sentences for people: what each kind of work locks. */
  readonly locks: {
    readonly additive: string;
    readonly index: string;
    readonly rewrite: string;
    readonly drop: string;
  };
}

/** Steps that must be done before the entity is served. */
export function blocking(plan: Plan): readonly Step[] {
  return plan.steps.filter(({ blocks }) => blocks);
}

const CLASSES: readonly StepClass[] = ["nothing", "additive", "convertible", "destructive", "impossible"];

/** The gravest class of a plan's steps. */
export function classOf({ steps }: Pick<Plan, "steps">): StepClass {
  return steps.reduce<StepClass>(
    (worst, step) => (CLASSES.indexOf(step.class) > CLASSES.indexOf(worst) ? step.class : worst),
    "nothing",
  );
}
