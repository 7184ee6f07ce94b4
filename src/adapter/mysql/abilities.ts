/** What the planner of schema changes may expect of these servers. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { sameForm } from "../../migration/same-form.ts";

const isSameForm = sameForm({
  /** Columns of the same type that hold the number as it is. */
  alike: {
    uint32: ["int64"],
    enum: ["int32"],
    float: ["double"],
  },
  isSameDecimal: (from, to) => from.precision === to.precision,
});

export const mysqlAbilities: StoreAbilities = {
  isSameForm,
  boundPresence: true, // NOT NULL DEFAULT, or neither
  boundLengths: false,
  partitions: false,
  convertsRows: false,
  instantRows: 10_000,
  locks: {
    additive: "everybody for a moment",
    index: "nobody for most of the time; writers for a moment at its end",
    drop: "nothing is dropped by this version: the column or table stays as it is",
    rewrite: "it is not done by this version: the table must be changed by hand",
  },
};
