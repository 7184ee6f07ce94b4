// The stages on the key-value engine beside those on SQLite, turn by turn in one run: `node test/bench/stores.ts`, with the flags of the benchmark.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { copyDatabase, makeDatabase } from "./database.ts";
import type { Cell } from "./measure-stage.ts";
import { benchOptions } from "./options.ts";
import { runStage } from "./run-stage.ts";

const { stages, operations, orders, entities, transports, measured, warm } = benchOptions([
  "--stages=raw,adapter,repository,service,grpc",
  ...argv.slice(2),
]);
const task = { transport: transports[0], entities, operations, warm, measured };
const directory = await mkdtemp(join(tmpdir(), "pannier-stores-"));
const seeds = { sqlite: join(directory, "seed.db"), kv: join(directory, "seed.kv") };
try {
  for (const seed of Object.values(seeds)) await makeDatabase(seed, orders);
  stdout.write(`${orders} orders; CPU µs of the serving process and milliseconds (p50) of a call\n`);
  stdout.write("stage       operation  in flight  SQLite µs    kv µs  kv : SQLite   SQLite ms    kv ms\n");
  for (const name of stages) {
    const cells: { readonly [store in keyof typeof seeds]?: readonly Cell[] } = {
      sqlite: await cellsOf("sqlite", name),
      kv: await cellsOf("kv", name),
    };
    for (const [i, one] of (cells.sqlite ?? []).entries()) {
      const other = cells.kv?.[i];
      if (!other) continue;
      const figures = [one.server.toFixed(1), other.server.toFixed(1), (other.server / one.server).toFixed(2)];
      const times = [one.p50.toFixed(3), other.p50.toFixed(3)];
      const [a = "", b = "", ratio = "", ...rest] = [...figures, ...times];
      const [c = "", d = ""] = rest;
      const head = `${name.padEnd(11)} ${one.operation.padEnd(10)} ${String(one.flights).padStart(9)}`;
      stdout.write(
        `${head} ${a.padStart(10)} ${b.padStart(8)} ${ratio.padStart(12)} ${c.padStart(11)} ${d.padStart(8)}\n`,
      );
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function cellsOf(store: keyof typeof seeds, name: (typeof stages)[number]): Promise<readonly Cell[]> {
  const own = await mkdtemp(join(directory, `${name}-`));
  const file = join(own, store === "kv" ? "orders.kv" : "orders.db");
  await copyDatabase(seeds[store], file);
  const { cells } = await runStage({ ...task, name, file, inputs: seeds.sqlite });
  await rm(own, { recursive: true, force: true });
  return cells;
}
