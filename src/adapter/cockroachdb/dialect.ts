/** CockroachDB's spelling, where it is not PostgreSQL's. */

import { arrayRows, postgresqlDialect as postgresql } from "../postgresql/dialect.ts";
import type { ServerDialect } from "../sql/server/server-dialect.ts";
import type { Storage } from "../sql/storage.ts";

export const cockroachDialect: ServerDialect = {
  ...postgresql,
  // Of tables that others made: what PostgreSQL adopts is compared in its collations.
  adopt: () => undefined,
  accepts: (stored, declared) => stored === "integer" && declared === "int4",
  storageOf: (type, earlier, use) => plainly(postgresql.storageOf(type, earlier, use)),
  startsWith: (text, prefix, length) => `left(${text}, ${length}) = ${prefix}`,
  // Without a limit of its own for locks, which a statement cannot set for itself here.
  rows: (columns, rows) => {
    const { from, parameters } = arrayRows(columns, rows);
    return { text: `SELECT given.* FROM ${from} AS given`, parameters, repeated: true };
  },
  sharesChanges: false, // one locked row would keep the others
  lockFreeRows: undefined, // not in every version
  begin: {
    write: ["BEGIN ISOLATION LEVEL SERIALIZABLE"],
    serializable: ["BEGIN ISOLATION LEVEL SERIALIZABLE"],
    snapshot: ["BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"],
  },
  // Rows have no xmax.
  wasInserted: undefined,
};

/** `integer` has 64 bits here; and text compares by code point without a word about it. */
function plainly(storage: Storage): Storage {
  const { declared } = storage;
  return { ...storage, declared: declared === "integer" ? "int4" : declared.replace(/ COLLATE "C"$/u, "") };
}
