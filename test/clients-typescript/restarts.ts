// A sidecar that is stopped, killed and started again under a calling client: `node --conditions=pannier-source test/clients-typescript/restarts.ts [restarts]`, 1,000 when absent, prints what came of it and ends with 1 where it is not as documented.
import { setFlagsFromString } from "node:v8";
import { setTimeout as sleep } from "node:timers/promises";
import { argv, exit, stdout } from "node:process";
import { runInNewContext } from "node:vm";
import * as client from "pannier/client";
import { connect, type Packages } from "../../clients/examples/typescript/gen/index.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";

/** What one process has seen. */
export interface Restarted {
  readonly restarts: number;
  readonly answered: number;
  /** Failures by the names of their classes; `undocumented` and what it was for all others. */
  readonly failures: ReadonlyMap<string, number>;
  /** Calls that ended later than their deadline allowed, by seconds at least. */
  readonly late: number;
  /** After a tenth of the restarts, and after all. */
  readonly early: Held;
  readonly end: Held;
}

/** What the process holds once it has collected. */
export interface Held {
  readonly heapMiB: number;
  readonly handles: number;
}

/** Milliseconds of a call, and more than a busy machine adds to it. */
const timeout = 2_000;
const slack = 30_000;
const documented = Object.values(client).filter((member) => typeof member === "function" && member.prototype instanceof client.PannierError); // prettier-ignore

export async function restartUnderCalls(restarts: number): Promise<Restarted> {
  const serving = { environment: { PANNIER_STORES_DEFAULT_URL: "memory:" } };
  let sidecar = await startSidecar(serving);
  const { address, directory, registry } = sidecar;
  const again = { ...serving, directory, registry, listen: address };
  const db = await connect({ target: address, timeout });
  const failures = new Map<string, number>();
  let answered = 0;
  let late = 0;
  let isOver = false;
  const calling = async (call: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      const started = performance.now();
      try {
        await call();
        answered += 1;
      } catch (error) {
        const name = nameOf(error);
        failures.set(name, (failures.get(name) ?? 0) + 1);
      }
      if (performance.now() - started > timeout + slack) late += 1;
    }
  };
  const loops = callsOf(db).map(calling);
  let early = held();
  for (let done = 1; done <= restarts; done++) {
    const before = answered;
    while (answered === before) await sleep(1); // a client that does not find the new one would stay here
    sidecar.client.close();
    await sidecar.stop(done % 2 === 0 ? "SIGKILL" : "SIGTERM");
    sidecar = await startAgain(again);
    if (done === Math.ceil(restarts / 10)) early = held();
  }
  isOver = true;
  await Promise.all(loops);
  const end = held();
  await db.close();
  await sidecar.dispose();
  return { restarts, answered, failures, late, early, end };
}

/** Reads, writes, writes that are recorded, several as one, streams. */
function callsOf(db: client.Database<Packages>): readonly (() => Promise<unknown>)[] {
  const { products, orders } = db.shop;
  return [
    () => products.find({ id: "a" }),
    () => products.put({ id: "a", name: "n".repeat(1_000), stock: 1 }),
    () => products.create({ name: "b" }, { requestId: true }),
    () => products.list({ pageSize: 5 }),
    () => db.transaction([orders.create.op({ userId: "u" }), products.put.op({ id: "c" })]),
    async () => {
      for await (const _ of products.scan({ timeout })) if (Math.random() < 0.01) break;
    },
  ];
}

/** The port may for a moment be another's, whose connection it is. */
async function startAgain(options: Parameters<typeof startSidecar>[0]): Promise<Sidecar> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startSidecar(options);
    } catch (error) {
      if (attempt === 20 || !String(error).includes("EADDRINUSE")) throw error;
      await sleep(100);
    }
  }
}

function nameOf(error: unknown): string {
  const isDocumented = documented.some((Class) => error instanceof Class);
  const name = error instanceof Error ? error.name : typeof error;
  return isDocumented ? name : `undocumented ${name}: ${String(error).slice(0, 200)}`;
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function held(): Held {
  collect();
  const heapMiB = process.memoryUsage().heapUsed / 1_048_576;
  return { heapMiB: Math.round(heapMiB * 10) / 10, handles: process.getActiveResourcesInfo().length };
}

if (import.meta.main) {
  const started = performance.now();
  const { failures, early, end, ...more } = await restartUnderCalls(Number(argv[2] ?? 1_000));
  const seconds = Math.round((performance.now() - started) / 1_000);
  const undocumented = [...failures.keys()].filter((name) => name.startsWith("undocumented"));
  stdout.write(`${JSON.stringify({ ...more, failures: Object.fromEntries(failures), early, end, seconds })}\n`);
  const isFlat = end.heapMiB - early.heapMiB < 5 && end.handles - early.handles < 5;
  exit(undocumented.length === 0 && more.late === 0 && isFlat ? 0 : 1);
}
