// A database server as the tests see it, beside the sidecar: by its own driver, without the proxy between.
import { setTimeout } from "node:timers/promises";
import { createConnection, type Connection } from "mariadb";
import pg from "pg";
import { playedCockroach } from "../servers/cockroachdb.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { hasTidb, tidbDatabase } from "../servers/tidb.ts";
import { postgresqlDatabase, postgresqlServer } from "../servers/postgresql.ts";

export interface ServerSide {
  /** Of `int64_count` of test.v1.Account, by id, as text; empty where there is no row. */
  counts(id: string): Promise<readonly string[]>;
  /** Ends every connection of a sidecar to this database. */
  endOthers(): Promise<void>;
  /** Locks an account, until `release`. */
  hold(id: string): Promise<void>;
  /** Takes an e-mail address for accounts that nobody sees, until `release`. */
  takeEmail(email: string): Promise<void>;
  /** Locks an account in the same transaction as `takeEmail`; resolves also where that is refused. */
  holdToo(id: string): Promise<void>;
  release(): Promise<void>;
  /** New accounts fail as on a server that takes no writes, until `takeWrites`. */
  refuseWrites(): Promise<void>;
  takeWrites(): Promise<void>;
  /** How many statements wait for a lock. */
  waiting(): Promise<number>;
  /** How many connections of a sidecar have a transaction open. */
  openTransactions(): Promise<number>;
  close(): Promise<void>;
}

export interface TestServer {
  readonly name: string;
  /** Whether `refuseWrites` concerns one database alone. */
  readonly canRefuseWrites: boolean;
  /** The url of an empty database. */
  database(): Promise<string>;
  connect(url: URL): Promise<ServerSide>;
}

/** Those after the first have none; together they weigh more than a sidecar's transaction, which a server that must choose undoes. */
function unseenAccounts(email: string): string {
  const rows = Array.from(
    { length: 20 },
    (_, i) => `('unseen ${i}', ${i === 0 ? `'${email}'` : "NULL"}, '[]', '[]', '[]')`,
  );
  return `INSERT INTO accounts (id, email, notes, roles, limits) VALUES ${rows.join(", ")}`;
}

export const testServers: readonly TestServer[] = [
  { name: "PostgreSQL", canRefuseWrites: true, database: postgresqlDatabase, connect: postgresqlSide },
  { name: "MariaDB", canRefuseWrites: true, database: mariadbDatabase, connect: (url) => mariadbSide(url, INNODB) },
  ...(hasMysql
    ? [
        {
          name: "MySQL",
          canRefuseWrites: true,
          database: mysqlDatabase,
          connect: (url: URL) => mariadbSide(url, INNODB),
        },
      ]
    : []),
  // It has no triggers, and is read-only as a whole: a server of its own, in link-faults.test.ts.
  ...(hasTidb
    ? [{ name: "TiDB", canRefuseWrites: false, database: tidbDatabase, connect: (url: URL) => mariadbSide(url, TIDB) }]
    : []),
];

/** A PostgreSQL that plays CockroachDB; none of its statements fail by themselves. */
export const playedCockroachServer: TestServer = {
  name: "CockroachDB, played",
  canRefuseWrites: true,
  database: async () => (await playedCockroach(0)).url,
  connect: async (url) => {
    const direct = new URL(await postgresqlServer());
    direct.pathname = url.pathname;
    return postgresqlSide(direct);
  },
};

async function postgresqlSide(url: URL): Promise<ServerSide> {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const count = async (text: string): Promise<number> =>
    Number((await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${text}`)).rows[0]?.count);
  const ours = "pg_stat_activity WHERE application_name = 'pannier' AND datname = current_database()";
  return {
    counts: async (id) => {
      const text = "SELECT coalesce(int64_count, 0)::text AS count FROM accounts WHERE id = $1";
      return (await client.query<{ count: string }>(text, [id])).rows.map((row) => row.count);
    },
    endOthers: async () => void (await client.query(`SELECT pg_terminate_backend(pid) FROM ${ours}`)),
    hold: async (id) => {
      await client.query("BEGIN");
      await client.query("SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE", [id]);
    },
    takeEmail: async (email) => {
      await client.query("BEGIN");
      await client.query(unseenAccounts(email));
    },
    holdToo: async (id) => {
      await client.query("SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE", [id]).catch(() => {});
    },
    release: async () => void (await client.query("ROLLBACK")),
    refuseWrites: async () => {
      await client.query(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'read only' USING ERRCODE = '25006'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION refuse()`);
    },
    takeWrites: async () => void (await client.query("DROP TRIGGER refuse ON accounts")),
    waiting: () =>
      count("pg_locks WHERE locktype = 'transactionid' AND transactionid = pg_current_xact_id()::xid AND NOT granted"),
    openTransactions: () => count(`${ours} AND state LIKE 'idle in%'`),
    close: () => client.end(),
  };
}

/** Milliseconds. InnoDB shows what its transactions were until nobody has asked for 100: who polls faster sees the same for ever. */
const UNREAD = 150;

/** Where a server of this protocol tells of its transactions. */
interface Transactions {
  readonly table: string;
  /** Of the connection. */
  readonly id: string;
  readonly isWaiting: string;
}

const INNODB: Transactions = {
  table: "information_schema.innodb_trx",
  id: "trx_mysql_thread_id",
  isWaiting: "trx_state = 'LOCK WAIT'",
};

const TIDB: Transactions = {
  table: "information_schema.tidb_trx",
  id: "session_id",
  isWaiting: "tidb_trx.state = 'LockWaiting'",
};

async function mariadbSide(url: URL, told: Transactions): Promise<ServerSide> {
  const options = {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    rowsAsArray: true,
    connectTimeout: 10_000,
    allowPublicKeyRetrieval: true,
  };
  const [holding, looking] = await Promise.all([createConnection(options), createConnection(options)]);
  const rowsOf = (on: Connection, text: string, values: readonly string[] = []): Promise<readonly unknown[][]> =>
    on.query<readonly unknown[][]>(text, values);
  const ours = `information_schema.processlist WHERE db = database() AND id NOT IN (${holding.threadId}, ${looking.threadId})`;
  const joined = `JOIN information_schema.processlist ON processlist.id = ${told.table.replace(/^.*\./u, "")}.${told.id}`;
  const transactions = `${told.table} ${joined} WHERE processlist.db = database() AND processlist.id NOT IN (${holding.threadId}, ${looking.threadId})`;
  const count = async (text: string): Promise<number> =>
    Number((await rowsOf(looking, `SELECT count(*) FROM ${text}`))[0]?.[0]);
  const countTransactions = async (text: string): Promise<number> => {
    await setTimeout(UNREAD);
    return count(text);
  };
  return {
    counts: async (id) => {
      const text = "SELECT coalesce(int64_count, 0) FROM accounts WHERE id = ?";
      return (await rowsOf(looking, text, [id])).map(([value]) => String(value));
    },
    endOthers: async () => {
      for (const [id] of await rowsOf(looking, `SELECT id FROM ${ours}`)) await looking.query(`KILL ${String(id)}`);
    },
    hold: async (id) => {
      await holding.query("START TRANSACTION");
      await rowsOf(holding, "SELECT 1 FROM accounts WHERE id = ? FOR UPDATE", [id]);
    },
    takeEmail: async (email) => {
      await holding.query("START TRANSACTION");
      await holding.query(unseenAccounts(email));
    },
    holdToo: async (id) => {
      await rowsOf(holding, "SELECT 1 FROM accounts WHERE id = ? FOR UPDATE", [id]).catch(() => []);
    },
    release: async () => void (await holding.query("ROLLBACK")),
    refuseWrites: async () => {
      await looking.query(
        "CREATE TRIGGER refuse BEFORE INSERT ON accounts FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290",
      );
    },
    takeWrites: async () => void (await looking.query("DROP TRIGGER refuse")),
    waiting: () => countTransactions(`${transactions} AND ${told.isWaiting}`),
    openTransactions: () => countTransactions(transactions),
    close: async () => {
      await Promise.all([holding.end(), looking.end()]);
    },
  };
}
