/** What CockroachDB says differently from PostgreSQL, whose protocol it speaks. */

import { STRANGER, type Flavour } from "../postgresql/flavour.ts";

export const COCKROACHDB: Flavour = {
  scheme: "cockroachdb",
  kind: "cockroachdb",
  port: 26_257,
  hasStandbys: false, // every node takes writes
  session: ["lock_timeout=0"],
  isPoolable: false,
  // READ COMMITTED is not in every version, nor in every cluster, and is then replaced without a word.
  isolation: "serializable",
  isIt: (parameters) => parameters.has(STRANGER),
};
