/** What the planner of schema changes may expect of PostgreSQL. */

import type { StoreAbilities } from "../../migration/plan.ts";
import { serverAbilities } from "../sql/server/abilities.ts";

export const postgresqlAbilities: StoreAbilities = serverAbilities(
  { uint32: ["int64"], enum: ["int32"] },
  "nobody, beyond 10,000 rows: it is built beside those who write; below, writers for a moment",
);
