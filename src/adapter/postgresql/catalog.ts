/** How PostgreSQL is asked about its tables, and the tables that Pannier keeps for itself. */

import type { Catalog, StoredColumn, StoredIndex } from "../sql/server/tables/catalog.ts";
import { quote } from "../sql/quote.ts";
import { CONTRACTS, NUMBERS, REQUESTS } from "../sql/server/tables/meta.ts";
import type { Run } from "../sql/server/transaction.ts";
import { textsOf } from "./array-text.ts";
import { PLACE } from "./place.ts";

/** The table of that name which statements without a schema mean. */
const TABLE = `SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = ${PLACE} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_catalog.pg_table_is_visible(c.oid)`;

/** Columns that an index only includes (behind `indnkeyatts`) are none of its own. */
const COLUMNS = `
SELECT a.attname,
  pg_catalog.format_type(a.atttypid, a.atttypmod)
    || coalesce((SELECT ' COLLATE "' || o.collname || '"' || CASE WHEN o.collisdeterministic THEN '' ELSE ' (nondeterministic)' END
      FROM pg_catalog.pg_collation o WHERE o.oid = a.attcollation AND a.attcollation <> t.typcollation), ''),
  a.attnotnull, a.atthasdef OR a.attidentity <> '',
  coalesce((SELECT k.n FROM pg_catalog.pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, n)
    WHERE i.indrelid = a.attrelid AND i.indisprimary AND k.num = a.attnum AND k.n <= i.indnkeyatts), 0),
  (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = a.atttypid)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = (${TABLE}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`;

const INDEXES = `
SELECT c.relname,
  (SELECT string_agg(a.attname || CASE WHEN i.indoption[(k.n - 1)::int] & 1 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY k.n)
    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, n)
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.n <= i.indnkeyatts),
  i.indisunique, i.indpred IS NOT NULL, i.indisvalid
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = (${TABLE})`;

/** Milliseconds that a start waits for those who use a table that it is to change. */
const PATIENCE = 1_000;

const OWN = `
SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = ${PLACE} AND n.nspname = 'pg_catalog'`;

/** Names without a schema are looked for in the server's own first, where all begin so. */
export async function isServers(run: Run, table: string): Promise<boolean> {
  return table.startsWith("pg_") && (await run({ text: OWN, parameters: [table] })).rows.length > 0;
}

export const postgresqlCatalog: Catalog = {
  isServers,
  describe: async (run, table) => {
    const { rows } = await run({ text: COLUMNS, parameters: [table], repeated: true });
    if (rows.length === 0) return undefined;
    const columns = rows.map(([name, type, notNull, hasDefault, key, labels]): readonly [string, StoredColumn] => [
      String(name),
      {
        type: String(type),
        notNull: notNull === "t",
        hasDefault: hasDefault === "t",
        key: Number(key),
        ...(labels !== null && labels !== undefined && { labels: textsOf(String(labels)).map(String) }),
      },
    ]);
    const indexes = await run({ text: INDEXES, parameters: [table], repeated: true });
    const valid = indexes.rows.filter((row) => row.at(-1) === "t");
    return {
      columns: new Map(columns),
      broken: new Set(indexes.rows.filter((row) => row.at(-1) !== "t").map(([name]) => String(name))),
      indexes: new Map(
        valid.map(([name, on, unique, partial]): readonly [string, StoredIndex] => [
          String(name),
          { columns: String(on), unique: unique === "t", partial: partial === "t" },
        ]),
      ),
    };
  },
  foreignKeys: async (run, table) => {
    const text = `SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = (${TABLE}) AND contype = 'f'`;
    return (await run({ text, parameters: [table], repeated: true })).rows.map(([name]) => String(name));
  },
  isTransactional: true,
  building: {
    unbounded: ["SET statement_timeout = 0", "SET lock_timeout = 0"],
    tryLock: "SELECT pg_catalog.pg_try_advisory_lock(22605062137996659)",
    create: (sql) => sql.replace(/^CREATE (UNIQUE )?INDEX /u, "CREATE $1INDEX CONCURRENTLY "),
    isUnable: () => false,
  },
  dropBroken: (index) => `DROP INDEX CONCURRENTLY IF EXISTS ${quote(index)}`,
  lock: async (run) => {
    // "Pannier" in ASCII, cut to 64 bits.
    await run({ text: "SELECT pg_catalog.pg_advisory_xact_lock(22605062137996658)", parameters: [] });
    // Who waits for a table that is to be changed keeps everybody waiting who comes behind.
    await run({ text: `SET LOCAL lock_timeout = ${PATIENCE}`, parameters: [] });
  },
  meta: [
    {
      table: REQUESTS,
      sql: `CREATE TABLE IF NOT EXISTS "${REQUESTS}" (id text COLLATE "C" NOT NULL PRIMARY KEY, digest bytea NOT NULL, at bigint NOT NULL, outcome text NOT NULL)`,
    },
    {
      table: REQUESTS,
      index: `${REQUESTS}__at`,
      sql: `CREATE INDEX IF NOT EXISTS "${REQUESTS}__at" ON "${REQUESTS}" (at)`,
    },
    {
      table: NUMBERS,
      sql: `CREATE TABLE IF NOT EXISTS "${NUMBERS}" (name text COLLATE "C" NOT NULL PRIMARY KEY, "last" bigint NOT NULL)`,
    },
    {
      table: CONTRACTS,
      sql: `CREATE TABLE IF NOT EXISTS "${CONTRACTS}" (entity text COLLATE "C" NOT NULL, revision integer NOT NULL, digest text NOT NULL, at text NOT NULL, contract text NOT NULL, PRIMARY KEY (entity, revision))`,
    },
  ],
};

/** Behind a pooler there is no connection to keep a lock and a limit of time on: every index is built in the start's transaction. */
export const pooledCatalog: Catalog = {
  ...postgresqlCatalog,
  building: undefined,
  dropBroken: (index) => `DROP INDEX IF EXISTS ${quote(index)}`,
};
