/** How CockroachDB is asked about its tables, and how one sidecar at a time changes them. */

import { isServers, postgresqlCatalog } from "../postgresql/catalog.ts";
import { PLACE } from "../postgresql/place.ts";
import type { Catalog, StoredColumn, StoredIndex } from "../sql/server/tables/catalog.ts";
import { restarting } from "../sql/server/restart.ts";
import type { Run } from "../sql/server/transaction.ts";
import type { Call } from "../../model/call.ts";
import { cockroachFailures } from "./failure.ts";

const TABLE = `SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = ${PLACE} AND c.relkind IN ('r', 'v', 'm') AND pg_catalog.pg_table_is_visible(c.oid)`;

const COLUMNS = `
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attnum,
  a.attcollation <> t.typcollation
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = (${TABLE}) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`;

/** A row for each column of each index: arrays side by side, because vectors cannot be cast to arrays here. */
const INDEXES = `
WITH parts AS (
  SELECT indexrelid, indisunique, indisprimary, indpred IS NOT NULL AS partial,
    unnest(indkey) AS num, unnest(indoption) AS option, generate_subscripts(indkey, 1) AS n
  FROM pg_catalog.pg_index WHERE indrelid = (${TABLE}) AND indisvalid
)
SELECT c.relname, parts.num, parts.option, parts.indisunique, parts.indisprimary, parts.partial
FROM parts JOIN pg_catalog.pg_class c ON c.oid = parts.indexrelid
ORDER BY c.relname, parts.n`;

/** Locked by whoever changes tables. */
const LOCK = "_pannier_lock";

export const cockroachCatalog: Catalog = {
  isServers,
  describe: async (run, table) => {
    const ask = async (text: string): Promise<readonly (readonly unknown[])[]> =>
      (await run({ text, parameters: [table], repeated: true })).rows;
    const columns = await ask(COLUMNS);
    if (columns.length === 0) return undefined;
    const names = new Map(columns.map(([name, , , , num]) => [Number(num), String(name)]));
    const key = new Map<string, number>();
    const indexes = new Map<string, StoredIndex>();
    for (const [name, num, option, unique, primary, partial] of await ask(INDEXES)) {
      const column = names.get(Number(num)) ?? "?";
      if (primary === "t") key.set(column, key.size + 1);
      const before = indexes.get(String(name));
      const part = `${column}${(Number(option) & 1) === 1 ? " desc" : ""}`;
      indexes.set(String(name), {
        columns: before ? `${before.columns}, ${part}` : part,
        unique: unique === "t",
        partial: partial === "t",
      });
    }
    return {
      columns: new Map(
        columns.map(([name, type, notNull, hasDefault, , isCollated]): readonly [string, StoredColumn] => [
          String(name),
          {
            type: `${typeNamed(String(type))}${isCollated === "t" ? " COLLATE other" : ""}`,
            notNull: notNull === "t",
            hasDefault: hasDefault === "t",
            key: key.get(String(name)) ?? 0,
          },
        ]),
      ),
      indexes,
    };
  },
  foreignKeys: (run, table) => postgresqlCatalog.foreignKeys(run, table),
  // An index is built beside those who write by itself, and one that is broken off is gone.
  building: undefined,
  dropBroken: (index) => postgresqlCatalog.dropBroken(index),
  // What changes a table is no part of a transaction in every version, and is not undone to a savepoint in any.
  isTransactional: false,
  lockApart,
  meta: postgresqlCatalog.meta.map((part) => ({ ...part, sql: part.sql.replaceAll(' COLLATE "C"', "") })),
};

/** As `Storage.declared` has it: precisions that are the type's own may be left out. */
function typeNamed(type: string): string {
  return type
    .replace(/^timestamp with time zone$/u, "timestamp(6) with time zone")
    .replace(/^numeric\((\d+)\)$/u, "numeric($1,0)");
}

/** There are no advisory locks. A row that a transaction has written holds others up until its connection ends, in whatever way. */
async function lockApart(run: Run, call: Call): Promise<void> {
  const say = (text: string): Promise<unknown> => run({ text, parameters: [] });
  const again = (work: () => Promise<unknown>): Promise<unknown> => restarting(cockroachFailures, call, work);
  // Whoever waits for another, or works for long, is ended by the call alone.
  await again(() => say("SET idle_in_transaction_session_timeout = 0"));
  await again(() => say("SET statement_timeout = 0"));
  await again(() => makeLock(say));
  await again(async () => {
    await say("BEGIN");
    try {
      await say(`UPDATE "${LOCK}" SET taken = taken + 1`);
    } catch (error) {
      await say("ROLLBACK");
      throw error;
    }
  });
}

async function makeLock(say: (text: string) => Promise<unknown>): Promise<void> {
  try {
    await say(`CREATE TABLE IF NOT EXISTS "${LOCK}" (id int4 NOT NULL PRIMARY KEY, taken bigint NOT NULL)`);
  } catch (error) {
    // Another process has made it between the look and the work.
    const code = cockroachFailures.codeOf(error);
    if (code !== "42P07" && code !== "42710" && code !== "23505") throw error;
  }
  await say(`INSERT INTO "${LOCK}" VALUES (1, 0) ON CONFLICT (id) DO NOTHING`);
}
