// Provides a MySQL server to the tests where all servers are asked for, once for a whole run; whoever asks gets a database of its own.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { unpacked, within } from "./debian.ts";
import { databaseAt, say, smallServer, tlsServer, type TlsServer } from "./mariadb.ts";
import { freePort, prepareAs, ServerMissing, startedOnce, type Started } from "./run-server.ts";

/** Whether the tests run on it: where a server is named, or all are asked for. */
export const hasMysql: boolean = (env["PANNIER_TEST_MYSQL_URL"] ?? "") !== "" || env["PANNIER_TEST_SERVERS"] === "all";

/** The url of an empty database of a server that answers: of the one that PANNIER_TEST_MYSQL_URL names, or of one that is started. */
export async function mysqlDatabase(): Promise<string> {
  const named = env["PANNIER_TEST_MYSQL_URL"];
  if (named !== undefined && named !== "") return databaseAt(named);
  const found = await program();
  return databaseAt(await startedOnce("mysql", (folder) => start(folder, found)));
}

export function mysqlTlsServer(): Promise<TlsServer> {
  return tlsServer("mysql", prepareMysqlServer);
}

/** Prepares a server in an empty folder. */
export async function prepareMysqlServer(folder: string): Promise<Started> {
  return start(folder, await program());
}

async function start(folder: string, { command, args, share }: Program): Promise<Started> {
  const port = await freePort();
  const asRoot = process.getuid?.() === 0 ? ["--user=root"] : []; // the cache lies where only its owner may enter
  const own = [
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, "charsets")}`,
    `--plugin-dir=${join(share, "..", "..", "lib", "mysql", "plugin")}`,
    ...asRoot,
  ];
  await mkdir(join(folder, "tmp"));
  const initialize = ["--no-defaults", "--initialize-insecure", `--datadir=${join(folder, "data")}`, ...own];
  await prepareAs({ user: undefined, folder }, command, [...args, ...initialize]);
  return {
    command,
    // Its root is root@localhost, which is a name.
    args: [...args, ...smallServer(folder, port), "--mysqlx=OFF", "--secure-file-priv=NULL", ...own],
    url: `mysql://root@127.0.0.1:${port}`,
    isReady: async (url) => void (await say(new URL(url), "SELECT 1")),
  };
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The folder with its messages and character sets. */
  readonly share: string;
}

async function program(): Promise<Program> {
  try {
    const sources = `deb [signed-by=${KEYRING}] ${await debian()} unstable main\n`;
    const root = await unpacked({ name: "mysql-server-core", package: "mysql-server-core", sources });
    return { ...(await within(root, "usr/sbin/mysqld")), share: join(root, "usr", "share", "mysql") };
  } catch (cause) {
    const mend = "set PANNIER_TEST_MYSQL_URL to a server whose user may create databases";
    throw new ServerMissing(`the packages of a MySQL server could not be fetched; ${mend}`, { cause });
  }
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Where this machine gets Debian's packages from; the unstable suite alone has MySQL. */
async function debian(): Promise<string> {
  const asked = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"];
  const { stdout } = await promisify(execFile)("apt-get", asked);
  const [site = ""] = stdout.split("\n");
  if (site === "") throw new Error("this machine gets no packages from Debian");
  return site;
}
