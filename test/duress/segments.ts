// A Scan of many items in segments on DynamoDB, while pages fail and the reader is interrupted: every item once.
//   node test/duress/segments.ts [--items 100000] [--segments 8]
import assert from "node:assert/strict";
import { argv, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ScanCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { JsonObject } from "@bufbuild/protobuf";
import { cpuOf, memoryOf } from "../bench/process-cost.ts";
import { ask, objectOf, objects, part, textOf } from "../integration/ask.ts";
import { startSidecar, testEntities, type Sidecar } from "../integration/sidecar.ts";
import { createAnswerProxy, type AnswerProxy, type Choose } from "../servers/answer-proxy.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";
import { beginRun } from "../servers/run-server.ts";

const accounts = "test.v1.AccountRepository";

export interface Told {
  readonly items: number;
  /** Frames that told an error. */
  readonly errors: number;
  /** Requests of the database that the proxy answered by a failure. */
  readonly failures: number;
  /** Times that the reader went away and came back. */
  readonly interruptions: number;
  readonly seconds: number;
  /** MiB of the sidecar before and at the most. */
  readonly memory: { readonly before: number; readonly peak: number };
}

export interface Stage {
  readonly sidecar: Sidecar;
  readonly proxy: AnswerProxy;
  readonly direct: DynamoDBClient;
  readonly table: string;
  readonly items: number;
  close(): Promise<void>;
}

/** So many rows behind a proxy. */
export async function setStage(items: number): Promise<Stage> {
  const endpoint = await dynamodbServer();
  const proxy = await createAnswerProxy(endpoint);
  const url = placeAt(proxy.endpoint);
  const environment = { PANNIER_STORES_DEFAULT_URL: url };
  const sidecar = await startSidecar({ environment, descriptors: testEntities });
  const direct = dynamodbClient(endpoint);
  for (let from = 0; from < items; from += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, items - from) }, (_, i) => from + i);
    const writes = some.map((i) => ({ create: { entity: { id: idOf(i), name: `row ${i} ${"x".repeat(100)}` } } }));
    await ask(sidecar, `${accounts}/BatchWrite`, { writes });
  }
  return {
    sidecar,
    proxy,
    direct,
    table: `${new URL(url).pathname.slice(1)}accounts`,
    items,
    close: async () => {
      await sidecar.dispose();
      direct.destroy();
      await proxy.close();
    },
  };
}

const BATCH = 100;

/** After so many the hindered reader goes away. */
const FRAMES = 40;

function idOf(i: number): string {
  return `row-${String(i).padStart(7, "0")}`;
}

/** Reads all, going on after every error and interruption. @throws AssertionError where an item is missing, or comes twice */
export async function scanAll(stage: Stage, { segments, hindered }: Scanning): Promise<Told> {
  const { sidecar, proxy, items } = stage;
  const pid = sidecar.process.pid ?? 0;
  const pageSize = Math.min(500, Math.max(10, Math.round(items / 200)));
  const before = memoryOf(pid).resident;
  const seen = new Set<string>();
  let [failures, errors, interruptions, token, peak] = [0, 0, 0, "", before];
  const choose: Choose = (operation, nth) => {
    const how = operation === "Scan" ? FAILURES[nth % PERIOD] : undefined;
    if (how) failures += 1;
    return how;
  };
  if (hindered) proxy.choose(choose);
  const began = performance.now();
  try {
    for (let isEnd = false; !isEnd;) {
      const request = { parallelism: segments, onError: "ERROR_POLICY_CONTINUE", resumeToken: token, pageSize };
      const { frames, end } = await sidecar.stream(`${accounts}/Scan`, request, hindered ? { frames: FRAMES } : {});
      const told = errors;
      for (const frame of frames.map(objectOf)) {
        for (const { id } of objects(frame, "entities")) {
          assert.ok(!seen.has(textOf(id)), `${textOf(id)} comes twice`);
          seen.add(textOf(id));
        }
        if (part(frame, "error") !== undefined) errors += 1;
        token = textOf(frame["resumeToken"]);
      }
      peak = Math.max(peak, memoryOf(pid).resident);
      const isCut = hindered && frames.length >= FRAMES;
      if (isCut) interruptions += 1;
      else if (end !== undefined) errors += 1;
      // A segment that gave up is left to whoever goes on with the token.
      isEnd = !isCut && errors === told;
    }
  } finally {
    proxy.choose(undefined);
  }
  assert.equal(seen.size, items, "items are missing");
  const seconds = (performance.now() - began) / 1_000;
  return { items: seen.size, errors, failures, interruptions, seconds, memory: { before, peak } };
}

export interface Scanning {
  readonly segments: number;
  /** Whether pages fail, and the reader goes away now and then. */
  readonly hindered: boolean;
}

/** Of each so many requests, by position: short trouble that is asked again, and at the end so much that the segment gives up. */
const PERIOD = 30;
const THROTTLED = { kind: "error", type: "ProvisionedThroughputExceededException" } as const;
const BROKEN = { kind: "error", type: "InternalServerError", status: 500 } as const;
const RESET = { kind: "lose" } as const;
const FAILURES: { readonly [position: number]: typeof THROTTLED | typeof BROKEN | typeof RESET } = {
  3: THROTTLED,
  9: RESET,
  15: BROKEN,
  21: THROTTLED,
  22: BROKEN,
  23: RESET,
  24: THROTTLED,
  25: BROKEN,
  26: RESET,
  27: THROTTLED,
  28: BROKEN,
};

/** The client of the database alone, in this process: pages of a table, or of segments side by side. */
export async function plainScan({ direct, table, items }: Stage, segments: number): Promise<number> {
  const began = performance.now();
  const counts = await Promise.all(
    Array.from({ length: segments }, async (_, Segment) => {
      let count = 0;
      let from: JsonObject | undefined;
      do {
        const page = await direct.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            Limit: 501,
            Segment,
            TotalSegments: segments,
            ...(from && { ExclusiveStartKey: from as never }), // as it came
          }),
        );
        count += page.Items?.length ?? 0;
        from = page.LastEvaluatedKey as JsonObject | undefined; // passed on as it is
      } while (from);
      return count;
    }),
  );
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    items,
  );
  return (performance.now() - began) / 1_000;
}

export function lineOf(what: string, { items, errors, failures, interruptions, seconds, memory }: Told): string {
  const { before, peak } = memory;
  return `${what}: ${items} items, each once; ${failures} failures injected, ${errors} told, ${interruptions} interruptions; ${seconds.toFixed(1)} s, ${Math.round(items / seconds)}/s; ${before.toFixed(0)} -> ${peak.toFixed(0)} MiB`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { items: { type: "string", default: "100000" }, segments: { type: "string", default: "8" } },
  });
  const [items, segments] = [Number(values.items), Number(values.segments)];
  const end = await beginRun();
  const stage = await setStage(items);
  const tell = (text: string): void => void stdout.write(`${text}\n`);
  try {
    tell(lineOf(`${segments} segments, hindered`, await scanAll(stage, { segments, hindered: true })));
    for (let round = 0; round < 2; round += 1)
      for (const width of [1, segments]) {
        const cpu = cpuOf(stage.sidecar.process.pid ?? 0);
        const told = await scanAll(stage, { segments: width, hindered: false });
        const used = (cpuOf(stage.sidecar.process.pid ?? 0) - cpu) / items;
        tell(`${lineOf(`${width} of the sidecar`, told)}; ${used.toFixed(1)} us of CPU each`);
        const seconds = await plainScan(stage, width);
        tell(`${width} of the plain client: ${seconds.toFixed(1)} s, ${Math.round(items / seconds)}/s`);
      }
  } finally {
    await stage.close();
    await end();
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) await main();
