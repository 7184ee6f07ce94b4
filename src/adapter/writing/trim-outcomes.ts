/** Rows that come back from writes and units, as far as their answer shows them. */

import { AnswerBudget } from "../../model/answer-budget.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { FieldSet, StepOutcome, Trim } from "../adapter.ts";
import { projected } from "../reading/projection.ts";

/** Asked for each outcome in turn, as soon as it is there: what it leaves out is held by nobody. */
export class OutcomeTrimmer {
  readonly #fields: readonly FieldSet[];
  readonly #budget: AnswerBudget | undefined;
  #at = 0;

  constructor(trim: Trim | undefined) {
    this.#fields = trim?.fields ?? [];
    this.#budget = trim && new AnswerBudget(trim);
  }

  /** What must be read of the next row. */
  get wanted(): FieldSet {
    return this.#budget?.isFull === true ? [] : this.#fields[this.#at];
  }

  /** The next outcome, of a row of this entity. */
  next<Outcome extends StepOutcome>(outcome: Outcome, entity: EntityModel | undefined): Outcome;
  next(outcome: StepOutcome, entity: EntityModel | undefined): StepOutcome {
    const fields = this.#fields[this.#at++];
    if (!this.#budget || !entity || (outcome.status !== "applied" && outcome.status !== "found")) return outcome;
    const { record } = outcome;
    if (!record) return outcome;
    if (this.#budget.takes(entity.message, record, fields))
      return fields ? { ...outcome, record: projected(entity, record, fields) } : outcome;
    return { ...outcome, record: projected(entity, record, []), trimmed: true };
  }
}
