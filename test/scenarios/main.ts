// Plays the acceptance scenarios and prints each: what was asked, how many rows came, how long it took. Ends with 1 when one fails.
//   node test/scenarios/main.ts [--of triggerx|shop] [--server postgresql|mariadb|mysql|tidb, or --store URL] [--rows 10000]
import { exit, stdout } from "node:process";
import { parseArgs } from "node:util";
import { ownServerKinds, startOwnServer } from "../servers/own-server.ts";
import { scenarios, shopScenarios } from "./scenarios.ts";
import { setStage, type Asked, type Stage } from "./stage.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string" },
    seed: { type: "string" },
    store: { type: "string" },
    of: { type: "string", default: "triggerx" },
    server: { type: "string" },
    "allow-scans": { type: "boolean" },
  },
});
const print = (text: string): boolean => stdout.write(`${text}\n`);

const kind = ownServerKinds.find((each) => each === values.server);
const server = kind && (await startOwnServer(kind));
const url = (await server?.database()) ?? values.store ?? "sqlite:pannier.db";
const isShop = values.of === "shop";
const played = isShop ? shopScenarios : scenarios;
const of = isShop ? "shop" : "triggerx";
const size = { of, seed: Number(values.seed ?? 1), rows: Number(values.rows ?? 10_000), url } as const;
const stage = await setStage({ ...size, ...(values["allow-scans"] === true && { scans: "allow" }) });
const { rows, ms } = stage.loaded;
print(`${number(rows)} rows loaded over gRPC in ${seconds(ms)} (${number((rows / ms) * 1_000)} rows/s)`);

let failures = 0;
for (const { name, play } of played) failures += await perform(name, play);
await stage.close();
await server?.end();
print(`\n${played.length - failures} of ${played.length} scenarios hold; no request asked for allow_scan`);
exit(failures === 0 ? 0 : 1);

async function perform(name: string, play: (stage: Stage) => Promise<void>): Promise<number> {
  const started = performance.now();
  try {
    await play(stage);
    print(`\n✓ ${name}  (${seconds(performance.now() - started)} with the comparison)`);
    return 0;
  } catch (error) {
    print(`\n✗ ${name}\n${error instanceof Error ? error.stack : String(error)}`);
    return 1;
  } finally {
    for (const asked of stage.takeAsked()) print(line(asked));
  }
}

function line({ method, request, calls, rows: found, ms: time }: Asked): string {
  const { pageToken: _first, ...named } = request;
  const text = JSON.stringify(named);
  const shown = text.length > 96 ? `${text.slice(0, 95)}…` : text;
  const figures = `${number(calls)} calls, ${number(found)} rows, ${(time / calls).toFixed(2)} ms each`;
  return `    ${method.padEnd(27)} ${shown}\n    ${"".padEnd(27)} ${figures}`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
