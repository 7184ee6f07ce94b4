/** What the planner of schema changes may expect of these servers. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { serverAbilities } from "../sql/server/abilities.ts";

export const mysqlAbilities: StoreAbilities = serverAbilities(
  { uint32: ["int64"], enum: ["int32"], float: ["double"] },
  "nobody, beyond 10,000 rows: it is built beside those who write; below, writers for a moment. A text that was in no index before becomes varchar first, which beyond 10,000 rows is done by hand",
);
