// The attack rows of test/cases again and again on each transport, what each round leaves of memory, and what it costs:
// `node test/duress/attack-memory.ts [rounds]`, 5 by default.
import assert from "node:assert/strict";
import { argv, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { endlessHeaders, overflowingWindows, pingFlood, resets, settingsFlood, unpackingBeforeSettings, unpackingHeaders, unread } from "../cases/wire/attacks.ts"; // prettier-ignore
import { startSidecar, testEntities, type Sidecar } from "../integration/sidecar.ts";
import { cpuOf } from "../bench/process-cost.ts";
import { imageEnvironment, residentOf, watching } from "./measure.ts";

const everything = "test.v1.EverythingRepository";

/** By row of test/cases. */
const attacks: { readonly [name: string]: (sidecar: Sidecar) => Promise<unknown> } = {
  "3: 200,000 resets": resets,
  "5: endless headers": endlessHeaders,
  "6: a million SETTINGS": settingsFlood,
  "6: a million PING": (sidecar) => pingFlood(sidecar, { reads: false }),
  "7: 2,000 overflowing windows": overflowingWindows,
  "8: 4,000 headers that unpack": (sidecar) => unpackingHeaders(sidecar, 1_500),
  "8: the same before SETTINGS": (sidecar) => unpackingBeforeSettings(sidecar, 72),
  "33: 20 scans nobody reads": (sidecar) => unread(sidecar, `/${everything}/Scan`, 20),
  "33: 20 answers nobody reads": (sidecar) => unread(sidecar, `/${everything}/List`, 20),
};

export interface Rounds {
  readonly attack: string;
  /** MiB resident: at the most, and when the round was over. */
  readonly rounds: readonly { readonly most: number; readonly after: number }[];
  /** Milliseconds of the server's CPU, all threads, of one round. */
  readonly cpu: number;
}

/** After honest load for so many milliseconds: a program that has served nothing has not its size yet. */
export async function attackMemory(transport: string, rounds: number, warm: number): Promise<readonly Rounds[]> {
  const sidecar = await startSidecar({
    yaml: "stores: {default: {url: 'sqlite:attacks.db'}}\nlimits: {slow_consumer: 1s, streams_per_connection: 1600}\n",
    descriptors: testEntities,
    environment: { ...imageEnvironment(), PANNIER_TRANSPORT: transport },
  });
  try {
    const table: Rounds[] = [await honest(sidecar, warm)];
    for (const [attack, run] of Object.entries(attacks)) {
      const seen: { most: number; after: number }[] = [];
      const before = cpuOf(sidecar.process.pid ?? 0);
      for (let round = 0; round < rounds; round++) {
        const { most } = await watching(sidecar, () => run(sidecar));
        seen.push({ most, after: residentOf(sidecar) });
      }
      table.push({ attack, rounds: seen, cpu: (cpuOf(sidecar.process.pid ?? 0) - before) / 1_000 / rounds });
    }
    table.push(await honest(sidecar, warm));
    return table;
  } finally {
    await sidecar.dispose();
  }
} // prettier-ignore

async function honest(sidecar: Sidecar, milliseconds: number): Promise<Rounds> {
  const before = cpuOf(sidecar.process.pid ?? 0);
  await load(sidecar, milliseconds);
  const resident = residentOf(sidecar);
  const cpu = (cpuOf(sidecar.process.pid ?? 0) - before) / 1_000;
  return { attack: "honest load", rounds: [{ most: resident, after: resident }], cpu };
}

const lanes = 32;

/** Rows of which an answer holds more than a window are among it. */
async function load(sidecar: Sidecar, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  const put = async (id: string, bytes: number): Promise<void> => {
    const { ok } = await sidecar.call(`${everything}/Put`, { entity: { id, bytesValue: "x".repeat(bytes) } });
    assert.ok(ok, "an honest call was refused");
  };
  for (const id of ["a", "b", "c"]) await put(id, 500_000);
  const lane = async (): Promise<void> => {
    while (performance.now() < until) await put("d", 400);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const rounds = Number(argv[2] ?? 5);
  stdout.write("| attack | transport | MiB after each round | at most | CPU ms a round |\n| --- | --- | --- | --- | --- |\n");
  for (const transport of ["native", "grpc-js"])
    for (const { attack, rounds: seen, cpu } of await attackMemory(transport, rounds, 4_000 * rounds)) {
      const after = seen.map((round) => round.after.toFixed(0)).join(", ");
      const most = Math.max(...seen.map((round) => round.most)).toFixed(0);
      stdout.write(`| ${attack} | ${transport} | ${after} | ${most} | ${cpu.toFixed(0)} |\n`);
    }
} // prettier-ignore
