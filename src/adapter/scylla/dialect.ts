/** What is ScyllaDB's own: plain indexes, levels of reads, and keyspaces that take lightweight transactions. */

import type { CqlDialect } from "../cql/dialect.ts";
import type { Ask } from "../cql/cluster/driver.ts";
import { plainIndexes } from "../cql/tables/plain-index.ts";

export const scyllaDialect: CqlDialect = {
  ...plainIndexes,
  readsEachQuorum: false,
  // https://docs.scylladb.com/manual/stable/architecture/tablets.html: lightweight transactions want a keyspace without tablets.
  keyspaceOptions: async (ask) => ((await isScylla(ask)) ? " AND tablets = {'enabled': false}" : ""),
};

/** The database that stands in where there is no ScyllaDB does not know the word. */
async function isScylla(ask: Ask): Promise<boolean> {
  const own = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?";
  return (await ask(own, ["system", "scylla_local"])).length > 0;
}
