/** `npm run bench`: what each stage costs, in one run on the same data. */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { argv, stderr, stdout } from "node:process";
import { copyDatabase, makeDatabase } from "./database.ts";
import type { StageResult } from "./measure-stage.ts";
import { benchOptions, SERVED, USAGE, type BenchOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { runStage } from "./run-stage.ts";
import { hasNghttpd } from "./stages/floor.ts";
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
    const { entities, transports } = options;
    const [transport] = transports;
    return {
      node: process.versions.node,
      processor: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
      orders: options.orders,
      orderBytes,
      entities,
      cells: results.flatMap(({ cells }) => cells),
      processes: results.map(({ stage, transport: on, memory, collections }) => ({
        stage,
        transport: on,
        memory,
        collections,
      })),
      startUp: await measureStartUp(options.starts, { transport, entities }),
      bare: entities > 0 ? await measureStartUp(options.starts, { transport, entities: 0 }) : undefined,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureStages(
  { stages, transports, operations, entities, warm, measured, profile, survivors }: BenchOptions,
  directory: string,
  seed: string,
): Promise<readonly StageResult[]> {
  const profiles = profile === undefined ? undefined : resolve(profile);
  const looking = { profiles, survivors: survivors === undefined ? undefined : resolve(survivors) };
  if (profiles !== undefined) await mkdir(profiles, { recursive: true });
  const results: StageResult[] = [];
  for (const name of stages) {
    if (name === "nghttpd" && !hasNghttpd()) {
      say("nghttpd is left out: it is not installed (nghttp2-server), and PANNIER_TEST_NGHTTPD names none");
      continue;
    }
    for (const transport of SERVED.has(name) ? transports : transports.slice(0, 1)) {
      say(SERVED.has(name) ? `${name} ${transport}` : name);
      const own = join(directory, name);
      await mkdir(own);
      const file = join(own, "orders.db");
      await copyDatabase(seed, file);
      results.push(await runStage({ name, transport, entities, file, operations, warm, measured }, looking));
      await rm(own, { recursive: true, force: true });
    }
  }
  return results;
}

/** Beside the result, which may be piped. */
function say(text: string): void {
  stderr.write(`bench: ${text}\n`);
}
