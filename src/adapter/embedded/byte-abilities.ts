/** What the planner of schema changes has to know about tables on bytes. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { sameForm } from "../../migration/same-form.ts";

export const BYTE_ABILITIES: StoreAbilities = {
  isSameForm: sameForm({ alike: { enum: ["int32"], float: ["double"] }, isSameDecimal: () => true }),
  boundPresence: true, // entries of indexes tell absent from zero
  boundLengths: false,
  partitions: false,
  instantRows: 10_000,
  locks: {
    additive: "nothing: it is noted beside the rows",
    index: "the start, some seconds for a million rows",
    rewrite:
      "the store, which is open in migrate apply alone: rows are copied beside the old ones, and the last step puts the copy in their place",
    drop: "the store, which is open in migrate apply alone",
  },
};
