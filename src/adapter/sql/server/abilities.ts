/** What the planner of schema changes may expect of database servers, as far as they are alike. */

import type { StoreAbilities } from "../../../migration/plan.ts";
import { sameForm } from "../../../migration/same-form.ts";

/**
 * @param alike types of fields, and others whose columns are of the same type and hold the number as it is
 * @param index whom building an index keeps waiting
 */
export function serverAbilities(alike: Parameters<typeof sameForm>[0]["alike"], index: string): StoreAbilities {
  return {
    isSameForm: sameForm({ alike, isSameDecimal: (from, to) => from.precision === to.precision }),
    boundPresence: true, // NOT NULL DEFAULT, or neither
    boundLengths: false,
    partitions: false,
    convertsRows: false,
    instantRows: 10_000,
    locks: {
      additive: "everybody for a moment",
      index,
      drop: "nothing is dropped by this version: the column or table stays as it is",
      rewrite: "it is not done by this version: the table must be changed by hand",
    },
  };
}
