// A sidecar on database servers beside their drivers alone, in one run: `node test/bench/servers.ts [--servers=postgresql,mariadb,mysql] [--stages=…] [--operations=…] [--orders=100000] [--ms=1500] [--json] [--profile=directory] [--survivors=directory]`.
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stderr, stdout } from "node:process";
import { parseArgs } from "node:util";
import { ownServerKinds, startOwnServer, type OwnServerKind } from "../servers/own-server.ts";
import { makeDatabase } from "./database.ts";
import type { Cell } from "./measure-stage.ts";
import type { StageName } from "./options.ts";
import { runStage } from "./run-stage.ts";
import { OPERATIONS, type OperationName } from "./stage.ts";

const STAGES = ["pool", "pipelined", "gathered", "repository", "echo", "grpc"] as const satisfies readonly StageName[];
const FLIGHTS = [1, 8, 64, 256];

const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "postgresql,mariadb" },
    stages: { type: "string", default: STAGES.join() },
    operations: { type: "string", default: OPERATIONS.join() },
    orders: { type: "string", default: "100000" },
    flights: { type: "string", default: FLIGHTS.join() },
    ms: { type: "string", default: "1500" },
    json: { type: "boolean", default: false },
    profile: { type: "string" },
    survivors: { type: "string" },
  },
});
const some = <Name extends string>(names: readonly Name[], text: string): readonly Name[] => {
  const asked = text.split(",");
  const strange = asked.find((name) => !names.some((known) => known === name));
  if (strange !== undefined) throw new TypeError(`there is no ${strange}, only ${names.join(", ")}`);
  return names.filter((name) => asked.includes(name));
};
const [servers, stages, operations] = [some(ownServerKinds, values.servers), some(STAGES, values.stages), some(OPERATIONS, values.operations)]; // prettier-ignore
const [orders, measured, flights] = [Number(values.orders), Number(values.ms), values.flights.split(",").map(Number)];
const directory = await mkdtemp(join(tmpdir(), "pannier-bench-servers-"));
const seed = join(directory, "seed.db");
try {
  // It says what to ask for, and is of no other use.
  await makeDatabase(seed, orders);
  if (!values.json)
    stdout.write(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}; ${orders} orders; µs are CPU of one call\n`);
  for (const kind of servers) await measureServer(kind);
} finally {
  await rm(directory, { recursive: true, force: true });
} // prettier-ignore

async function measureServer(kind: OwnServerKind): Promise<void> {
  const server = await startOwnServer(kind);
  try {
    const database = await server.pid();
    const cells: Cell[] = [];
    for (const name of stages) {
      if (name === "pipelined" && kind !== "postgresql") continue; // no other driver has it
      stderr.write(`bench: ${kind}: ${name}\n`);
      // One of its own for each, as SQLite's stages have: one for all would have grown by what was created before, and be vacuumed.
      const file = await server.database();
      await makeDatabase(file, orders, false);
      const task = { name, file, inputs: seed, operations, flights, measured, warm: measured / 3, database, entities: 0, transport: "native" } as const; // prettier-ignore
      const into = (directory: string | undefined): string | undefined => directory && join(resolve(directory), kind);
      const looking = { profiles: into(values.profile), survivors: into(values.survivors) };
      cells.push(...(await runStage(task, looking)).cells);
    }
    stdout.write(values.json ? `${JSON.stringify({ kind, cells })}\n` : tableOf(kind, cells));
  } finally {
    await server.end();
  }
}

function tableOf(kind: OwnServerKind, cells: readonly Cell[]): string {
  const lines = operations.flatMap((operation) => [
    "",
    row([`${kind}, ${operation}`, "in flight", "calls/s", "p50 ms", "p99 ms", "client µs", "sidecar µs", "server µs"]),
    ...flights.flatMap((each) =>
      cells.filter((cell) => cell.operation === operation && cell.flights === each).map(lineOf),
    ),
  ]);
  return `${[...lines, "", ...referencesOf(cells)].join("\n")}\n`;
}

/** Where nothing serves, the process that is measured is the client. */
function lineOf({ stage, flights: each, perSecond, p50, p99, client, server, database }: Cell): string {
  const [asking, serving] = client === undefined ? [server, undefined] : [client, server];
  const micros = [asking, serving, stage === "echo" ? undefined : database].map((cost) => cost?.toFixed(1) ?? "");
  const times = [p50.toFixed(3), p99.toFixed(3)];
  return row([`  ${stage}`, String(each), Math.round(perSecond).toLocaleString("en"), ...times, ...micros]);
}

function referencesOf(cells: readonly Cell[]): readonly string[] {
  const cell = (stage: StageName, operation: OperationName, each: number): Cell | undefined =>
    cells.find((one) => one.stage === stage && one.operation === operation && one.flights === each);
  // What is left of a sidecar's CPU when its transport and its driver are taken off, each as it is alone, with as many in flight.
  const own = (each: number): number | undefined => {
    const [grpc, echo, driver] = [cell("grpc", "Get", each), cell("echo", "Get", each), cell("gathered", "Get", each)];
    return grpc && echo && driver && grpc.server - echo.server - driver.server;
  };
  const [many, pool] = [cell("repository", "Get", 256), cell("pool", "Get", 256)];
  const [created, inserted] = [cell("repository", "Create", 64), cell("pool", "Create", 64)];
  return [
    ...flights.map((each) => referenceOf(`CPU of a point read in the sidecar but transport and driver, ${each} in flight, µs`, own(each), "most", 30)),
    referenceOf("rows read by the repository, 256 callers, × the pool of 10", ratio(many?.perSecond, pool?.perSecond), "least", 2),
    referenceOf("their p99, × the pool of 10", ratio(many?.p99, pool?.p99), "most", 1),
    referenceOf("Creates of the repository, 64 callers, × the pool of 10", ratio(created?.perSecond, inserted?.perSecond), "least", 4),
  ];
} // prettier-ignore

function referenceOf(text: string, found: number | undefined, kind: "most" | "least", bound: number): string {
  if (found === undefined) return `  –  ${text}: not measured`;
  const holds = kind === "most" ? found <= bound : found >= bound;
  return `${holds ? " ok " : "OVER"} ${text}: ${found.toFixed(2)} (at ${kind} ${bound})`;
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}

function row(parts: readonly string[]): string {
  return parts.map((part, i) => (i === 0 ? part.padEnd(24) : part.padStart(i === 1 ? 10 : 12))).join("");
}
