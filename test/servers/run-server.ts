// Database servers of one test run: started by whoever asks first, in any process of the run, and stopped when the run is over.
import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile, open } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, kill, pid } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Names the folder of the run for its processes. */
const RUN = "PANNIER_TEST_RUN";

/** How a server is started, once its folder is prepared. */
export interface Started {
  readonly command: string;
  readonly args: readonly string[];
  /** Where the tests run as root and the server will not; absent where it will. */
  readonly runAs?: string | undefined;
  readonly url: string;
  /** Milliseconds until it answers at the latest; 60,000 where it is left out. */
  readonly readyIn?: number;
  /** Rejects while the server does not answer. */
  readonly isReady: (url: string) => Promise<void>;
}

/** A server that need not be there, and is not: what it would prove is skipped, and says why. */
export class ServerMissing extends Error {
  override readonly name = "ServerMissing";
}

const READY = 60_000; // milliseconds

/** Makes the folder of a run, and answers what ends it. Called once, before any test. */
export async function beginRun(): Promise<() => Promise<void>> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), "pannier-servers-"));
  await chmod(folder, 0o755);
  await writeFile(join(folder, "owner"), String(pid));
  env[RUN] = folder;
  return () => endRun(folder);
}

/** What is in it is removed when the run ends; undefined outside of one. */
export function runFolder(): string | undefined {
  return env[RUN];
}

/** The url of the server of that name, which `start` prepares in an empty folder when it is the first to be asked. */
export async function startedOnce(name: string, start: (folder: string) => Promise<Started>): Promise<string> {
  const place = runFolder();
  if (place === undefined) throw new Error("servers belong to a test run; call beginRun first");
  const folder = join(place, name);
  const file = join(place, `${name}.url`);
  const isFirst = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    try {
      const url = await startNow(folder, await start(folder));
      await writeFile(`${file}.new`, `ok ${url}`);
    } catch (error) {
      await writeFile(`${file}.new`, `failed ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    } finally {
      const told = await readFile(`${file}.new`, "utf8");
      await writeFile(file, told);
    }
  }
  for (const until = performance.now() + 6 * READY; performance.now() < until; await wait(50)) {
    const [, state, told = ""] = /^(\w+) (.*)$/su.exec(await readFile(file, "utf8").catch(() => "")) ?? [];
    if (state === "ok") return told;
    if (state === "failed") throw new Error(told);
  }
  throw new Error(`${name} was not started in time by the process that began to`);
}

/** Starts what was prepared in a folder, whose file `pid` then says which process it is; answers its url. */
export async function startNow(
  folder: string,
  { command, args, runAs, url, isReady, readyIn = READY }: Started,
): Promise<string> {
  const log = join(folder, "log");
  const output = await open(log, "a");
  const [program, own] =
    runAs !== undefined && process.getuid?.() === 0
      ? ["setpriv", [`--reuid=${runAs}`, "--regid=nogroup", "--clear-groups", command]]
      : [command, []];
  const child = spawn(program, [...own, ...args], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", output.fd, output.fd],
  });
  child.unref();
  await output.close();
  let ended: string | undefined;
  child.on("error", (error) => (ended = error.message));
  child.on("exit", (code) => (ended = `it ended with code ${code}`));
  await writeFile(join(folder, "pid"), String(child.pid));
  for (const until = performance.now() + readyIn; ended === undefined; await wait(50)) {
    const problem = await isReady(url).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (problem === undefined) return url;
    if (performance.now() > until) throw new Error(`${command} did not answer in ${readyIn} ms`, { cause: problem });
  }
  const told = await readFile(log, "utf8");
  throw new Error(`${command}: ${ended}\n${told.slice(-2_000)}`);
}

async function endRun(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.map((name) => endServer(join(folder, name))));
  await rm(folder, { recursive: true, force: true });
}

async function endServer(folder: string): Promise<void> {
  const server = Number(await readFile(join(folder, "pid"), "utf8").catch(() => ""));
  if (!(server > 0)) return;
  signal(server, "SIGINT"); // PostgreSQL ends its clients' connections with it
  signal(server, "SIGTERM"); // MariaDB takes no notice of the other
  for (let i = 0; i < 100 && signal(server, 0); i += 1) await wait(50);
  signal(server, "SIGKILL");
}

/** A run that was killed leaves its servers behind. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith("pannier-servers-")) continue;
    const folder = join(tmpdir(), name);
    const owner = Number(await readFile(join(folder, "owner"), "utf8").catch(() => ""));
    if (owner > 0 && !signal(owner, 0)) await endRun(folder);
  }
}

function signal(process: number, name: NodeJS.Signals | 0): boolean {
  try {
    return kill(process, name);
  } catch {
    return false;
  }
}

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Runs a program to its end, which prepares a server's folder; where the tests run as root, as a user who then owns the folder. */
export async function prepareAs(
  { user, folder }: { readonly user: string | undefined; readonly folder: string },
  command: string,
  args: readonly string[],
  input = "",
): Promise<void> {
  const isOther = user !== undefined && process.getuid?.() === 0;
  if (isOther) await run("chown", ["-R", user, folder]);
  const other = ["setpriv", `--reuid=${user}`, "--regid=nogroup", "--clear-groups"];
  const [program = command, ...own] = [...(isOther ? other : []), command, ...args];
  const running = run(program, own, { cwd: folder, maxBuffer: 1 << 24 });
  // A program that reads no input may have ended before this is written (EPIPE). How it ended is told by its exit code.
  running.child.stdin?.on("error", () => {});
  running.child.stdin?.end(input);
  await running;
}
