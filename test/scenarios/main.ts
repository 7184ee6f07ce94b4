// Plays the acceptance scenarios and prints each: what was asked, how many rows came, how long it took. Ends with 1 when one fails.
//   node test/scenarios/main.ts [--of triggerx|shop] [--server postgresql|mariadb|mysql|tidb|cassandra|dynamodb, or --store URL] [--rows 10000]
// In pieces, of which the last ends with 0, or 1, and those before it with 75:
//   node test/scenarios/main.ts --server cassandra --allow-scans --rows 100000 --large-page 5000 --folder FOLDER --minutes 9
import { exit, stdout } from "node:process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { dynamodbPlace } from "../servers/dynamodb.ts";
import { startCluster } from "../servers/cassandra-cluster.ts";
import { beginRun } from "../servers/run-server.ts";
import { ownServerKinds, startOwnServer, type OwnServerKind } from "../servers/own-server.ts";
import { Kept, Unfinished } from "./kept.ts";
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
    "large-page": { type: "string" },
    folder: { type: "string" },
    minutes: { type: "string" },
  },
});
const print = (text: string): boolean => stdout.write(`${text}\n`);

const ownNode = async (): Promise<OwnPlace> => {
  const folder = values.folder === undefined ? undefined : join(values.folder, "node");
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const cluster = await startCluster({ nodes: 1, heap: 1_536, isPatient: true, folder });
  return { url: await cluster.keyspace(1), end: () => cluster.close() };
};
const ownServer = async (kind: OwnServerKind): Promise<OwnPlace> => {
  const server = await startOwnServer(kind);
  return { url: await server.database(), end: () => server.end() };
};

const localDynamodb = async (): Promise<OwnPlace> => {
  const end = await beginRun();
  return { url: await dynamodbPlace(), end };
};

const ownPlace = async (): Promise<OwnPlace | undefined> => {
  if (values.server === "cassandra") return ownNode();
  if (values.server === "dynamodb") return localDynamodb();
  const kind = ownServerKinds.find((each) => each === values.server);
  return kind && ownServer(kind);
};
const own = await ownPlace();
const url = own?.url ?? values.store ?? "sqlite:pannier.db";
const isShop = values.of === "shop";
const played = isShop ? shopScenarios : scenarios;
const of = isShop ? "shop" : "triggerx";
const over = performance.now() + 60_000 * Number(values.minutes ?? Infinity);
const isOver = (): boolean => performance.now() >= over;
const kept = values.folder === undefined ? undefined : new Kept({ folder: values.folder, isOver, tell: print });
const size = { of, seed: Number(values.seed ?? 1), rows: Number(values.rows ?? 10_000), url } as const;
const options = {
  ...size,
  ...(values["allow-scans"] === true && { scans: "allow" as const }),
  ...(values["large-page"] !== undefined && { largePage: Number(values["large-page"]) }),
  ...(kept && { kept }),
};

let [failures, isUnfinished] = [0, false];
try {
  const stage = await setStage(options);
  const { rows, ms } = stage.loaded;
  print(`${number(rows)} rows loaded over gRPC in ${seconds(ms)} (${number((rows / ms) * 1_000)} rows/s)`);
  try {
    for (const { name, play } of played) {
      if (kept?.hasHeld(name) === true) continue;
      failures += await perform(stage, name, play);
      if (failures > 0 && kept) break; // the rows in memory are no longer those of the store
      await kept?.held(name, stage.allRows);
    }
  } finally {
    await stage.close();
  }
} catch (error) {
  if (!(error instanceof Unfinished)) throw error;
  isUnfinished = true;
} finally {
  await own?.end();
}
if (isUnfinished) {
  print("\nthe time of this piece is over: the same command goes on");
  exit(75);
}
print(`\n${played.length - failures} of ${played.length} scenarios hold; no request asked for allow_scan`);
exit(failures === 0 ? 0 : 1);

interface OwnPlace {
  readonly url: string;
  readonly end: () => Promise<void>;
}

async function perform(stage: Stage, name: string, play: (stage: Stage) => Promise<void>): Promise<number> {
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
