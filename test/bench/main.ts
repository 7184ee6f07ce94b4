/** `npm run bench`: what each stage costs, in one run on the same data. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argv, stderr, stdout } from "node:process";
import { copyDatabase, makeDatabase } from "./database.ts";
import type { StageResult } from "./measure-stage.ts";
import { benchOptions, USAGE, type BenchOptions, type StageName } from "./options.ts";
import type { Report } from "./report.ts";
import { runStage } from "./run-stage.ts";
import { measureStartUp } from "./start-up.ts";
import { tables } from "./table.ts";

try {
  const options = benchOptions(argv.slice(2));
  const report = await bench(options);
  stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : `${tables(report)}\n`);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 64; // EX_USAGE of sysexits.h
}

async function bench(options: BenchOptions): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), "pannier-bench-"));
  try {
    const seed = join(directory, "seed.db");
    say(`making ${options.orders} orders`);
    const orderBytes = await makeDatabase(seed, options.orders);
    const results = await measureStages(options, directory, seed);
    say("start-up");
    return {
      node: process.versions.node,
      processor: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
      orders: options.orders,
      orderBytes,
      cells: results.flatMap(([, { cells }]) => cells),
      memory: Object.fromEntries(results.map(([name, { memory }]) => [name, memory])),
      startUp: await measureStartUp(options.starts),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureStages(
  { stages, operations, warm, measured, profile }: BenchOptions,
  directory: string,
  seed: string,
): Promise<(readonly [StageName, StageResult])[]> {
  const profiles = profile === undefined ? undefined : resolve(profile);
  if (profiles !== undefined) await mkdir(profiles, { recursive: true });
  const results: (readonly [StageName, StageResult])[] = [];
  for (const name of stages) {
    say(name);
    const own = join(directory, name);
    await mkdir(own);
    const file = join(own, "orders.db");
    await copyDatabase(seed, file);
    results.push([name, await runStage({ name, file, operations, warm, measured }, profiles)]);
    await rm(own, { recursive: true, force: true });
  }
  return results;
}

/** Beside the result, which may be piped. */
function say(text: string): void {
  stderr.write(`bench: ${text}\n`);
}
