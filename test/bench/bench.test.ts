// The benchmark runs, and tells what it should; what it measures is nobody's business here.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CollectionCounter } from "./collections.ts";
import { benchOptions } from "./options.ts";
import { startSidecar } from "./sidecar.ts";
import { connectClient } from "./stages/client.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

async function bench(...flags: readonly string[]): Promise<{ readonly names: readonly string[]; readonly report: unknown }> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, "--quick", "--orders=2000", "--ms=20", "--json", ...flags]);
  const report: unknown = JSON.parse(stdout);
  const { cells } = report as { cells: { stage: string; transport?: string; operation: string; flights: number }[] }; // as main.ts prints it
  const names = cells.map(({ stage, transport = "alone", operation, flights }) => `${stage} ${transport} ${operation} ${flights}`);
  return { names, report };
} // prettier-ignore

test("a short run measures every operation of the stages that were asked for", async () => {
  const { names, report } = await bench("--stages=raw,grpc");
  expect(report).toMatchObject({ orders: 2_000, startUp: { cold: expect.any(Number), warm: expect.any(Number) } });
  for (const operation of ["Get", "BatchGet", "List", "Create", "Update"]) {
    expect(names).toContain(`raw alone ${operation} 1`);
    for (const flights of [1, 8, 64]) expect(names).toContain(`grpc native ${operation} ${flights}`);
  }
}, 120_000);

test("a run of both transports measures what is served on each", async () => {
  const { names } = await bench("--stages=echo", "--operations=Get", "--transport=native,grpc-js");
  for (const transport of ["native", "grpc-js"])
    for (const flights of [1, 8, 64]) expect(names).toContain(`echo ${transport} Get ${flights}`);
}, 120_000);

test("a short run of the clients has every one of them get what it asks for", async () => {
  const program = fileURLToPath(new URL("./clients.ts", import.meta.url));
  const flags = ["--rounds=1", "--ms=20", "--orders=500", "--without-postgresql", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=pannier-source", program, ...flags]);
  const cells = JSON.parse(stdout) as { name: string; flights: number; calls: number }[]; // as clients.ts prints it
  for (const name of ["pannier", "pannier, grpc-js", "grpc-js, bytes", "grpc-js", "connect", "node:sqlite"])
    for (const flights of [1, 64])
      expect(cells).toContainEqual(expect.objectContaining({ name, flights, calls: expect.any(Number) }));
}, 240_000);

test("entities beside the example's are served", async () => {
  const directory = await mkdtemp(join(tmpdir(), "pannier-bench-test-"));
  const serving = { transport: "native", entities: 51 } as const;
  const sidecar = await startSidecar({ ...serving, directory, listen: "127.0.0.1:0", url: "sqlite:pannier.db" });
  try {
    const client = await connectClient(sidecar.address);
    await client.call("/bench.v1.Thing50Repository/Create", Buffer.from([10, 0])); // entity, empty
    await expect(client.call("/bench.v1.Thing51Repository/Create", Buffer.from([10, 0]))).rejects.toThrow("status 12");
    client.close();
  } finally {
    await sidecar.stop();
    await rm(directory, { recursive: true });
  }
}, 120_000);

test("pauses are read from what V8 tells of its collections", () => {
  const counter = new CollectionCounter();
  counter.take("[1:0x5f]      157 ms: Scavenge 3.8 (4.0) -> 3.4 (5.0) MB, 21.51 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure; "); // prettier-ignore
  counter.take("[1:0x5f]      159 ms: Scavenge 3.8 (4.0) -> 3.4 (5.0) MB, pooled: 0.0 MB, 0.49 / 0.00 ms  (average mu = 1.000, current mu = 1.000) task; "); // prettier-ignore
  counter.take("[1:0x5f]     1325 ms: Mark-Compact (reduce) 55.8 (74.6) -> 46.2 (80.8) MB, pooled: 1.0 MB, 103.45 / 0.02 ms  (+ 4.5 ms in 4 steps since start of marking) finalize"); // prettier-ignore
  counter.take("serving grpc on 127.0.0.1:7070");
  expect(counter.counted).toEqual({
    scavenges: { count: 2, total: 22, longest: 21.51 },
    full: { count: 1, total: 103.45, longest: 103.45 },
  });
});

test("what it does not know is refused, with what there is", () => {
  expect(() => benchOptions(["--stages=raw,attic"])).toThrow("there is no attic, only raw, grouped, adapter");
  expect(() => benchOptions(["--transport=quic"])).toThrow("there is no quic, only native, grpc-js");
  expect(() => benchOptions(["--ms=soon"])).toThrow("--ms wants a whole number");
  expect(() => benchOptions(["--fast"])).toThrow("--fast");
});
