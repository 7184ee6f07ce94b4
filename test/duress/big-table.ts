// A table far larger than the memory a server may take for it: filled past the server, then scanned, counted and sorted through it.
import { fork } from "node:child_process";
import { once } from "node:events";
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { statSync } from "node:fs";
import process, { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { toBinary, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ask, numberOf, objects } from "../integration/ask.ts";
import type { Sidecar } from "../integration/sidecar.ts";
import { loopOf, residentOf, watched, watching } from "./measure.ts";
import type { Scenario, Told } from "./scenario.ts";
import { plains, Stage } from "./stage.ts";

const rowBytes = 4_000;

export function bigTable(megabytes: number): Scenario {
  return { name: `scan, Count and top-50 over ${megabytes} MB`, run: () => run(megabytes) };
}

async function run(megabytes: number): Promise<Told> {
  const stage = await Stage.open({ environment: watched });
  await stage.stop();
  const rows = Math.floor((megabytes * 1e6) / rowBytes);
  const child = fork(fileURLToPath(import.meta.url), [stage.file, String(rows)]);
  const [code] = await once(child, "exit");
  assert.equal(code, 0);
  const { size } = statSync(stage.file);
  await stage.begin();
  const { sidecar } = stage;
  const before = residentOf(sidecar);
  await loopOf(sidecar);
  const told: string[] = [];
  const measure = async (name: string, work: () => Promise<unknown>): Promise<number> => {
    const { most, ms } = await watching(sidecar, work);
    const held = await loopOf(sidecar);
    told.push(
      `${name}: ${(ms / 1_000).toFixed(1)} s, memory at most ${most.toFixed(0)} MiB, loop held p99 ${held.p99.toFixed(1)} ms, at most ${held.most.toFixed(1)} ms (collecting garbage at most ${held.collecting.toFixed(1)})`,
    );
    return most;
  };
  const scanned = await measure("scan", async () => assert.equal(await drain(sidecar), rows));
  await measure("Count with a filter that no index serves", async () => {
    const where = { ratio: { lt: 0.25 } };
    const { count } = await ask(sidecar, `${plains}/Count`, { where, allowScan: true });
    assert.equal(numberOf(count), Math.ceil(rows / 4));
  });
  await measure("top 50 by an order that no index serves", async () => {
    const page = await ask(sidecar, `${plains}/List`, {
      orderBy: "size desc",
      pageSize: 50,
      readMask: "id,size",
      allowScan: true,
    });
    assert.deepEqual(objects(page, "entities").map(({ size: found }) => numberOf(found))[0], rows - 1);
  });
  assert.ok(scanned < before + 150, `memory grew from ${before} to ${scanned} MiB in a scan`);
  await stage.close();
  return {
    saw: `${rows} rows, ${(size / 1e6).toFixed(0)} MB`,
    health: "SERVING",
    afterwards: `memory before ${before.toFixed(0)} MiB; ${told.join("; ")}`,
  };
}

/** Rows of a whole Scan; nothing of it is kept. */
async function drain({ client, registry }: Sidecar): Promise<number> {
  const method = registry.getService(plains)?.methods.find(({ name }) => name === "Scan");
  assert.ok(method);
  const request: JsonValue = {};
  const bytes = Buffer.from(toBinary(method.input, fromJson(method.input, request, { registry })));
  const pass = (buffer: Buffer): Buffer => buffer;
  const stream = client.makeServerStreamRequest(`/${plains}/Scan`, pass, pass, bytes);
  let found = 0;
  for await (const frame of stream as AsyncIterable<Buffer>) {
    for (let at = frame.indexOf("row-"); at >= 0; at = frame.indexOf("row-", at + 4)) {
      const key = frame.toString("latin1", at, at + "row-000000000".length);
      if (!/^row-\d{9}$/.test(key)) continue; // a page token may have these letters
      assert.equal(Number(key.slice(4)), found, "a row came twice, or did not come");
      found += 1;
    }
  }
  return found;
}

/** Past the server, because it is quick. */
function fill(file: string, rows: number): void {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA synchronous = OFF; BEGIN");
  const insert = database.prepare(
    "INSERT INTO plains (id, name, count, size, ratio, active, data, kind, labels) VALUES (?, '', 0, ?, ?, 0, ?, 0, '[]')",
  );
  const data = Buffer.alloc(rowBytes, 7);
  const zero = -(2n ** 63n); // uint64 is kept less 2^63
  for (let i = 0; i < rows; i += 1) {
    insert.run(`row-${String(i).padStart(9, "0")}`, zero + BigInt(i), (i % 4) / 4, data);
  }
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

if (argv[1] === fileURLToPath(import.meta.url) && process.send) fill(argv[2] ?? "", Number(argv[3]));
