/** A process that runs unit tests under mutants: those that come by the place, the nearest first. */

import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutants.ts";
import { ROOT } from "./sample.ts";
import type { Order, Report } from "./unit-process.ts";
import { WatchedProcess } from "./watched-process.ts";

/** What a mutant has for all its files, and what the files have when it is found out what they pass. */
const PATIENCE = { cpu: 240, time: 1_200 };

/** So many files are tried beside those that import the mutant's. */
const OTHERS = 5;

/** Suites of minutes, which open files on disk over and over. */
const LONG = /sqlite\/(?:duress|conversion|contracts|schema|scan)\.test/u;

/** Of what is left by the others, what may notice it: by the path of the mutant. */
const LAST: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\/sqlite\//u, ["test/unit/adapter/sqlite/duress.test.ts", "test/unit/adapter/sqlite/scan.test.ts"]],
  [/\/(?:sqlite|embedded|kv|memory|ordered)\/|sweeper/u, ["test/conformance/opening/opening.test.ts"]],
  [/\/(?:embedded|kv)\//u, ["test/unit/adapter/sqlite/settings.test.ts"]],
];

/** A failure that took as many milliseconds may be a limit that passed on a busy machine. */
const SLOW = 10_000;

/** By file of tests, the places it comes by. */
export type UnitCoverage = ReadonlyMap<string, ReadonlySet<number>>;

export async function unitTests(): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of glob("test/unit/{adapter,model,repository,migration}/**/*.test.ts", { cwd: ROOT }))
    if (!LONG.test(file)) files.push(file);
  return files.toSorted();
}

export class UnitWorker {
  readonly #mutated: string;
  #process: WatchedProcess<Order, Report> | undefined;

  /** @param mutated a file with the mutated texts by path */
  constructor(mutated: string) {
    this.#mutated = mutated;
  }

  /** @returns undefined of a file that fails without a mutant */
  async placesOf(file: string): Promise<readonly number[] | undefined> {
    const report = await (await this.#started()).ask({ kind: "cover", files: [file] });
    if (typeof report === "string" || report.kind !== "covered") return undefined;
    return report.passed.find(([name]) => name === file)?.[1];
  }

  /** Which test notices the mutant; undefined where none does. */
  async tryMutant(mutant: Mutant, coverage: UnitCoverage): Promise<string | undefined> {
    return this.#try(mutant.id, await nearest(mutant, coverage));
  }

  /** The same of the tests that take minutes. */
  async tryLong({ id, path }: Mutant): Promise<string | undefined> {
    return this.#try(id, [...new Set(LAST.flatMap(([of, files]) => (of.test(path) ? files : [])))]);
  }

  end(): void {
    this.#process?.end();
    this.#process = undefined;
  }

  async #try(mutant: number, files: readonly string[]): Promise<string | undefined> {
    if (files.length === 0) return undefined;
    const report = await (await this.#started()).ask({ kind: "try", mutant, files });
    if (report === "late") return undefined;
    if (report === "ended") return "unit tests: they hang or end the process";
    if (report.kind !== "tried" || !report.failure) return undefined;
    const { file, test, after } = report.failure;
    if (after > SLOW && !(await this.#isQuick(file, after / 2))) return undefined;
    return `${file}: ${test}`;
  }

  /** Whether the file passes without a mutant, now, within so many milliseconds. */
  async #isQuick(file: string, most: number): Promise<boolean> {
    const started = performance.now();
    const report = await (await this.#started()).ask({ kind: "try", mutant: -1, files: [file] });
    const isSound = typeof report !== "string" && report.kind === "tried" && !report.failure;
    return isSound && performance.now() - started < most;
  }

  async #started(): Promise<WatchedProcess<Order, Report>> {
    if (!this.#process?.isRunning)
      this.#process = await WatchedProcess.start(fileURLToPath(new URL("unit-process.ts", import.meta.url)), {
        execArgv: ["--no-warnings"],
        env: { MUTATED: this.#mutated },
        patience: PATIENCE,
      });
    if (!this.#process) throw new Error("vitest cannot be started without a mutant");
    return this.#process;
  }
}

/** Of the files that come by the place: those that import the mutant's file, its own, those of its folder, then those that pass least. */
async function nearest({ id, path }: Mutant, coverage: UnitCoverage): Promise<readonly string[]> {
  const passing = [...coverage].filter(([, places]) => places.has(id));
  const importing: string[] = [];
  const others: (readonly [distance: number, file: string])[] = [];
  const own = join("test/unit", path.replace(/^src\//u, "").replace(/\.ts$/u, ".test.ts"));
  for (const [file, places] of passing)
    if ((await readFile(join(ROOT, file), "utf8")).includes(path)) importing.push(file);
    else others.push([file === own ? -1 : dirname(file) === dirname(own) ? 0 : places.size, file]);
  others.sort(([a], [b]) => a - b);
  return [...importing, ...others.slice(0, OTHERS).map(([, file]) => file)];
}
