// Provides a TiDB server to the tests where all servers are asked for, once for a whole run; whoever asks gets a database of its own.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { env, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { cached } from "./cached.ts";
import { onPath } from "./go-tool.ts";
import { databaseAt, say } from "./mariadb.ts";
import { freePort, ServerMissing, startedOnce, type Started } from "./run-server.ts";

/** Whether the tests run on it: where a server is named, or all are asked for. */
export const hasTidb: boolean = (env["PANNIER_TEST_TIDB_URL"] ?? "") !== "" || env["PANNIER_TEST_SERVERS"] === "all";

/** Of the few that the server knows of that alphabet. */
export const COLLATION = "latin1_bin";

/** Builds the server where it is asked for and not there yet, before the tests and their limits begin. What fails is told by the test that needs it. */
export async function prepareTidb(): Promise<void> {
  if (env["PANNIER_TEST_SERVERS"] !== "all" || (env["PANNIER_TEST_TIDB_URL"] ?? "") !== "") return;
  await program().catch(() => {});
}

/** The url of an empty database of a server that answers: of the one that PANNIER_TEST_TIDB_URL names, or of one that is started. */
export async function tidbDatabase(): Promise<string> {
  const named = env["PANNIER_TEST_TIDB_URL"];
  if (named !== undefined && named !== "") return databaseAt(named, COLLATION);
  const command = await program();
  return databaseAt(await startedOnce("tidb", (folder) => start(folder, command)), COLLATION);
}

/** Prepares a server in an empty folder. */
export async function prepareTidbServer(folder: string): Promise<Started> {
  return start(folder, await program());
}

async function start(folder: string, command: string): Promise<Started> {
  const port = await freePort();
  await mkdir(join(folder, "tmp"));
  const place = ["-store", "unistore", "-path", join(folder, "db"), "-temp-dir", join(folder, "tmp"), "-socket", ""];
  return {
    command,
    args: [...place, "-P", String(port), "-host", "127.0.0.1", "-report-status=false", "-L", "fatal"],
    url: `tidb://root@127.0.0.1:${port}`,
    isReady: async (url) => void (await say(new URL(url), "SELECT 1")),
  };
}

/** Milliseconds. It is some two thousand packages, once. */
const BUILD = 1_800_000;

/** Newer ones of Go build a server that refuses to start. */
const TOOLCHAIN = "go1.25.9";

async function program(): Promise<string> {
  const installed = await onPath("tidb-server");
  if (installed !== undefined) return installed;
  const module = fileURLToPath(new URL("tidb", import.meta.url));
  const hash = createHash("sha256").update(await readFile(join(module, "go.mod")));
  const name = `tidb-server-${hash.digest("hex").slice(0, 16)}`;
  try {
    return await cached(name, "tidb-server", async (target) => {
      stdout.write("building a TiDB server, once: 3 to 6 minutes on two cores\n");
      const output = join(target, "tidb-server");
      const command = [
        "build",
        "-trimpath",
        "-ldflags",
        "-s -w",
        "-o",
        output,
        "github.com/pingcap/tidb/cmd/tidb-server",
      ];
      const environment = { ...env, GOTOOLCHAIN: TOOLCHAIN };
      await promisify(execFile)("go", command, { cwd: module, env: environment, timeout: BUILD, maxBuffer: 1 << 24 });
    });
  } catch (cause) {
    const mend = "install tidb-server, or Go to build it with, or set PANNIER_TEST_TIDB_URL";
    throw new ServerMissing(`TiDB is neither installed nor could it be built; ${mend}`, { cause });
  }
}
