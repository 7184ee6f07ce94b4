// A database's connections as `aborted-calls.ts` looks at them: from outside, and through a view that tells the settings of whichever connection reads it.
import { setTimeout as wait } from "node:timers/promises";
import { createConnection } from "mariadb";
import pg from "pg";

export interface Connections {
  /** Makes the view `connections`: one row, of the connection that reads it, which takes a while so that several are read at once. */
  makeView(): Promise<void>;
  /** Connections of others to this database that do something, or have a transaction or a lock. */
  unclean(): Promise<number>;
  /** All of others. */
  count(): Promise<number>;
  close(): Promise<void>;
}

export function connectionsOf(url: string): Promise<Connections> {
  if (url.startsWith("postgres")) return postgresqlConnections(url);
  return mariadbConnections(url, url.startsWith("tidb") ? TIDB : INNODB);
}

const POSTGRESQL_SETTINGS = [
  "lock_timeout",
  "statement_timeout",
  "idle_in_transaction_session_timeout",
  "transaction_isolation",
  "transaction_read_only",
  "default_transaction_isolation",
  "search_path",
  "DateStyle",
  "TimeZone",
  "bytea_output",
  "role",
];

async function postgresqlConnections(url: string): Promise<Connections> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const count = async (text: string): Promise<number> =>
    Number((await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${text}`)).rows[0]?.count);
  const others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  return {
    makeView: async () => {
      const settings = POSTGRESQL_SETTINGS.map((name) => `current_setting('${name}')`);
      const temporary = "(SELECT count(*)::text FROM pg_class WHERE relpersistence = 't')";
      const held = "(SELECT count(*)::text FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')";
      await client.query(
        `CREATE VIEW connections AS SELECT pg_backend_pid()::text AS id, concat_ws(', ', ${[...settings, temporary, held].join(", ")}) AS settings FROM pg_sleep(0.2)`,
      );
    },
    unclean: () =>
      count(
        `${others} AND (state <> 'idle' OR EXISTS (SELECT 1 FROM pg_locks WHERE pg_locks.pid = pg_stat_activity.pid))`,
      ),
    count: () => count(others),
    close: () => client.end(),
  };
}

const MARIADB_SETTINGS = [
  "sql_mode",
  "time_zone",
  "autocommit",
  "foreign_key_checks",
  "unique_checks",
  "innodb_lock_wait_timeout",
  "sql_select_limit",
  "character_set_client",
];

/** What servers of this protocol say differently about their connections. */
interface Told {
  /** Of transactions, and its column with the connection's id. */
  readonly transactions: readonly [table: string, id: string];
  /** Makes the function or whatever else the view needs, and answers the settings of whoever reads it, as an expression. */
  readonly settings: (ask: (sql: string) => Promise<readonly unknown[][]>) => Promise<string>;
}

const INNODB: Told = {
  transactions: ["innodb_trx", "trx_mysql_thread_id"],
  settings: async (ask) => {
    const [[version] = []] = await ask("SELECT version()");
    const isolation = String(version).includes("MariaDB") ? "tx_isolation" : "transaction_isolation";
    const settings = [...MARIADB_SETTINGS, isolation].map((name) => `@@${name}`).join(", ");
    const options = "RETURNS longtext CHARACTER SET utf8mb4 NOT DETERMINISTIC READS SQL DATA";
    // A view holds no variables, but calls what does. A transaction of another way of reading would be told by InnoDB alone.
    await ask(`CREATE FUNCTION settings_now() ${options} RETURN concat_ws(', ', ${settings})`);
    return "settings_now()";
  },
};

/** It has no functions, and a table of the reader's own variables. */
const TIDB: Told = {
  transactions: ["tidb_trx", "session_id"],
  settings: async () => {
    const names = [
      ...MARIADB_SETTINGS,
      "transaction_isolation",
      "tidb_txn_mode",
      "tidb_snapshot",
      "tidb_read_staleness",
    ];
    const said = "group_concat(concat(variable_name, '=', variable_value) ORDER BY variable_name)";
    return `(SELECT ${said} FROM information_schema.session_variables WHERE variable_name IN (${names.map((name) => `'${name}'`).join(", ")}))`;
  },
};

/** Milliseconds. InnoDB shows what its transactions were until nobody has asked for 100. */
const UNREAD = 150;

async function mariadbConnections(text: string, told: Told): Promise<Connections> {
  const url = new URL(text);
  const connection = await createConnection({
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    rowsAsArray: true,
    connectTimeout: 10_000,
    allowPublicKeyRetrieval: true,
  });
  const ask = (sql: string): Promise<readonly unknown[][]> => connection.query<readonly unknown[][]>(sql);
  const count = async (from: string): Promise<number> => Number((await ask(`SELECT count(*) FROM ${from}`))[0]?.[0]);
  const others = "information_schema.processlist WHERE db = database() AND id <> connection_id()";
  return {
    makeView: async () => {
      const settings = await told.settings(ask);
      await ask(
        `CREATE VIEW connections AS SELECT concat(connection_id(), left(sleep(0.2), 0)) AS id, ${settings} AS settings`,
      );
    },
    unclean: async () => {
      await wait(UNREAD);
      const [table, id] = told.transactions;
      const open = `information_schema.${table} JOIN ${others.replace(" WHERE ", ` ON processlist.id = ${table}.${id} WHERE processlist.`).replace("AND id", "AND processlist.id")}`;
      return (await count(`${others} AND command <> 'Sleep'`)) + (await count(open));
    },
    count: () => count(others),
    close: () => connection.end(),
  };
}
