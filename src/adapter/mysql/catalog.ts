/** How the server is asked about its tables, and the tables that Pannier keeps for itself. */

import { Fault } from "../../model/fault.ts";
import type { Catalog, StoredColumn, StoredIndex, StoredTable } from "../sql/server/tables/catalog.ts";
import { CONTRACTS, NUMBERS, REQUESTS } from "../sql/server/tables/meta.ts";
import type { Run } from "../sql/server/transaction.ts";
import { MARK } from "../sql/index-name.ts";
import type { SqlValue } from "../sql/sql-value.ts";
import type { Flavour } from "./flavour.ts";
import { quote } from "./dialect.ts";
import { isOfServer } from "./failure.ts";

/** The comparison knows no case, as names of tables do not on some servers; on the others case counts. */
const TABLE =
  "table_schema = database() AND table_name = ? AND (@@lower_case_table_names <> 0 OR cast(table_name AS binary) = cast(? AS binary))";

const COLUMNS = `
SELECT column_name, column_type, collation_name, is_nullable, column_default IS NOT NULL OR extra <> ''
FROM information_schema.columns WHERE ${TABLE} ORDER BY ordinal_position`;

const INDEXES = `
SELECT index_name, column_name, collation, non_unique
FROM information_schema.statistics WHERE ${TABLE} ORDER BY index_name, seq_in_index`;

/** Seconds that a start waits for another that changes tables. */
const PATIENCE = 50;

/** Seconds that it waits for those who use a table that it is to change: whoever comes behind waits with it. */
const TABLE_PATIENCE = 1;

/** What the connection had before, until `unlock`. */
const BEFORE = "@pannier_lock_wait_timeout";

export function mysqlCatalog({ collation, unbounded }: Flavour): Catalog {
  const text = (length: number): string => `varchar(${length}) COLLATE ${collation}`;
  return {
    describe: describeSurely,
    foreignKeys: async (run, table) => {
      const where = TABLE.replace("table_schema", "constraint_schema");
      const text = `SELECT constraint_name FROM information_schema.referential_constraints WHERE ${where}`;
      return (await run({ text, parameters: [table, table], repeated: true })).rows.map(([name]) => String(name));
    },
    isTransactional: false,
    building: {
      unbounded,
      tryLock: `SELECT get_lock(${BUILD_LOCK}, 0)`,
      create: (sql) => `${sql} ALGORITHM=INPLACE LOCK=NONE`,
      isUnable,
    },
    changeBeside: async (run, sql) => {
      try {
        await run({ text: `${sql}, ALGORITHM=INPLACE, LOCK=NONE`, parameters: [] });
        return true;
      } catch (error) {
        if (isOfServer(error) && isUnable(String(error.errno))) return false;
        throw error;
      }
    },
    dropBroken: () => {
      throw new TypeError("an index is there or it is not");
    },
    lock: async (run) => {
      const { rows } = await run({ text: `SELECT get_lock(${LOCK}, ${PATIENCE})`, parameters: [] });
      if (Number(rows[0]?.[0] ?? 0) !== 1)
        throw new Fault("STORE_UNAVAILABLE", "another process is changing the tables", { retryAfter: 1_000 });
      const text = `SET ${BEFORE} = @@SESSION.lock_wait_timeout, SESSION lock_wait_timeout = ${TABLE_PATIENCE}`;
      await run({ text, parameters: [] });
    },
    unlock: async (run) => {
      await run({ text: `SET SESSION lock_wait_timeout = ${BEFORE}`, parameters: [] });
      await run({ text: `SELECT release_lock(${LOCK})`, parameters: [] });
    },
    meta: [
      {
        table: REQUESTS,
        sql: `CREATE TABLE IF NOT EXISTS ${quote(REQUESTS)} (id ${text(512)} NOT NULL PRIMARY KEY, digest varbinary(64) NOT NULL, at bigint NOT NULL, outcome longtext COLLATE ${collation} NOT NULL, INDEX ${quote(`${REQUESTS}__at`)} (at)) ENGINE=InnoDB`,
      },
      {
        table: NUMBERS,
        sql: `CREATE TABLE IF NOT EXISTS ${quote(NUMBERS)} (name ${text(512)} NOT NULL PRIMARY KEY, ${quote("last")} bigint NOT NULL) ENGINE=InnoDB`,
      },
      {
        table: CONTRACTS,
        sql: `CREATE TABLE IF NOT EXISTS ${quote(CONTRACTS)} (entity ${text(512)} NOT NULL, revision int NOT NULL, digest ${text(255)} NOT NULL, at ${text(64)} NOT NULL, contract longtext COLLATE ${collation} NOT NULL, PRIMARY KEY (entity, revision)) ENGINE=InnoDB`,
      },
    ],
  };
}

/** Whether the server cannot do what it was told to do beside writers. */
function isUnable(code: string): boolean {
  return code === "1845" || code === "1846";
}

/** Milliseconds before a table is looked for again, and how often. */
const PAUSE = 50;
const LOOKS = 40;

/**
 * MariaDB leaves out of its information schema what another changes at that moment (a table is locked while a new index is put in
 * place), columns and indexes each for itself. A statement on the table waits until that is over, and says whether it is there.
 */
async function describeSurely(run: Run, table: string): Promise<StoredTable | undefined> {
  for (let look = 1; ; look++) {
    const found = await describeNow(run, table);
    if ((found && found.indexes.size > 0) || !(await isThere(run, table)) || look === LOOKS) return found;
    // A view has no index, ever.
    if (found && look > 1) return found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** What may not be read is as good as not there, as it is in the information schema. */
async function isThere(run: Run, table: string): Promise<boolean> {
  try {
    await run({ text: `SELECT 1 FROM ${quote(table)} LIMIT 0`, parameters: [] });
    return true;
  } catch (error) {
    if (isOfServer(error)) return false;
    throw error;
  }
}

async function describeNow(run: Run, table: string): Promise<StoredTable | undefined> {
  const { rows } = await run({ text: COLUMNS, parameters: [table, table], repeated: true });
  if (rows.length === 0) return undefined;
  const indexes = indexesOf((await run({ text: INDEXES, parameters: [table, table], repeated: true })).rows);
  const key = indexes.get("PRIMARY")?.names ?? [];
  const columns = rows.map(([name, type, collated, isNullable, hasDefault]): readonly [string, StoredColumn] => [
    String(name),
    {
      type: typeOf(String(type), collated ?? null),
      notNull: isNullable === "NO",
      hasDefault: Number(hasDefault) === 1,
      key: key.indexOf(String(name)) + 1,
      ...labelsOf(String(type)),
    },
  ]);
  return {
    columns: new Map(columns),
    indexes: new Map([...indexes].map(([name, { index }]): readonly [string, StoredIndex] => [name, index])),
  };
}

/** Of this database among those of the server. */
const LOCK = "left(concat('pannier ', sha2(database(), 256)), 60)";

/** Of this database's indexes. */
const BUILD_LOCK = "left(concat('pannier index ', sha2(database(), 256)), 60)";

interface IndexInfo {
  readonly names: readonly string[];
  readonly index: StoredIndex;
}

/** @param rows of an index together, in the order of its columns */
function indexesOf(rows: readonly (readonly SqlValue[])[]): ReadonlyMap<string, IndexInfo> {
  const parts = new Map<string, { readonly names: string[]; readonly terms: string[]; readonly unique: boolean }>();
  for (const [index, column, order, nonUnique] of rows) {
    const part = parts.get(String(index)) ?? { names: [], terms: [], unique: Number(nonUnique) === 0 };
    parts.set(String(index), part);
    part.names.push(String(column));
    part.terms.push(`${String(column)}${order === "D" ? " desc" : ""}`);
  }
  return new Map(
    [...parts].map(([name, { names, terms, unique }]) => {
      const partial = names.at(-1) === MARK;
      const columns = (partial ? terms.slice(0, -1) : terms).join(", ");
      return [name, { names, index: { columns, unique, partial } }];
    }),
  );
}

/** Of `enum('one','two')`, where a quote is doubled. */
function labelsOf(type: string): Pick<StoredColumn, "labels"> {
  if (!type.startsWith("enum(")) return {};
  return { labels: Array.from(type.matchAll(/'((?:[^']|'')*)'/gu), ([, label = ""]) => label.replaceAll("''", "'")) };
}

/** As `Storage.declared` says it: without the width that whole numbers are printed in. */
function typeOf(type: string, collation: SqlValue): string {
  const plain = type.replace(/^((?:tiny|small|medium|big)?int)\(\d+\)/u, "$1");
  return collation === null ? plain : `${plain} COLLATE ${String(collation)}`;
}
