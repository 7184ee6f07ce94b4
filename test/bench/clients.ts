// What a Get costs the application, by several clients of the same sidecars and by drivers in process: `node --conditions=pannier-source test/bench/clients.ts [--rounds=3] [--ms=1500] [--orders=10000] [--without-postgresql] [--json]`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connect } from "../../clients/examples/typescript/gen/index.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { beginRun } from "../servers/run-server.ts";
import { CONTESTANTS, type ContestantName, type Places } from "./clients/contestant.ts";
import type { ClientCell, ClientTask } from "./clients/measure.ts";
import { inputsOf, makeDatabase, urlOf } from "./database.ts";
import { startSidecar } from "./sidecar.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    ms: { type: "string", default: "1500" },
    orders: { type: "string", default: "10000" },
    "without-postgresql": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const flights = [1, 64];
const needsPostgresql: ReadonlySet<ContestantName> = new Set(["pannier, PostgreSQL", "pg pool"]);
const contestants = CONTESTANTS.filter((name) => !values["without-postgresql"] || !needsPostgresql.has(name));
const endRun = await beginRun();
const directory = await mkdtemp(join(tmpdir(), "pannier-bench-clients-"));
const stops: (() => Promise<void>)[] = [];
try {
  const places = await prepare();
  const ids = (await inputsOf(places.file)).ids.slice(0, 2_000); // an argument of a process is not longer than 128 KiB
  const cells: ClientCell[] = [];
  for (let round = 0; round < Number(values.rounds); round++)
    for (const name of contestants)
      cells.push(...(await measure({ name, places, ids, flights, measured: Number(values.ms) })));
  stdout.write(values.json ? `${JSON.stringify(medians(cells))}\n` : `${table(medians(cells))}\n`);
} finally {
  for (const stop of stops) await stop();
  await rm(directory, { recursive: true });
  await endRun();
}

/** The same orders behind two sidecars. */
async function prepare(): Promise<Places> {
  const file = join(directory, "orders.db");
  await makeDatabase(file, Number(values.orders));
  const sqlite = await serve("sqlite", urlOf(file).href);
  if (values["without-postgresql"]) return { sqlite, postgresql: "", file, url: "" };
  const url = await postgresqlDatabase();
  const postgresql = await serve("postgresql", url);
  await using from = await connect({ target: sqlite });
  await using to = await connect({ target: postgresql });
  for await (const { entities } of from.shop.orders.scan({ pageSize: 500 }).frames()) {
    if (entities.length === 0) continue; // the last frame
    const results = await to.shop.orders.batchWrite(entities.map((order) => to.shop.orders.create.op(order)));
    for (const result of results) if (!result.ok) throw result.error;
  }
  return { sqlite, postgresql, file, url };
}

async function serve(name: string, url: string): Promise<string> {
  await mkdir(join(directory, name));
  const options = { transport: "native", entities: 0, listen: "127.0.0.1:0" } as const;
  const sidecar = await startSidecar({ ...options, directory: join(directory, name), url });
  stops.push(() => sidecar.stop());
  return sidecar.address;
}

async function measure(task: ClientTask): Promise<readonly ClientCell[]> {
  const child = fork(fileURLToPath(new URL("clients/measure.ts", import.meta.url)), [JSON.stringify(task)]);
  let cells: readonly ClientCell[] | undefined;
  child.on("message", (message) => (cells = message as readonly ClientCell[])); // as measure.ts sends it
  const [code] = await once(child, "close");
  if (!cells) throw new Error(`${task.name} ended with ${String(code)} and told nothing`);
  return cells;
}

/** Of the rounds, for each contestant and each number in flight. */
function medians(cells: readonly ClientCell[]): readonly ClientCell[] {
  return contestants.flatMap((name) =>
    flights.map((inFlight) => {
      const own = cells.filter((cell) => cell.name === name && cell.flights === inFlight);
      const median = (of: (cell: ClientCell) => number): number => own.map(of).sort((a, b) => a - b)[own.length >> 1] ?? NaN; // prettier-ignore
      const [calls, perSecond] = [median((cell) => cell.calls), median((cell) => cell.perSecond)];
      const times = { p50: median(({ p50 }) => p50), p99: median(({ p99 }) => p99), server: median(({ server }) => server) };
      return { name, flights: inFlight, calls, perSecond, ...times, client: undefined };
    }),
  );
} // prettier-ignore

function table(cells: readonly ClientCell[]): string {
  const bare = new Map(cells.filter(({ name }) => name === "grpc-js, bytes").map((cell) => [cell.flights, cell.server]));
  const rows = cells.map(({ name, flights: inFlight, server, p50, p99, perSecond }) =>
    [name, inFlight, server.toFixed(1), (server / (bare.get(inFlight) ?? NaN)).toFixed(3), p50.toFixed(3), p99.toFixed(3), perSecond.toFixed(0)].join(" | "),
  );
  return ["client | in flight | CPU µs of a Get | of grpc-js, bytes | p50 ms | p99 ms | Gets/s", ...rows].join("\n");
} // prettier-ignore
