// What the sidecar holds idle, and under minutes of mixed load: `node test/bench/memory.ts [seconds] [transport]`, 300 and native by default. Linux alone.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { setTimeout } from "node:timers/promises";
import { inputsOf, makeDatabase, urlOf } from "./database.ts";

import { isTransport } from "./options.ts";
import { orderEntity } from "./order.ts";
import { cpuOf, memoryOf } from "./process-cost.ts";
import { requestsOf } from "./requests.ts";
import { startSidecar } from "./sidecar.ts";
import { connectClient } from "./stages/client.ts";
import { nth, OPERATIONS, type OperationName } from "./stage.ts";

const seconds = Number(argv[2] ?? 300);
const transport = argv[3] ?? "native";
if (!isTransport(transport)) throw new Error(`${transport} is no transport`);
const rows = 20_000;
const samples = 10;
/** In flight, by turns. */
const flights = [8, 64, 16, 32];
/** Of a hundred calls. */
const shares: { readonly [name in OperationName]: number } = {
  Get: 50,
  List: 10,
  Create: 15,
  Update: 15,
  BatchGet: 10,
};

const directory = await mkdtemp(join(tmpdir(), "pannier-memory-"));
const file = join(directory, "orders.db");
await makeDatabase(file, rows);
const requests = requestsOf(await orderEntity(), await inputsOf(file));
const starting = { directory, listen: "127.0.0.1:0", url: urlOf(file).href, transport, entities: 0 } as const;
await (await startSidecar(starting)).stop(); // what a first start compiles is in caches for the second
const sidecar = await startSidecar(starting);
try {
  await setTimeout(3_000);
  const resident = (): string => `${memoryOf(sidecar.pid).resident.toFixed(0)} MiB`;
  stdout.write(`idle: ${resident()}\n`);
  const client = await connectClient(sidecar.address);
  const mixed = OPERATIONS.flatMap((name) => Array.from({ length: shares[name] }, () => name));
  let [calls, failed] = [0, 0];
  const lane = async (until: number): Promise<void> => {
    while (performance.now() < until) {
      const name = nth(mixed, Math.imul(++calls, 0x9e37_79b1) >>> 8);
      await client.call(`/shop.v1.OrderRepository/${name}`, nth(requests[name], calls)).catch(() => (failed += 1));
    }
  };
  for (let sample = 0; sample < samples; sample += 1) {
    const [before, cpu] = [calls, cpuOf(sidecar.pid)];
    const count = nth(flights, sample);
    const until = performance.now() + (seconds * 1_000) / samples;
    await Promise.all(Array.from({ length: count }, () => lane(until)));
    const done = calls - before;
    stdout.write(
      `${count} in flight: ${resident()}, ${done} calls, ${((cpuOf(sidecar.pid) - cpu) / done).toFixed(0)} µs CPU each, ${failed} failed\n`,
    );
  }
  await setTimeout(3_000);
  stdout.write(`afterwards: ${resident()}, at most ${memoryOf(sidecar.pid).peak.toFixed(0)}\n`);
  client.close();
} finally {
  await sidecar.stop();
  await rm(directory, { recursive: true });
}
