// Requests whose rows are far larger than their answers may be, 16 side by side, and the memory of the server at its highest: `node test/duress/large-answers.ts [rows] [url of the store] [part of a request's name]`, 1,000 on SQLite by default.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { argv, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { fromBinary, fromJson, toBinary, type JsonValue } from "@bufbuild/protobuf";
import { memoryBudgets } from "../../src/cli/process-limits.ts";
import { storesMemory } from "../../src/compose/open-store.ts";
import { loadConfiguration } from "../../src/config/config.ts";
import { failure, startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { imageEnvironment, loopOf, watched } from "./measure.ts";
import { plains } from "./stage.ts";

const SIDE_BY_SIDE = 16;
const EXECUTE = "pannier.v1.TransactionService/Execute";
const MIB = 1_048_576;

export interface Highest {
  readonly request: string;
  /** MiB resident, before and at the most. */
  readonly before: number;
  readonly most: number;
  /** Milliseconds in which the event loop did nothing else, at the most. */
  readonly held: number;
  /** How calls ended, and how often. */
  readonly ends: ReadonlyMap<string, number>;
  /** Of the answers that came. */
  readonly bytes: number;
  readonly seconds: number;
}

/** Half of a row of 400 KB is one value of bytes, half is a list of strings. */
function row(number: number): JsonValue {
  const labels = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(10_000));
  return { id: idOf(number), size: String((number * 7_919) % 1_000), data: Buffer.alloc(200_000, number).toString("base64"), labels };
} // prettier-ignore

function idOf(number: number): string {
  return `row-${String(number).padStart(6, "0")}`;
}

function requestsOf(rows: number): {
  readonly [name: string]: { readonly method: string; readonly request: JsonValue };
} {
  const ids = Array.from({ length: rows }, (_, number) => ({ id: idOf(number) }));
  const get = (key: JsonValue): JsonValue => ({
    "@type": "type.googleapis.com/test.v1.PlainRepositoryGetRequest",
    key,
  });
  return {
    [`BatchGet of ${rows}`]: { method: `${plains}/BatchGet`, request: { keys: ids } },
    [`BatchWrite of ${rows} Updates`]: {
      method: `${plains}/BatchWrite`,
      request: { writes: ids.map((entity) => ({ update: { entity, increment: { ratio: 1 } } })) },
    },
    [`Execute of ${rows} Gets`]: { method: EXECUTE, request: { operations: ids.map(get) } },
    [`List of ${rows}, sorted here`]: {
      method: `${plains}/List`,
      request: { orderBy: "size desc", pageSize: rows, allowScan: true },
    },
  };
}

/** Each kind of request on a server of its own, which has served before. */
export async function largeAnswers(rows: number, url: string, part = ""): Promise<readonly Highest[]> {
  const first = await serve(url);
  const { directory } = first;
  try {
    for (let number = 0; number < rows; number++) await put(first, row(number));
    await first.stop();
    const highest: Highest[] = [];
    for (const [name, { method, request }] of Object.entries(requestsOf(rows))) {
      if (!name.includes(part)) continue;
      const sidecar = await serve(url, directory);
      try {
        for (let number = 0; number < 200; number++) await put(sidecar, { id: "warm", count: String(number) });
        highest.push(await highestOf(sidecar, name, method, request));
      } finally {
        sidecar.client.close();
        await sidecar.stop();
      }
    }
    return highest;
  } finally {
    first.client.close();
    await first.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function serve(url: string, directory?: string): Promise<Sidecar> {
  const yaml = `stores: {default: {url: '${url}'}}\n`;
  const environment = { ...imageEnvironment(), ...watched };
  return startSidecar({ yaml, descriptors: testEntities, environment, ...(directory !== undefined && { directory }) });
}

async function put(sidecar: Sidecar, entity: JsonValue): Promise<void> {
  const { ok } = await sidecar.call(`${plains}/Put`, { entity, readMask: "id" });
  assert.ok(ok, "an honest call was refused");
}

async function highestOf(sidecar: Sidecar, request: string, method: string, message: JsonValue): Promise<Highest> {
  const ask = asking(sidecar, method, message);
  await loopOf(sidecar);
  const before = peakOf(sidecar);
  const started = performance.now();
  const outcomes = await Promise.all(Array.from({ length: SIDE_BY_SIDE }, ask));
  const seconds = (performance.now() - started) / 1_000;
  const most = peakOf(sidecar);
  const { most: held } = await loopOf(sidecar);
  const ends = new Map<string, number>();
  for (const end of outcomes.map(endOf)) ends.set(end, (ends.get(end) ?? 0) + 1);
  const bytes = outcomes.reduce((sum, outcome) => sum + (outcome.ok ? outcome.length : 0), 0);
  return { request, before, most, held, ends, bytes, seconds };
}

/** MiB: the most that was resident since this was last asked. */
function peakOf({ process }: Sidecar): number {
  const status = readFileSync(`/proc/${process.pid}/status`, "utf8");
  writeFileSync(`/proc/${process.pid}/clear_refs`, "5"); // proc(5): the peak begins anew
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

type Answered = { readonly ok: true; readonly length: number } | Extract<Outcome, { readonly ok: false }>;

/** The message is made once, and answers are counted and not read: this process is on the same machine. */
function asking({ client, registry }: Sidecar, path: string, message: JsonValue): () => Promise<Answered> {
  const [service = "", name = ""] = path.split("/");
  const method = registry.getService(service)?.methods.find((candidate) => candidate.name === name);
  assert.ok(method, `${path} is not served`);
  const bytes = Buffer.from(toBinary(method.input, fromJson(method.input, message, { registry })));
  const pass = (buffer: Buffer): Buffer => buffer;
  return () =>
    new Promise((resolve) => {
      client.makeUnaryRequest(`/${path}`, pass, pass, bytes, { deadline: Date.now() + 30_000 }, (error, answer) => {
        if (error) return resolve(failed(failure(error)));
        fromBinary(method.output, answer ?? Buffer.alloc(0));
        resolve({ ok: true, length: answer?.length ?? 0 });
      });
    });
}

function failed(outcome: Outcome): Answered {
  if (outcome.ok) throw new TypeError("a failure was taken for a success");
  return outcome;
}

function endOf(answered: Answered): string {
  return answered.ok ? "OK" : `${answered.code} ${answered.reason}`;
}

/** MiB that `serve` adds up before it starts. */
export async function statedBudget(url: string): Promise<number> {
  const directory = join(testEntities, "..");
  const flags = { "stores.default.url": url };
  const { config } = await loadConfiguration({ flags: new Map(Object.entries(flags)), environment: {}, directory });
  const budgets = memoryBudgets(config, await storesMemory(config.stores.values()));
  return budgets.reduce((sum, { mebibytes }) => sum + mebibytes, 0);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const url = argv[3] ?? "sqlite:rows.db";
  const budget = await statedBudget(url);
  stdout.write(`Resident, ${SIDE_BY_SIDE} side by side; serve states ${budget} MiB.\n\n`);
  stdout.write("| request | MiB before | at most | loop held | answers | ended | took |\n| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const { request, before, most, held, ends, bytes, seconds } of await largeAnswers(Number(argv[2] ?? 1_000), url, argv[4])) {
    const ended = Array.from(ends, ([end, times]) => `${times} ${end}`).join(", ");
    stdout.write(`| ${request} | ${before.toFixed(0)} | ${most.toFixed(0)} | ${held.toFixed(0)} ms | ${(bytes / MIB).toFixed(1)} MiB | ${ended} | ${seconds.toFixed(1)} s |\n`);
  }
} // prettier-ignore
