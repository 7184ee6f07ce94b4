/** What CockroachDB means by its codes, where PostgreSQL means something else. https://www.cockroachlabs.com/docs/stable/common-errors */

import { Fault, type FaultDetail } from "../../model/fault.ts";
import { postgresqlFailures } from "../postgresql/failure.ts";
import type { ServerFailures } from "../sql/server/failure.ts";

export const cockroachFailures: ServerFailures = {
  ...postgresqlFailures,
  /** "restart transaction": told of single statements and of COMMIT too, and always undone; what may have happened is 40003. */
  isRestart: (code) => code === "40001",
  meaningOf,
};

function meaningOf(code: string, detail: FaultDetail): Fault {
  // Here these are errors without a class of their own, and say nothing of damage.
  if (code.startsWith("XX") && code !== "XX001" && code !== "XX002")
    return new Fault("INTERNAL", "the store failed in an unknown way", detail);
  // A range, or another node, cannot be reached.
  if (code === "58C00" || code === "58C01")
    return new Fault("STORE_UNAVAILABLE", "the database cannot be used now", { ...detail, retryAfter: 1_000 });
  return postgresqlFailures.meaningOf(code, detail);
}
