/** What the planner of schema changes may expect of these servers. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { serverAbilities } from "../sql/server/abilities.ts";

export const mysqlAbilities: StoreAbilities = serverAbilities(
  { uint32: ["int64"], enum: ["int32"], float: ["double"] },
  "nobody for most of the time; writers for a moment at its end",
);
