// Provides grpcurl to the tests that call Pannier as a person would: the one that is named, the one that is installed, or one built once and kept.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { env, kill, pid } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const version = "v1.9.4";
const module = `github.com/fullstorydev/grpcurl/cmd/grpcurl@${version}`;
const buildLimit = 300_000; // milliseconds

/**
 * Answers the path of a grpcurl executable: `PANNIER_TEST_GRPCURL`, else the one on the PATH, else one built with Go into the user's cache, which
 * later runs find again. Parallel callers, in this process or another, build it once.
 *
 * @throws Error saying what to install or set, when there is none and none can be built
 */
export async function grpcurl(): Promise<string> {
  const named = env["PANNIER_TEST_GRPCURL"];
  if (named !== undefined && named !== "") return named;
  return (await onPath("grpcurl")) ?? (await built());
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, name);
    if (folder !== "" && (await isExecutable(file))) return file;
  }
  return undefined;
}

async function built(): Promise<string> {
  const folder = join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pannier", `grpcurl-${version}`);
  const file = join(folder, "grpcurl");
  await mkdir(folder, { recursive: true });
  while (!(await isExecutable(file))) {
    await withLock(join(folder, "lock"), async () => {
      if (!(await isExecutable(file))) await build(folder, file);
    });
  }
  return file;
}

/** Builds beside the target and renames, so that nobody ever sees half an executable. */
async function build(folder: string, file: string): Promise<void> {
  const target = await mkdtemp(join(folder, "build-"));
  try {
    await promisify(execFile)("go", ["install", module], { env: { ...env, GOBIN: target }, timeout: buildLimit });
    await rename(join(target, "grpcurl"), file);
  } catch (cause) {
    const mend = "install grpcurl, or Go to build it with, or set PANNIER_TEST_GRPCURL to its path";
    throw new Error(`grpcurl ${version} is neither installed nor could it be built; ${mend}`, { cause });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

/** Runs the action when this process gets the lock; otherwise waits a moment and returns, so that the caller looks again. */
async function withLock(path: string, action: () => Promise<void>): Promise<void> {
  const lock = await open(path, "wx").catch(() => undefined);
  if (lock === undefined) {
    await removeIfAbandoned(path);
    await wait(100);
    return;
  }
  try {
    await lock.writeFile(String(pid));
    await action();
  } finally {
    await lock.close();
    await rm(path, { force: true });
  }
}

/** A holder that was killed leaves its lock behind. */
async function removeIfAbandoned(path: string): Promise<void> {
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (holder > 0 && !isAlive(holder)) await rm(path, { force: true });
}

function isAlive(process: number): boolean {
  try {
    return kill(process, 0);
  } catch {
    return false;
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
