/** Answers of many writes or operations: what no longer fits holds its key alone, and is marked. */

import type { FieldSet, RecordedRequest, Trim } from "../../adapter/adapter.ts";
import { AnswerBudget, type AnswerLimits } from "../../model/answer-budget.ts";
import type { EntityRecord, MutableRecord } from "../../model/value.ts";
import type { RepositoryLimits } from "../limits.ts";
import type { Projected } from "../operation.ts";
import type { EntityLayout } from "../entity-layout.ts";

export interface Trimmed {
  readonly entity: Projected;
  readonly trimmed: boolean;
}

/** Asked in the order of the answers. */
export interface Trimming {
  /** @param isTrimmed the store has left it out already */
  fit(layout: EntityLayout, entity: Projected, isTrimmed: boolean): Trimmed;
}

export function createTrimming(limits: RepositoryLimits): Trimming {
  const budget = new AnswerBudget(answerLimits(limits));
  return {
    fit: (layout, entity, isTrimmed) => {
      if (!isTrimmed && budget.takes(layout.entity.message, entity.record, entity.fields))
        return { entity, trimmed: false };
      return { entity: keyOf(layout, entity.record), trimmed: true };
    },
  };
}

/** Without its other fields: a row that is not shown is not held either. */
function keyOf(layout: EntityLayout, row: EntityRecord): Projected {
  const fields = layout.keyOrdinals.toSorted((a, b) => a - b);
  const record: MutableRecord = row.map(() => undefined);
  for (const ordinal of fields) record[ordinal] = row[ordinal];
  return { record, fields };
}

/** What a store is asked to bring back. With a `request` all of a row counts, because a repeat may ask to see any of it. */
export function trimOf(
  limits: RepositoryLimits,
  shown: readonly FieldSet[],
  request: RecordedRequest | undefined,
): Trim {
  const isShown = (fields: FieldSet): boolean => fields === undefined || fields.length > 0;
  const fields = request ? shown.map((each) => (isShown(each) ? undefined : each)) : shown;
  return { ...answerLimits(limits), fields };
}

function answerLimits({ answerBytes, answerRowBytes }: RepositoryLimits): AnswerLimits {
  return { bytes: answerBytes, rowBytes: answerRowBytes };
}
