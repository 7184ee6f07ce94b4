/** What the planner of schema changes has to know about SQLite. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { sameForm } from "../../migration/same-form.ts";

/** Digits of a decimal that is a scaled INTEGER. */
const INTEGER_DIGITS = 18;

const isSameForm = sameForm({
  /** From → to: INTEGER columns that hold the number as it is, and REAL. */
  alike: {
    bool: ["int32", "uint32", "int64"],
    int32: ["int64"],
    uint32: ["int64"],
    enum: ["int32", "int64"],
    float: ["double"],
  },
  isSameDecimal: (from, to) =>
    from.precision === to.precision || Math.max(from.precision, to.precision) <= INTEGER_DIGITS,
});

export const sqliteAbilities: StoreAbilities = {
  isSameForm,
  boundPresence: true, // NOT NULL DEFAULT, or neither
  boundLengths: false,
  partitions: false,
  instantRows: 10_000,
  locks: {
    additive: "writers for a moment; readers never",
    index: "writers while it is built, about a second for a million rows; readers never",
    rewrite:
      "writers for some milliseconds at a time, about a minute for a million rows: rows are copied beside the table, and the last step puts the copy in its place; readers never wait",
    drop: "writers for a moment; the rows are then removed in steps of some milliseconds; readers never wait",
  },
};
