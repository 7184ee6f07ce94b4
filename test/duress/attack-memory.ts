// The attack rows of test/cases again and again, and what each round leaves of memory: `node test/duress/attack-memory.ts [rounds]`, 5 by default.
import assert from "node:assert/strict";
import { argv, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { endlessHeaders, overflowingWindows, pingFlood, resets, settingsFlood, unpackingBeforeSettings, unpackingHeaders, unread } from "../cases/wire/attacks.ts"; // prettier-ignore
import { startSidecar, testEntities, type Sidecar } from "../integration/sidecar.ts";
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
}

/** After honest load for so many milliseconds: a program that has served nothing has not its size yet. */
export async function attackMemory(rounds: number, warm: number): Promise<readonly Rounds[]> {
  const sidecar = await startSidecar({
    yaml: "stores: {default: {url: 'sqlite:attacks.db'}}\nlimits: {slow_consumer: 1s, streams_per_connection: 1600}\n",
    descriptors: testEntities,
    environment: imageEnvironment(),
  });
  try {
    await load(sidecar, warm);
    const table: Rounds[] = [{ attack: "honest load", rounds: [{ most: residentOf(sidecar), after: residentOf(sidecar) }] }];
    for (const [attack, run] of Object.entries(attacks)) {
      const seen: { most: number; after: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        const { most } = await watching(sidecar, () => run(sidecar));
        seen.push({ most, after: residentOf(sidecar) });
      }
      table.push({ attack, rounds: seen });
    }
    await load(sidecar, warm);
    table.push({ attack: "honest load", rounds: [{ most: residentOf(sidecar), after: residentOf(sidecar) }] });
    return table;
  } finally {
    await sidecar.dispose();
  }
} // prettier-ignore

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
  const table = await attackMemory(Number(argv[2] ?? 5), 20_000);
  stdout.write("| attack | MiB after each round | at most |\n| --- | --- | --- |\n");
  for (const { attack, rounds } of table) {
    const after = rounds.map((round) => round.after.toFixed(0)).join(", ");
    stdout.write(`| ${attack} | ${after} | ${Math.max(...rounds.map(({ most }) => most)).toFixed(0)} |\n`);
  }
}
