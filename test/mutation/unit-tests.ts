/**
 * The unit tests that look at a file: those that import it, or where none does, those in the folder of its tests. Then those that take
 * long, and the clauses about opening.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Mutant } from "./mutants.ts";
import { ROOT } from "./sample.ts";

/** Suites of minutes, which open files on disk over and over. */
const LONG = /sqlite\/(?:duress|conversion|contracts|schema|scan)\.test/u;

/** Of what is left by the others, what may notice it: by the path of the mutant. */
const LAST: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\/sqlite\//u, ["test/unit/adapter/sqlite/duress.test.ts", "test/unit/adapter/sqlite/scan.test.ts"]],
  [/\/(?:sqlite|embedded|kv|memory|ordered)\/|sweeper/u, ["test/conformance/opening/opening.test.ts"]],
  [/\/(?:embedded|kv)\//u, ["test/unit/adapter/sqlite/settings.test.ts"]],
];

const sound = new Map<string, Promise<boolean>>();

/** Which of them notices the mutant; undefined also where they fail without it. */
export async function killedByUnits({ id, path }: Mutant, mutatedFile: string): Promise<string | undefined> {
  return killedBy(await unitTestsOf(path), id, mutatedFile);
}

/** The same of the tests that take minutes. */
export async function killedByLongTests({ id, path }: Mutant, mutatedFile: string): Promise<string | undefined> {
  const last = LAST.flatMap(([of, files]) => (of.test(path) ? files : []));
  return killedBy(last.toSorted(), id, mutatedFile);
}

async function killedBy(files: readonly string[], id: number, mutatedFile: string): Promise<string | undefined> {
  if (files.length === 0 || (await pass(files, id, mutatedFile))) return undefined;
  const name = files.map((file) => file.slice("test/".length)).join(", ");
  const isSound = sound.get(name) ?? pass(files, -1, mutatedFile);
  sound.set(name, isSound);
  return (await isSound) ? `unit tests (${name})` : undefined;
}

async function pass(files: readonly string[], mutant: number, mutatedFile: string): Promise<boolean> {
  const options = ["run", "--bail=1", "--config", join(ROOT, "test/mutation/vitest.config.ts")];
  const vitest = spawn(join(ROOT, "node_modules/.bin/vitest"), [...options, ...files], {
    cwd: ROOT,
    stdio: "ignore",
    timeout: 600_000,
    killSignal: "SIGKILL",
    env: { ...process.env, MUTANT: String(mutant), MUTATED: mutatedFile },
  });
  const [code] = (await once(vitest, "exit")) as [number | null]; // as child_process says it
  return code === 0;
}

/** @param path relative to the root, as the answers are */
async function unitTestsOf(path: string): Promise<readonly string[]> {
  const mirrored = join("test/unit", dirname(path).replace(/^src\//u, ""));
  const importing: string[] = [];
  const beside: string[] = [];
  for await (const file of glob("test/unit/{adapter,model}/**/*.test.ts", { cwd: ROOT })) {
    if (LONG.test(file)) continue;
    if ((await readFile(join(ROOT, file), "utf8")).includes(path)) importing.push(file);
    if (dirname(file) === mirrored) beside.push(file);
  }
  return (importing.length > 0 ? importing : beside).toSorted();
}
