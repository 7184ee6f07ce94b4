/** Plain indexes, for databases without storage-attached ones: one on the first field of an index that nothing else finds. */

import type { CqlDialect } from "../dialect.ts";
import type { CqlRow } from "../cluster/driver.ts";

export const plainIndexes: Pick<
  CqlDialect,
  "indexed" | "canIndex" | "canRange" | "mostIndexedBytes" | "createIndex" | "areIndexesReady" | "manyIndexes"
> = {
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
};

function nameIn({ index_name: name }: CqlRow): readonly string[] {
  return typeof name === "string" ? [name] : [];
}
