/** Indexes of ScyllaDB: one plain index, on the first field of an index that nothing else finds; and keyspaces that take lightweight transactions. */

import type { Ask, CqlRow } from "../cql/driver.ts";
import type { CqlDialect } from "../cql/dialect.ts";

export const scyllaDialect: CqlDialect = {
  indexed: (parts, found) =>
    parts.slice(
      0,
      1 +
        Math.max(
          0,
          parts.findIndex((part) => !found(part)),
        ),
    ),
  canIndex: ({ kind }) => kind !== "list" && kind !== "map" && kind !== "message",
  canRange: () => false,
  // The value is a partition key of the index.
  mostIndexedBytes: 65_000,
  createIndex: ({ name, table, column }) => `CREATE INDEX IF NOT EXISTS ${name} ON ${table} (${column})`,
  areIndexesReady: async (ask, keyspace) => {
    const wanted = await ask("SELECT index_name FROM system_schema.indexes WHERE keyspace_name = ?", [keyspace]);
    const built = await ask('SELECT index_name FROM system."IndexInfo" WHERE table_name = ?', [keyspace]);
    const names = built.flatMap(nameIn);
    return wanted.flatMap(nameIn).every((name) => names.includes(name) || names.includes(`${name}_index`));
  },
  // What the index does not say is tested in the database, on the rows that it finds.
  manyIndexes: " ALLOW FILTERING",
  readsEachQuorum: false,
  // https://docs.scylladb.com/manual/stable/architecture/tablets.html: lightweight transactions want a keyspace without tablets.
  keyspaceOptions: async (ask) => ((await isScylla(ask)) ? " AND tablets = {'enabled': false}" : ""),
};

function nameIn({ index_name: name }: CqlRow): readonly string[] {
  return typeof name === "string" ? [name] : [];
}

/** The database that stands in where there is no ScyllaDB does not know the word. */
async function isScylla(ask: Ask): Promise<boolean> {
  const own = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?";
  return (await ask(own, ["system", "scylla_local"])).length > 0;
}
