/**
 * Mutates src/adapter and src/model and tells which mutants no clause of the conformance suite and no unit test notices:
 * `node test/mutation/main.ts --help`.
 */

import { mkdtemp, rm, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Run } from "./clause-process.ts";
import { ClauseWorker, type Coverage } from "./clause-workers.ts";
import { openJournal, type Journal, type Outcome } from "./journal.ts";
import type { Mutant } from "./mutants.ts";
import { chooseByFile, mutantsIn, type Mutated } from "./sample.ts";
import { unitTests, UnitWorker, type UnitCoverage } from "./unit-workers.ts";

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    most: { type: "string", default: "400" },
    /** Processes side by side. */
    jobs: { type: "string", default: "2" },
    minutes: { type: "string", default: "60" },
    /** A part of the path. */
    only: { type: "string", default: "" },
    /** A report: what survived in it is tried again, and nothing else. */
    again: { type: "string" },
    report: { type: "string" },
    /** A file of what was judged so far: a run that was cut goes on from there. */
    journal: { type: "string" },
  },
});

if (options.help) {
  process.stdout.write(
    "node test/mutation/main.ts [--seed 1] [--most 400] [--jobs 2] [--minutes 60] [--only part-of-path]\n" +
      "  [--report file.json] [--again file.json] [--journal file.jsonl]   see test/mutation/README.md\n",
  );
  process.exit(0);
}

const STORES = ["memory", "weak memory", "partitioned memory", "SQLite in memory", "kv"];

const directory = await mkdtemp(join(tmpdir(), "pannier-mutation-"));
const mutatedFile = join(directory, "mutated.json");
const until = Date.now() + Number(options.minutes) * 60_000;
try {
  await main();
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const all = await mutantsIn(() => true);
  const chosen = await choose(all.mutants);
  const ids = new Set(chosen.map(({ id }) => id));
  const { texts } = await mutantsIn((id) => ids.has(id));
  await writeFile(mutatedFile, JSON.stringify(texts));
  process.stdout.write(`${all.mutants.length} mutants, ${chosen.length} of them chosen (seed ${options.seed})\n`);

  const journal = await openJournal(options.journal);
  const isLeft = chosen.some((mutant) => !journal.judged("clauses", mutant));
  const coverage = isLeft ? await coverageByStore() : new Map<string, Coverage>();

  // The clauses first, which are quick; of what they leave, the unit tests.
  const outcomes = await inParallel(
    chosen,
    () => {
      const worker = new ClauseWorker(mutatedFile);
      return { judge: (mutant) => byClauses(worker, mutant, coverage), end: () => worker.end() };
    },
    { journal, stage: "clauses" },
  );
  const survivors = outcomes.filter(({ killer }) => killer === undefined);
  process.stdout.write(`${outcomes.length} tried, ${outcomes.length - survivors.length} noticed by clauses\n`);
  const units = await byUnits(survivors, journal);
  const rest = units.filter(({ killer }) => killer === undefined);
  // What takes minutes for one mutant comes last for all of them.
  const long = await inParallel(rest, () => unitJudge((worker, mutant) => worker.tryLong(mutant)), {
    journal,
    stage: "long tests",
  });
  const judged = new Map([...units, ...long].map((outcome) => [outcome.id, outcome]));
  // Where the time was over, what no clause noticed counts as survived.
  const known = outcomes.map((outcome) =>
    outcome.killer === undefined ? (judged.get(outcome.id) ?? outcome) : outcome,
  );
  if (options.report) await writeFile(options.report, JSON.stringify(known, undefined, 1));
  for (const { killer, isUnpassed, path, line, original, replacement } of known)
    if (killer === undefined)
      process.stdout.write(
        `${isUnpassed ? "no clause passes" : "survived"}  ${path}:${line}  ${original} → ${replacement}\n`,
      );
  print(known);
}

async function coverageByStore(): Promise<ReadonlyMap<string, Coverage>> {
  const coverage = new Map<string, Coverage>();
  const worker = new ClauseWorker(mutatedFile);
  for (const store of STORES) coverage.set(store, await worker.coverageOf(store));
  worker.end();
  return coverage;
}

/** What the clauses have left, by the unit tests that come by it. */
async function byUnits(survivors: readonly Mutant[], journal: Journal): Promise<readonly Outcome[]> {
  const isLeft = survivors.some((mutant) => !journal.judged("unit tests", mutant));
  const coverage = isLeft ? await unitCoverage(journal) : new Map<string, Set<number>>();
  return inParallel(survivors, () => unitJudge((worker, mutant) => worker.tryMutant(mutant, coverage)), {
    journal,
    stage: "unit tests",
  });
}

async function unitCoverage(journal: Journal): Promise<UnitCoverage> {
  const coverage = new Map<string, Set<number>>();
  const worker = new UnitWorker(mutatedFile);
  for (const file of await unitTests()) {
    if (Date.now() > until) break;
    // A file that fails without a mutant judges none.
    const places = journal.placesOf(file) ?? (await worker.placesOf(file)) ?? [];
    await journal.addPlaces(file, places);
    coverage.set(file, new Set(places));
  }
  worker.end();
  return coverage;
}

function unitJudge(killerOf: (worker: UnitWorker, mutant: Mutant) => Promise<string | undefined>): Judge {
  const worker = new UnitWorker(mutatedFile);
  return {
    judge: async (mutant) => ({ ...mutant, killer: await killerOf(worker, mutant) }),
    end: () => worker.end(),
  };
}

interface Judge {
  judge(mutant: Outcome): Promise<Outcome>;
  end(): void;
}

/** What was judged until the time was over, and what the journal has. */
async function inParallel(
  mutants: readonly Mutant[],
  start: () => Judge,
  { journal, stage }: { readonly journal: Journal; readonly stage: string },
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting: Mutant[] = [];
  for (const mutant of mutants) {
    const judged = journal.judged(stage, mutant);
    if (judged) outcomes.push(judged);
    else waiting.push(mutant);
  }
  const work = async (): Promise<void> => {
    const judge = start();
    for (let mutant = waiting.shift(); mutant && Date.now() < until; mutant = waiting.shift()) {
      const outcome = await judge.judge({ killer: undefined, ...mutant });
      outcomes.push(outcome);
      await journal.add(stage, outcome);
      const { path, line, killer } = outcome;
      process.stdout.write(`${outcomes.length}/${mutants.length} ${path}:${line} ${killer ?? `left by ${stage}`}\n`);
    }
    judge.end();
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, work));
  return outcomes;
}

async function byClauses(
  worker: ClauseWorker,
  mutant: Mutant,
  coverage: ReadonlyMap<string, Coverage>,
): Promise<Outcome> {
  const runs = runsFor(mutant, coverage);
  if (runs.length > 0) return { ...mutant, killer: await worker.tryMutant(mutant.id, runs) };
  // What no clause passes is looked at when a module is loaded, or not at all.
  const [store = "memory"] = storesFor(mutant.path);
  return { ...mutant, killer: await worker.tryLoaded(mutant.id, [{ store, clauses: [] }]), isUnpassed: true };
}

/** The contract and the model on memory first, which is quickest; a backend's own files on that backend. */
function storesFor(path: string): readonly string[] {
  if (path.includes("/memory/")) return ["memory", "weak memory", "partitioned memory"];
  if (path.includes("/kv/")) return ["kv"];
  if (/\/(?:sqlite|sql|document)\//u.test(path)) return ["SQLite in memory", "kv"];
  if (/\/(?:ordered|embedded)\//u.test(path)) return ["memory", "kv", "SQLite in memory"];
  return ["memory", "weak memory", "partitioned memory", "SQLite in memory"];
}

function runsFor({ id, path }: Mutant, coverage: ReadonlyMap<string, Coverage>): readonly Run[] {
  return storesFor(path).flatMap((store) => {
    const clauses = coverage.get(store)?.get(id);
    return clauses ? [{ store, clauses }] : [];
  });
}

async function choose(mutants: Mutated["mutants"]): Promise<readonly Mutant[]> {
  if (options.again === undefined)
    return chooseByFile(
      mutants.filter(({ path }) => path.includes(options.only)),
      Number(options.seed),
      Number(options.most),
    );
  const before = JSON.parse(await readFile(options.again, "utf8")) as readonly Outcome[]; // a report of ours
  const isSame = (a: Mutant, b: Mutant): boolean =>
    a.path === b.path && a.original === b.original && a.replacement === b.replacement;
  // The tree may have moved under the report: of the same text in several places, the nearest is meant.
  const chosen = before
    .filter(({ killer }) => killer === undefined)
    .flatMap((survivor) => {
      const distance = ({ line }: Mutant): number => Math.abs(line - survivor.line);
      const [nearest] = mutants
        .filter((mutant) => isSame(mutant, survivor))
        .toSorted((a, b) => distance(a) - distance(b));
      if (!nearest) process.stdout.write(`gone  ${survivor.path}:${survivor.line}  ${survivor.original}\n`);
      return nearest ?? [];
    });
  return [...new Set(chosen)];
}

/** Noticed of tried, by folder. */
function print(outcomes: readonly Outcome[]): void {
  const folders = Map.groupBy(outcomes, ({ path }) => dirname(path));
  process.stdout.write("\n| folder | tried | noticed | survived | score |\n| --- | --: | --: | --: | --: |\n");
  const line = (name: string, all: readonly Outcome[]): void => {
    const noticed = all.filter(({ killer }) => killer !== undefined).length;
    const share = Math.round((100 * noticed) / Math.max(all.length, 1));
    process.stdout.write(`| ${name} | ${all.length} | ${noticed} | ${all.length - noticed} | ${share} % |\n`);
  };
  for (const [name, all] of [...folders].toSorted(([a], [b]) => (a < b ? -1 : 1))) line(name, all);
  line("all", outcomes);
}
