// The stages on Cassandra beside the driver in process, turn by turn in one run: `node test/bench/wide-column.ts [--orders=10000] [--ms=1500]`.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { startCluster } from "../servers/cassandra-cluster.ts";
import { call, creating, makeDatabase, openStore } from "./database.ts";
import type { Cell } from "./measure-stage.ts";
import { benchOptions } from "./options.ts";
import { makeOrders, orderEntity } from "./order.ts";
import { runStage } from "./run-stage.ts";

/** A BatchGet of an application is a hundred requests of the driver, which takes 2,048 at once. */
const FLIGHTS = { Get: [1, 8, 64, 256], BatchGet: [1, 8] } as const;

const { stages, operations, orders, entities, transports, measured, warm } = benchOptions([
  "--stages=raw,adapter,repository,service,grpc",
  "--operations=Get,BatchGet",
  "--orders=10000",
  ...argv.slice(2),
]);
const directory = await mkdtemp(join(tmpdir(), "pannier-wide-column-"));
const cluster = await startCluster({ nodes: 1, heap: 512 });
try {
  const seed = join(directory, "seed.db"); // says what to ask for
  await makeDatabase(seed, orders);
  const file = await cluster.keyspace(1);
  await fill(file, orders);
  const task = { transport: transports[0], entities, warm, measured };
  stdout.write(`${orders} orders on one node; CPU µs of the calling or serving process, and milliseconds of a call\n`);
  stdout.write("stage       operation  in flight   CPU µs  to driver   p50 ms   p99 ms    calls/s  to driver\n");
  const driver = new Map<string, Cell>();
  for (const operation of ["Get", "BatchGet"] as const) {
    if (!operations.includes(operation)) continue;
    for (const name of stages) {
      const asked = { operations: [operation], flights: FLIGHTS[operation] };
      const { cells } = await runStage({ ...task, ...asked, name, file, inputs: seed });
      for (const cell of cells) {
        const place = `${cell.operation} ${cell.flights}`;
        if (name === "raw") driver.set(place, cell);
        stdout.write(`${lineOf(cell, driver.get(place))}\n`);
      }
    }
  }
} finally {
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
}

async function fill(file: string, count: number): Promise<void> {
  const { model } = await orderEntity();
  const { records } = await makeOrders(count);
  const store = await openStore(file, model);
  for (let i = 0; i < records.length; i += 200) {
    const mutations = records.slice(i, i + 200).map((record) => creating(model, record));
    await store.write({ mutations, atomic: false, returning: false, consistency: undefined }, call);
  }
  await store.close();
}

function lineOf(cell: Cell, beside: Cell | undefined): string {
  const ratio = (own: number, other: number | undefined): string =>
    other === undefined ? "" : (own / other).toFixed(2);
  return [
    cell.stage.padEnd(11),
    cell.operation.padEnd(10),
    String(cell.flights).padStart(9),
    cell.server.toFixed(1).padStart(8),
    ratio(cell.server, beside?.server).padStart(10),
    cell.p50.toFixed(2).padStart(8),
    cell.p99.toFixed(2).padStart(8),
    cell.perSecond.toFixed(0).padStart(10),
    ratio(cell.perSecond, beside?.perSecond).padStart(10),
  ].join(" ");
}
