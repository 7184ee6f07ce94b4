/** Indexes of Cassandra 5: storage-attached ones, one on each column of an index. */

import type { CqlDialect } from "../cql/dialect.ts";

export const cassandraDialect: CqlDialect = {
  indexed: (parts) => parts,
  // https://cassandra.apache.org/doc/5.0/cassandra/developing/cql/indexing/sai/sai-concepts.html
  canIndex: ({ kind }) => kind !== "bytes" && kind !== "list" && kind !== "map" && kind !== "message",
  // Texts and booleans are found by their value alone.
  canRange: ({ kind }) => kind !== "string" && kind !== "bool" && kind !== "bytes",
  mostIndexedBytes: 8_000,
  createIndex: ({ name, table, column }) =>
    `CREATE CUSTOM INDEX IF NOT EXISTS ${name} ON ${table} (${column}) USING 'StorageAttachedIndex'`,
  // As the host sees them that is asked.
  areIndexesReady: async (ask, keyspace) => {
    const text = "SELECT is_queryable FROM system_views.sai_column_indexes WHERE keyspace_name = ?";
    return (await ask(text, [keyspace])).every((row) => row["is_queryable"] === true);
  },
  manyIndexes: "",
  readsEachQuorum: true,
};
