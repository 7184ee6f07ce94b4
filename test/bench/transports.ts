// The same Get through each transport in one run, in turns: `node test/bench/transports.ts [rounds]`. Needs h2load (nghttp2); prints ratios that a noisy machine leaves true.
import { spawnSync } from "node:child_process";
import { readFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { fromJson, toBinary } from "@bufbuild/protobuf";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";

const transports = ["grpc-js", "native"] as const;
const inFlight = [1, 8, 64];
const rounds = Number(argv[2] ?? 3);
const seconds = 3;
const service = "shop.v1.ProductRepository";

interface Taken {
  /** Microseconds of the server's CPU, all threads, for each call. */
  readonly cpu: number;
  readonly callsPerSecond: number;
  /** As h2load writes it. */
  readonly mean: string;
}

const folder = await mkdtemp(join(tmpdir(), "pannier-transports-"));
const sidecars = new Map<string, Sidecar>();
for (const transport of transports)
  sidecars.set(transport, await startSidecar({ environment: { PANNIER_TRANSPORT: transport } }));
try {
  for (const sidecar of sidecars.values()) await prepare(sidecar);
  for (const [transport, sidecar] of sidecars) await drive(sidecar, 64, `${transport}, warming up`);
  for (let round = 1; round <= rounds; round++)
    for (const streams of inFlight)
      for (const [transport, sidecar] of sidecars) await drive(sidecar, streams, `${transport}, round ${round}`);
} finally {
  for (const sidecar of sidecars.values()) await sidecar.dispose();
  await rm(folder, { recursive: true });
}

/** Writes a row, and the bytes that ask for it. */
async function prepare(sidecar: Sidecar): Promise<void> {
  const made = await sidecar.call(`${service}/Create`, {
    entity: { id: "bench", name: "n".repeat(100), category: "c" },
  });
  if (!made.ok) throw new Error(`the row was not written: ${made.message}`);
  const key = { key: { id: "bench" } };
  const got = await sidecar.call(`${service}/Get`, key);
  if (!got.ok) throw new Error(`the row was not read: ${got.message}`); // h2load does not look at the status of gRPC
  const method = sidecar.registry.getService(service)?.methods.find(({ name }) => name === "Get");
  if (!method) throw new Error("there is no Get");
  const body = toBinary(method.input, fromJson(method.input, key, { registry: sidecar.registry }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  await writeFile(join(folder, "get"), Buffer.concat([prefix, body]));
}

async function drive(sidecar: Sidecar, streams: number, name: string): Promise<void> {
  const before = await cpuOf(sidecar);
  const { stdout: said } = spawnSync(
    "h2load",
    ["-D", String(seconds), "-c", "1", "-m", String(streams), "-d", join(folder, "get"), "-H", "content-type: application/grpc", "-H", "te: trailers", `http://${sidecar.address}/${service}/Get`],
    { encoding: "utf8" },
  ); // prettier-ignore
  const calls = Number(/(\d+) succeeded/.exec(said)?.[1] ?? 0);
  const mean = /time for request:\s+\S+\s+\S+\s+(\S+)/.exec(said)?.[1] ?? "?";
  const taken: Taken = { cpu: ((await cpuOf(sidecar)) - before) / calls, callsPerSecond: calls / seconds, mean };
  const memory = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${sidecar.process.pid}/status`, "utf8"))?.[1];
  stdout.write(
    `${name}, ${streams} in flight: ${taken.cpu.toFixed(1)} µs CPU, ${taken.callsPerSecond.toFixed(0)} calls/s, mean ${taken.mean}, ${Math.round(Number(memory) / 1_024)} MB\n`,
  );
}

/** Microseconds, of all threads. */
async function cpuOf({ process: { pid } }: Sidecar): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
