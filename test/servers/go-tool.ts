// Provides command line tools written in Go: the one that is named, the one that is installed, or one built once and kept.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { env, kill, pid } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const buildLimit = 600_000; // milliseconds

/** A tool that `go install` can make. */
export interface GoTool {
  /** What the executable is called on the PATH and in the cache. */
  readonly name: string;
  /** The import path of its main package. */
  readonly package: string;
  readonly version: string;
  /** The environment variable with the path of an executable to use instead. */
  readonly namedBy: string;
}

/**
 * Answers the path of the tool's executable: the one that the environment names, else the one on the PATH, else one built with Go into the user's
 * cache, which later runs find again. Parallel callers, in this process or another, build it once.
 *
 * @throws Error saying what to install or set, when there is none and none can be built
 */
export async function goTool(tool: GoTool): Promise<string> {
  const named = env[tool.namedBy];
  if (named !== undefined && named !== "") return named;
  return (await onPath(tool.name)) ?? (await built(tool));
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, name);
    if (folder !== "" && (await isExecutable(file))) return file;
  }
  return undefined;
}

async function built(tool: GoTool): Promise<string> {
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "pannier", `${tool.name}-${tool.version}`);
  const file = join(folder, tool.name);
  await mkdir(folder, { recursive: true });
  while (!(await isExecutable(file))) {
    await withLock(join(folder, "lock"), async () => {
      if (!(await isExecutable(file))) await build(tool, folder, file);
    });
  }
  return file;
}

/** Builds beside the target and renames, so that nobody ever sees half an executable. */
async function build(tool: GoTool, folder: string, file: string): Promise<void> {
  const target = await mkdtemp(join(folder, "build-"));
  try {
    const command = ["install", `${tool.package}@${tool.version}`];
    await promisify(execFile)("go", command, { env: { ...env, GOBIN: target }, timeout: buildLimit });
    await rename(join(target, executableOf(tool.package)), file);
  } catch (cause) {
    const mend = `install ${tool.name}, or Go to build it with, or set ${tool.namedBy} to its path`;
    throw new Error(`${tool.name} ${tool.version} is neither installed nor could it be built; ${mend}`, { cause });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

/** Go names an executable for the last part of its import path that is not a major version. */
function executableOf(importPath: string): string {
  return basename(importPath.replace(/\/v\d+$/, ""));
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
