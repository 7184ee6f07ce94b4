// Makes what the tests need once, in the user's cache, where later runs find it again.
import { constants } from "node:fs";
import { access, mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { env, kill, pid } from "node:process";
import { setTimeout as wait } from "node:timers/promises";

/**
 * Answers the path of a file or folder in the user's cache. When it is not there, `make` puts it into an empty folder under the same name. Parallel
 * callers, in this process or another, make it once, and nobody ever sees half of it.
 */
export async function cached(folder: string, name: string, make: (target: string) => Promise<void>): Promise<string> {
  const place = join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pannier", folder);
  const made = join(place, name);
  await mkdir(place, { recursive: true });
  while (!(await isExecutable(made))) {
    await withLock(join(place, "lock"), async () => {
      if (!(await isExecutable(made))) await makeBeside(place, name, make);
    });
  }
  return made;
}

/** Whether there is a file that may be run, or a folder that may be entered. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function makeBeside(place: string, name: string, make: (target: string) => Promise<void>): Promise<void> {
  const target = await mkdtemp(join(place, "build-"));
  try {
    await make(target);
    await rename(join(target, name), join(place, name));
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
