// Provides PgBouncer, which pools by transactions, in front of the PostgreSQL server of the run.
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import pg from "pg";
import { isExecutable } from "./cached.ts";
import { unpacked, within } from "./debian.ts";
import { onPath } from "./go-tool.ts";
import { postgresqlDatabase, postgresqlServer } from "./postgresql.ts";
import { freePort, startedOnce, startNow, type Started } from "./run-server.ts";

/** Connections to the server for each database: far fewer than those who ask, so that they are lent to others in between. */
const SERVERS = 3;

/** The url of an empty database, by way of PgBouncer. */
export async function pooledDatabase(): Promise<string> {
  const database = new URL(await postgresqlDatabase());
  const named = env["PANNIER_TEST_PGBOUNCER_URL"];
  const pooler = new URL(named !== undefined && named !== "" ? named : await startedOnce("pgbouncer", start));
  pooler.pathname = database.pathname;
  return pooler.href;
}

/** One of a test's own, in front of whatever listens there. */
export async function startOwnPgbouncer(server: URL): Promise<{ readonly url: string; end(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "pannier-own-pgbouncer-"));
  await chmod(folder, 0o755);
  const started = await prepare(folder, server);
  await startNow(folder, started);
  const url = new URL(started.url);
  url.pathname = server.pathname;
  return {
    url: url.href,
    end: async () => {
      process.kill(Number(await readFile(join(folder, "pid"), "utf8")));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(folder: string): Promise<Started> {
  return prepare(folder, new URL(await postgresqlServer()));
}

async function prepare(folder: string, { hostname, port: behind, username }: URL): Promise<Started> {
  const port = await freePort();
  const file = join(folder, "pgbouncer.ini");
  const settings = [
    "[databases]",
    `* = host=${hostname} port=${behind} user=${username}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = any",
    "pool_mode = transaction",
    `default_pool_size = ${SERVERS}`,
    "max_client_conn = 400",
  ];
  await writeFile(file, `${settings.join("\n")}\n`);
  const { command, args } = await program();
  const asOther = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  return {
    command,
    args: [...args, "-q", ...asOther, file],
    url: `postgres://${username}@127.0.0.1:${port}/postgres`,
    isReady: async (url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query("SELECT 1").finally(() => void client.end());
    },
  };
}

async function program(): Promise<{ readonly command: string; readonly args: readonly string[] }> {
  const installed = await onPath("pgbouncer");
  if (installed !== undefined) return { command: installed, args: [] };
  if (await isExecutable("/usr/sbin/pgbouncer")) return { command: "/usr/sbin/pgbouncer", args: [] };
  try {
    return await within(await unpacked({ name: "pgbouncer", package: "pgbouncer" }), "usr/sbin/pgbouncer");
  } catch (cause) {
    const mend = "install pgbouncer, or set PANNIER_TEST_PGBOUNCER_URL to one that pools by transactions";
    throw new Error(`there is no PgBouncer here, and its packages could not be fetched; ${mend}`, { cause });
  }
}
