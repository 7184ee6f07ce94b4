// Provides a MariaDB server to the tests, once for a whole run; whoever asks gets a database of its own.
import { randomUUID } from "node:crypto";
import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { createConnection } from "mariadb";
import { makeCertificates } from "./certificates.ts";
import { unpacked, within } from "./debian.ts";
import { onPath } from "./go-tool.ts";
import { freePort, prepareAs, startedOnce, type Started } from "./run-server.ts";

/** The url of an empty database of a server that answers: of the one that PANNIER_TEST_MARIADB_URL names, or of one that is started. */
export async function mariadbDatabase(): Promise<string> {
  return databaseAt(await mariadbServer());
}

/** The url of a server, whose user may create databases. */
export async function mariadbServer(): Promise<string> {
  const named = env["PANNIER_TEST_MARIADB_URL"];
  if (named !== undefined && named !== "") return named;
  return startedOnce("mariadb", prepareMariadb);
}

/** The url of a new database of that server, in an alphabet and an order that are not ours. */
export async function databaseAt(server: string, collation = "latin1_swedish_ci"): Promise<string> {
  const url = new URL(server);
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await say(url, `CREATE DATABASE ${name} CHARACTER SET latin1 COLLATE ${collation}`);
  url.pathname = `/${name}`;
  return url.href;
}

/** A server that takes encrypted connections alone, and the folder of its certificates. */
export interface TlsServer {
  readonly url: string;
  readonly folder: string;
}

export function mariadbTlsServer(): Promise<TlsServer> {
  return tlsServer("mariadb", prepareMariadb);
}

/** Started once for a whole run, with what `prepare` makes of an empty folder. */
export async function tlsServer(name: string, prepare: (folder: string) => Promise<Started>): Promise<TlsServer> {
  const url = await startedOnce(`${name}-tls`, async (folder) => {
    const started = await prepare(folder);
    const own = join(folder, "certificates");
    await mkdir(own);
    await makeCertificates(own, ["secured"]);
    await prepareAs({ user: started.runAs, folder }, "chmod", ["600", join(own, "server.key")]);
    const files = [`--ssl-ca=${join(own, "ca.pem")}`, `--ssl-cert=${join(own, "server.pem")}`];
    return {
      ...started,
      args: [...started.args, ...files, `--ssl-key=${join(own, "server.key")}`, "--require-secure-transport=ON"],
      url: `${started.url}?folder=${encodeURIComponent(own)}`,
      isReady: async (place) => void (await say(new URL(place), "SELECT 1", ANY_SERVER)),
    };
  });
  return { url: url.replace(/\?.*$/u, ""), folder: new URL(url).searchParams.get("folder") ?? "" };
}

/** Encrypts, and believes whoever answers. */
export const ANY_SERVER = { rejectUnauthorized: false };

/** Runs a statement, and answers its rows. */
export async function say(url: URL, sql: string, ssl?: typeof ANY_SERVER): Promise<readonly (readonly unknown[])[]> {
  const connection = await createConnection({
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(url.pathname.length > 1 && { database: url.pathname.slice(1) }),
    rowsAsArray: true,
    connectTimeout: 10_000,
    ...(ssl && { ssl }),
  });
  try {
    return await connection.query<readonly (readonly unknown[])[]>(sql);
  } finally {
    await connection.end();
  }
}

/** Small, and without a commit waiting for the disk: nothing of a test run must outlive the machine. */
export function smallServer(folder: string, port: number): readonly string[] {
  return [
    "--no-defaults",
    `--datadir=${join(folder, "data")}`,
    ownTemporary(folder),
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    `--socket=${join(folder, "socket")}`,
    `--pid-file=${join(folder, "server.pid")}`,
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=0",
    "--performance-schema=OFF",
    "--max-connections=400",
    "--skip-log-bin",
  ];
}

/** A server that starts removes what another has there. */
function ownTemporary(folder: string): string {
  return `--tmpdir=${join(folder, "tmp")}`;
}

/** Prepares a server in an empty folder. */
export async function prepareMariadb(folder: string): Promise<Started> {
  const port = await freePort();
  const { command, args, share, runAs } = await program();
  const asRoot = runAs === undefined && process.getuid?.() === 0 ? ["--user=root"] : [];
  const own = [`--lc-messages-dir=${share}`, `--character-sets-dir=${join(share, "charsets")}`, ...asRoot];
  await mkdir(join(folder, "data"));
  await mkdir(join(folder, "tmp"));
  const input = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket=NULL;"];
  for (const name of SYSTEM_TABLES) input.push(await readFile(join(share, name), "utf8"));
  const bootstrap = [
    ...args,
    "--no-defaults",
    "--bootstrap",
    `--datadir=${join(folder, "data")}`,
    ownTemporary(folder),
    ...own,
  ];
  await prepareAs({ user: runAs, folder }, command, bootstrap, `${input.join("\n")}\n`);
  return {
    command,
    args: [...args, ...smallServer(folder, port), "--skip-name-resolve", ...own],
    runAs,
    url: `mariadb://root@127.0.0.1:${port}`,
    isReady: async (url) => void (await say(new URL(url), "SELECT 1")),
  };
}

/** What mariadb-install-db brings into a new database, without its help pages. */
const SYSTEM_TABLES = ["mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"];

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder with its messages, character sets and system tables. */
  readonly share: string;
  /** Absent where it lies where only its owner may enter. */
  readonly runAs: string | undefined;
}

/** What is installed, else what the system's packages hold. */
async function program(): Promise<Program> {
  const command = (await onPath("mariadbd")) ?? (await there("/usr/sbin/mariadbd"));
  if (command !== undefined) return { command, args: [], share: "/usr/share/mysql", runAs: "nobody" };
  try {
    const root = await unpacked({ name: "mariadb-server-core", package: "mariadb-server-core" });
    const unpackedProgram = await within(root, "usr/sbin/mariadbd");
    return { ...unpackedProgram, share: join(root, "usr", "share", "mysql"), runAs: undefined };
  } catch (cause) {
    const mend = "install mariadb-server, or set PANNIER_TEST_MARIADB_URL to a server whose user may create databases";
    throw new Error(`there is no MariaDB server here, and its packages could not be fetched; ${mend}`, { cause });
  }
}

async function there(file: string): Promise<string | undefined> {
  return access(file).then(
    () => file,
    () => undefined,
  );
}
