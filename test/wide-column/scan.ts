// A table read whole in segments, broken off and gone on with: every row once, the memory of the sidecar, rows a second beside the driver's own paging;
// and a BatchGet of 100 keys beside 100 point reads of the driver.
//   node test/wide-column/scan.ts [--rows 1000000] [--segments 8] [--frames 150]
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { types, type Client } from "cassandra-driver";
import { ask, objectOf, objects, part, textOf } from "../integration/ask.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";
import { cassandraClient } from "../servers/cassandra.ts";
import { startCluster } from "../servers/cassandra-cluster.ts";

const products = "shop.v1.ProductRepository";

/** Inserts under way at once. */
const WIDTH = 96;

/** Plain rows of the driver, as another program would have written them. */
export async function fill(client: Client, rows: number): Promise<void> {
  const text = "INSERT INTO products (id, name, category, stock, version, pannier_row) VALUES (?, ?, ?, ?, 1, true)";
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < rows; i = next++)
      await client.execute(text, [idOf(i), `product ${i}`, `category ${i % 50}`, i], { prepare: true });
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
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

/** Answers the token to go on with; undefined at the end. */
async function partOf(
  sidecar: Sidecar,
  request: { readonly pageSize: number; readonly parallelism: number; readonly resumeToken: string },
  frames: number,
  take: (stocks: readonly number[]) => void,
): Promise<string | undefined> {
  const method = sidecar.registry.getService(products)?.methods.find(({ name }) => name === "Scan");
  if (!method) throw new Error("Scan is not served");
  const { registry } = sidecar;
  const bytes = (value: Buffer): Buffer => value;
  const asked = Buffer.from(toBinary(method.input, fromJson(method.input, request, { registry })));
  const stream = sidecar.client.makeServerStreamRequest(`/${products}/Scan`, bytes, bytes, asked);
  let [count, token] = [0, request.resumeToken];
  try {
    for await (const frame of stream) {
      const json = objectOf(toJson(method.output, fromBinary(method.output, frame as Buffer), { registry })); // as `bytes` leaves it
      take(objects(json, "entities").map(({ stock }) => Number(stock ?? 0)));
      token = textOf(json["resumeToken"]);
      if ((count += 1) >= frames) return token;
    }
    return undefined;
  } finally {
    stream.cancel();
  }
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

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rows: { type: "string", default: "1000000" },
      segments: { type: "string", default: "8" },
      frames: { type: "string", default: "150" },
    },
  });
  const print = (text: string): boolean => stdout.write(`${text}\n`);
  const [rows, segments, frames] = [Number(values.rows), Number(values.segments), Number(values.frames)];
  const cluster = await startCluster({ nodes: 1, heap: 512 });
  const url = await cluster.keyspace(1);
  const sidecar = await startSidecar({ environment: { PANNIER_STORES_DEFAULT_URL: url, PANNIER_LOG_LEVEL: "error" } });
  const client = cassandraClient(new URL(url));
  try {
    const began = performance.now();
    await fill(client, rows);
    print(`${rows} rows written by the driver in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    for (const each of [1, segments]) {
      const told = await scanned(sidecar, rows, each, frames);
      const { before, most } = told.memory;
      const speed = (told.rows / told.seconds).toFixed(0);
      print(
        `Scan, ${each} segments, broken off ${told.parts - 1} times: ${told.rows} rows, each once; ${speed} rows/s; sidecar ${before.toFixed(0)} MiB before, ${most.toFixed(0)} at most`,
      );
      print(`the driver's paging, 1,000 rows a page: ${(await paged(client, rows)).toFixed(0)} rows/s`);
    }
    const keys = (turn: number): readonly string[] => Array.from({ length: 100 }, (_, i) => idOf((turn * 7_919 + i * 104_729) % rows)); // prettier-ignore
    const batch = async (turn: number): Promise<void> => {
      const answer = await ask(sidecar, `${products}/BatchGet`, { keys: keys(turn).map((id) => ({ id })) });
      assert.equal(objects(answer, "results").filter((each) => part(each, "entity") !== undefined).length, 100);
    };
    const singles = async (turn: number): Promise<void> => {
      const read = (id: string): Promise<types.ResultSet> =>
        client.execute("SELECT * FROM products WHERE id = ?", [id], { prepare: true });
      assert.ok((await Promise.all(keys(turn).map(read))).every((found) => found.rows.length === 1));
    };
    await median(200, batch);
    await median(200, singles);
    const [one, other] = [await median(200, batch), await median(200, singles)];
    print(`BatchGet of 100 over gRPC: ${one.toFixed(2)} ms; 100 point reads of the driver at once: ${other.toFixed(2)} ms; ${(one / other).toFixed(2)}`); // prettier-ignore
  } finally {
    await client.shutdown();
    await sidecar.dispose();
    await cluster.close();
  }
}
