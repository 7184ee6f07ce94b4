// Mixed load with malformed calls among it, and the memory of the server meanwhile. `node test/duress/mixed-load.ts [seconds]`, 300 by default.
import assert from "node:assert/strict";
import { argv } from "node:process";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonValue } from "@bufbuild/protobuf";
import { createRandom } from "../fixtures/random.ts";
import type { Outcome, Sidecar } from "../integration/sidecar.ts";
import { loopOf, residentOf, watched, type Held } from "./measure.ts";
import { accounts, plains, Stage, type StageOptions } from "./stage.ts";

export interface Sample {
  readonly seconds: number;
  /** MiB. */
  readonly resident: number;
  /** Of a sidecar that is `watched`. */
  readonly loop: Held | undefined;
}

export interface Load {
  readonly samples: readonly Sample[];
  readonly calls: number;
  readonly malformed: number;
  /** Codes that well-formed calls ended with, and how often. */
  readonly codes: ReadonlyMap<string, number>;
}

const lanes = 16;
/** Rows come round again, so that the database does not grow. */
const keys = 5_000;

/** @param every seconds between samples */
export async function mixedLoad(
  seconds: number,
  every: number,
  options: StageOptions = { environment: watched },
): Promise<Load> {
  const stage = await Stage.open(options);
  const isWatched = options.environment?.["NODE_OPTIONS"] !== undefined;
  const { sidecar } = stage;
  const until = performance.now() + seconds * 1_000;
  const state = { calls: 0, malformed: 0, codes: new Map<string, number>() };
  const work = Array.from({ length: lanes }, (_, lane) => loadLane(sidecar, lane, until, state));
  const samples: Sample[] = [];
  const started = performance.now();
  while (performance.now() < until) {
    await setTimeout(Math.min(every * 1_000, Math.max(until - performance.now(), 1)));
    const loop = isWatched ? await loopOf(sidecar) : undefined;
    const at = Math.round((performance.now() - started) / 1_000);
    samples.push({ seconds: at, resident: residentOf(sidecar), loop });
  }
  await Promise.all(work);
  await stage.healthIs(true);
  await stage.close();
  return { samples, ...state };
}

interface State {
  calls: number;
  malformed: number;
  readonly codes: Map<string, number>;
}

async function loadLane(sidecar: Sidecar, lane: number, until: number, state: State): Promise<void> {
  const random = createRandom(lane + 1);
  while (performance.now() < until) {
    state.calls += 1;
    if (random.integer(0, 99) === 0) {
      state.malformed += 1;
      await malformed(sidecar, random.integer(0, 6));
      continue;
    }
    const outcome = await wellFormed(sidecar, random.integer(0, 99), random.integer(0, keys - 1), lane);
    const code = outcome === undefined || outcome.ok ? "0" : `${outcome.code} ${outcome.reason}`;
    state.codes.set(code, (state.codes.get(code) ?? 0) + 1);
  }
}

async function wellFormed(sidecar: Sidecar, kind: number, key: number, lane: number): Promise<Outcome | undefined> {
  const id = `key-${key}`;
  const call = (method: string, request: JsonValue): Promise<Outcome> => sidecar.call(method, request);
  if (kind < 40) return call(`${plains}/Get`, { key: { id } });
  if (kind < 60) return call(`${plains}/Put`, { entity: { id, name: `name-${key % 97}`, count: String(key), data: blob } });
  if (kind < 70) return call(`${plains}/List`, { where: { name: { eq: `name-${key % 97}` } }, pageSize: 20 });
  if (kind < 78) return call(`${accounts}/Update`, { entity: { id }, increment: { plainCount: "1" }, allowMissing: true });
  if (kind < 84) return call(`${plains}/BatchGet`, { keys: Array.from({ length: 20 }, (_, i) => ({ id: `key-${(key + i) % keys}` })) });
  if (kind < 88) return call(`${plains}/Delete`, { key: { id }, allowMissing: true });
  if (kind < 92) return call(`${plains}/BatchWrite`, { writes: Array.from({ length: 10 }, (_, i) => ({ put: { entity: { id: `batch-${lane}-${i}` } } })), atomic: true });
  if (kind < 95) return call(`${accounts}/Create`, { entity: { id, email: `mail-${key % 50}` } });
  if (kind < 98) return call(`${plains}/Count`, { where: { count: { gte: "4990" } } });
  const { end } = await sidecar.stream(`${plains}/Scan`, { where: { name: { eq: `name-${key % 97}` } } });
  return end;
} // prettier-ignore

const blob = Buffer.alloc(400, 1).toString("base64");

/** Calls that a client which is broken or hostile makes; none may go well. */
async function malformed(sidecar: Sidecar, kind: number): Promise<void> {
  const raw = (path: string, bytes: Buffer): Promise<number> =>
    new Promise((resolve) => {
      const pass = (buffer: Buffer): Buffer => buffer;
      sidecar.client.makeUnaryRequest(path, pass, pass, bytes, (error) => resolve(error?.code ?? 0));
    });
  const codes: readonly (() => Promise<number>)[] = [
    () => raw(`/${plains}/Get`, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])),
    () => raw(`/${plains}/Put`, Buffer.alloc(2_000_000, 0x0a)),
    () => raw(`/${plains}/Nothing`, Buffer.alloc(10)),
    () => raw("/no.such.Service/Method", Buffer.alloc(0)),
    () => codeOf(sidecar.call(`${plains}/List`, { pageToken: "not a token" })),
    () => codeOf(sidecar.call(`${plains}/List`, { where: { name: {} } })),
    () => codeOf(sidecar.call(`${plains}/Put`, { entity: { name: "no key" } })),
  ];
  assert.notEqual(await codes[kind]?.(), 0, "a malformed call went well");
}

async function codeOf(call: Promise<Outcome>): Promise<number> {
  const outcome = await call;
  return outcome.ok ? 0 : outcome.code;
}

/** MiB in a minute, by least squares. */
export function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [x, y] = [mean((sample) => sample.seconds), mean((sample) => sample.resident)];
  const covariance = mean((sample) => (sample.seconds - x) * (sample.resident - y));
  return (60 * covariance) / mean((sample) => (sample.seconds - x) ** 2);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const seconds = Number(argv[2] ?? 300);
  const load = await mixedLoad(seconds, Math.max(seconds / 30, 1));
  console.log("| seconds | resident MiB | heap MiB | loop held at most ms |\n| --- | --- | --- | --- |");
  for (const { seconds: at, resident, loop } of load.samples)
    console.log(`| ${at} | ${resident.toFixed(0)} | ${loop?.heap.toFixed(0)} | ${loop?.most.toFixed(0)} |`);
  const warm = load.samples.filter((sample) => sample.seconds >= seconds / 3);
  const slope = slopeOf(warm);
  const codes = [...load.codes].map(([code, count]) => `${code}: ${count}`).join(", ");
  console.log(
    `${load.calls} calls, ${load.malformed} malformed; ${codes}; slope after warm-up ${slope.toFixed(2)} MiB a minute`,
  );
  assert.ok(seconds < 240 || slope < 3, "memory grows");
}
