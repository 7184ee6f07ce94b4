// A table read whole in segments, broken off and gone on with: every row once, the memory of the sidecar, rows a second beside the driver's own paging;
// and a BatchGet of 100 keys beside 100 point reads of the driver.
//   node test/wide-column/scan.ts [--rows 1000000] [--segments 1,8] [--frames 150] [--rounds 1] [--profile FOLDER]
// In pieces, on data that stays: with --folder FOLDER --minutes 9, again while it ends with 75. The test's own reader is one of three programs on the machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { execPath, stdout } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fromBinary, fromJson, toBinary, type DescMethod } from "@bufbuild/protobuf";
import { types, type Client } from "cassandra-driver";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import { cassandraClient } from "../servers/cassandra.ts";
import { startCluster } from "../servers/cassandra-cluster.ts";

const launcher = fileURLToPath(new URL("../../src/pannier.js", import.meta.url));
const products = "shop.v1.ProductRepository";

/** Batches under way at once, and rows of each: of many partitions, which a node by itself takes at once and no application should ask of several. */
const WIDTH = 16;
const TOGETHER = 100;

/** Rows of the driver's own, as the sidecar would have left them: a transaction for each of a million takes too long. Goes on behind those there. */
export async function fill(client: Client, rows: number, isOver: () => boolean = () => false): Promise<number> {
  const query = "INSERT INTO products (id, name, category, stock, version, pannier_row) VALUES (?, ?, ?, ?, 1, true)";
  const options = { prepare: true, logged: false };
  await client.execute("CREATE TABLE IF NOT EXISTS filled (name text PRIMARY KEY, rows int)", [], { prepare: false });
  const { rows: marks } = await client.execute("SELECT rows FROM filled WHERE name = 'products'");
  let done = Number(marks[0]?.["rows"] ?? 0);
  while (done < rows && !isOver()) {
    const until = Math.min(rows, done + 20_000);
    let next = done;
    const work = async (): Promise<void> => {
      for (let i = next; i < until; i = next) {
        next = Math.min(until, i + TOGETHER);
        const several = Array.from({ length: next - i }, (_, more) => i + more);
        const values = (n: number): unknown[] => [idOf(n), `product ${n}`, `category ${n % 50}`, n];
        const batch = several.map((n) => ({ query, params: values(n) }));
        await persistently(() => client.batch(batch, options));
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    done = until;
    await client.execute("INSERT INTO filled (name, rows) VALUES ('products', ?)", [done], { prepare: true });
  }
  return done;
}

/** A busy machine makes some come too late; the same rows again are the same rows. */
async function persistently(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await work();
      return;
    } catch (error) {
      if (tries > 20) throw error;
      await wait(500);
    }
}

function idOf(i: number): string {
  return `product-${String(i).padStart(8, "0")}`;
}

export interface Scanned {
  readonly rows: number;
  readonly parts: number;
  readonly seconds: number;
  /** Of the sidecar while it was scanned. MiB. */
  readonly memory: { readonly before: number; readonly most: number };
}

/** Breaks off after so many frames each time, and goes on with the last token. @throws AssertionError where a row is missing or comes twice */
export async function scanned(sidecar: Sidecar, rows: number, segments: number, frames: number): Promise<Scanned> {
  const seen = new Uint8Array(rows);
  const before = memoryOf(sidecar);
  let [most, found, parts] = [before, 0, 0];
  const began = performance.now();
  for (let resumeToken: string | undefined = ""; resumeToken !== undefined; parts += 1) {
    const request = { pageSize: 1_000, parallelism: segments, resumeToken };
    resumeToken = await partOf(sidecar, request, frames, (stocks) => {
      for (const stock of stocks) {
        assert.equal(seen[stock], 0, `row ${stock} came twice`);
        seen[stock] = 1;
      }
      found += stocks.length;
      most = Math.max(most, memoryOf(sidecar));
    });
  }
  assert.equal(found, rows, "rows that are missing");
  return { rows: found, parts, seconds: (performance.now() - began) / 1_000, memory: { before, most } };
}

/** What is looked at of one; its JSON would take as long as the scan. */
interface Frame {
  readonly entities: readonly { readonly stock?: number | bigint }[];
  readonly resumeToken: string;
}

/** Answers the token to go on with; undefined at the end. */
async function partOf(
  sidecar: Sidecar,
  request: { readonly pageSize: number; readonly parallelism: number; readonly resumeToken: string },
  frames: number,
  take: (stocks: readonly number[]) => void,
): Promise<string | undefined> {
  const method = methodOf(sidecar, "Scan");
  const asked = Buffer.from(toBinary(method.input, fromJson(method.input, request)));
  const stream = sidecar.client.makeServerStreamRequest(`/${products}/Scan`, bytes, bytes, asked);
  let [count, token] = [0, request.resumeToken];
  try {
    for await (const bytesOfFrame of stream) {
      const frame = fromBinary(method.output, bytesOfFrame as Buffer) as unknown as Frame; // what the method answers
      take(frame.entities.map(({ stock }) => Number(stock ?? 0)));
      token = frame.resumeToken;
      if ((count += 1) >= frames) return token;
    }
    return undefined;
  } finally {
    stream.cancel();
  }
}

const bytes = (value: Buffer): Buffer => value;

function methodOf(sidecar: Sidecar, name: string): DescMethod {
  const method = sidecar.registry.getService(products)?.methods.find((each) => each.name === name);
  if (!method) throw new Error(`${name} is not served`);
  return method;
}

function memoryOf({ process: { pid } }: Sidecar): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/u.exec(text)?.[1] ?? 0) / 1_024;
}

/** Rows a second of the driver's own pages. */
async function paged(client: Client, rows: number): Promise<number> {
  const began = performance.now();
  let found = 0;
  const options = { prepare: true, fetchSize: 1_000, consistency: types.consistencies.quorum };
  for (let pageState: string | undefined; ;) {
    const page = await client.execute("SELECT * FROM products", [], { ...options, ...(pageState !== undefined && { pageState }) }); // prettier-ignore
    found += page.rows.length;
    if (typeof page.pageState !== "string") break;
    ({ pageState } = page);
  }
  assert.equal(found, rows);
  return found / ((performance.now() - began) / 1_000);
}

/** Milliseconds, in the middle of so many turns. */
async function median(turns: number, work: (turn: number) => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const began = performance.now();
    await work(turn);
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(turns / 2)] ?? NaN;
}

interface Batch {
  readonly results: readonly { readonly result: { readonly case?: string } }[];
}

interface Asked {
  readonly rows: number;
  readonly segments: readonly number[];
  readonly frames: number;
  readonly rounds: number;
}

const print = (text: string): boolean => stdout.write(`${text}\n`);

async function scans(sidecar: Sidecar, client: Client, { rows, segments, frames, rounds }: Asked): Promise<void> {
  for (let round = 0; round < rounds; round += 1)
    for (const each of segments) {
      const { parts, seconds, memory } = await scanned(sidecar, rows, each, frames);
      const speed = rows / seconds;
      print(
        `Scan, ${each} segments, broken off ${parts - 1} times: ${rows} rows, each once; ${speed.toFixed(0)} rows/s; sidecar ${memory.before.toFixed(0)} MiB before, ${memory.most.toFixed(0)} at most`,
      );
      const beside = await paged(client, rows);
      print(
        `the driver's paging, 1,000 rows a page: ${beside.toFixed(0)} rows/s; ${(speed / beside).toFixed(2)} of it`,
      );
    }
}

async function batches(sidecar: Sidecar, client: Client, rows: number): Promise<void> {
  const keys = (turn: number): readonly string[] => Array.from({ length: 100 }, (_, i) => idOf((turn * 7_919 + i * 104_729) % rows)); // prettier-ignore
  const method = methodOf(sidecar, "BatchGet");
  const batch = async (turn: number): Promise<void> => {
    const request = { keys: keys(turn).map((id) => ({ id })) };
    const asked = Buffer.from(toBinary(method.input, fromJson(method.input, request)));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    sidecar.client.makeUnaryRequest(`/${products}/BatchGet`, bytes, bytes, asked, (error, answer) =>
      error || !answer ? reject(error ?? new Error("no answer")) : resolve(answer),
    );
    const { results } = fromBinary(method.output, await promise) as unknown as Batch; // what the method answers
    assert.equal(results.filter(({ result }) => result.case === "entity").length, 100);
  };
  const read = async (id: string): Promise<void> => {
    const found = await client.execute("SELECT * FROM products WHERE id = ?", [id], { prepare: true });
    assert.equal(found.rows.length, 1);
  };
  const together = async (turn: number): Promise<void> => void (await Promise.all(keys(turn).map(read)));
  const inTurn = async (turn: number): Promise<void> => {
    for (const id of keys(turn)) await read(id);
  };
  await median(100, batch);
  await median(100, together);
  const [ours, atOnce, each] = [await median(200, batch), await median(200, together), await median(20, inTurn)];
  print(`BatchGet of 100 over gRPC: ${ours.toFixed(2)} ms; 100 point reads of the driver at once: ${atOnce.toFixed(2)} ms (${(ours / atOnce).toFixed(2)}); one after the other: ${each.toFixed(2)} ms (${(ours / each).toFixed(2)})`); // prettier-ignore
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: "1000000" },
      segments: { type: "string", default: "1,8" },
      frames: { type: "string", default: "150" },
      rounds: { type: "string", default: "1" },
      profile: { type: "string" },
      folder: { type: "string" },
      minutes: { type: "string" },
    },
  });
  const over = performance.now() + 60_000 * Number(values.minutes ?? Infinity);
  const rows = Number(values.rows);
  const cluster = await startCluster({ nodes: 1, heap: 768, isPatient: true, folder: values.folder });
  const url = await cluster.keyspace(1);
  const sidecar = await startSidecar({
    environment: { PANNIER_STORES_DEFAULT_URL: url, PANNIER_LOG_LEVEL: "error" },
    ...(values.profile !== undefined && {
      command: [execPath, "--cpu-prof", `--cpu-prof-dir=${values.profile}`, launcher],
    }),
  });
  const client = cassandraClient(new URL(url));
  try {
    const began = performance.now();
    const there = await fill(client, rows, () => performance.now() >= over);
    print(`${there} of ${rows} rows written by the driver, in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    if (there < rows) process.exitCode = 75;
    else {
      const segments = values.segments.split(",").map(Number);
      await scans(sidecar, client, { rows, segments, frames: Number(values.frames), rounds: Number(values.rounds) });
      await batches(sidecar, client, rows);
    }
  } finally {
    await client.shutdown();
    await sidecar.dispose();
    await cluster.close();
  }
}
