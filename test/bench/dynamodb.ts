// What a Get of DynamoDB costs the application: by the client of the sidecar, or by the database's own client in process.
//   node --conditions=pannier-source test/bench/dynamodb.ts [--rounds 3] [--ms 1500] [--orders 1000]
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DynamoDBClient, GetItemCommand, ScanCommand, type AttributeValue } from "@aws-sdk/client-dynamodb";
import { connect } from "../../clients/examples/typescript/gen/index.ts";
import { dynamodbClient, dynamodbServer, placeAt } from "../servers/dynamodb.ts";
import { beginRun } from "../servers/run-server.ts";
import { drive } from "./drive.ts";
import { startSidecar } from "./sidecar.ts";
import { expect, nth } from "./stage.ts";

type Item = Record<string, AttributeValue>;

/** For a process that measures one contestant. */
interface Task {
  readonly name: Contestant;
  readonly target: string;
  readonly endpoint: string;
  readonly table: string;
  readonly ids: readonly string[];
  /** Keys of the items of `ids`; bytes in base64. */
  readonly keys: readonly string[];
  readonly measured: number;
}

const CONTESTANTS = ["pannier", "AWS client, plain objects"] as const;
type Contestant = (typeof CONTESTANTS)[number];

interface Cell {
  readonly name: string;
  readonly flights: number;
  readonly cpu: number;
  readonly perSecond: number;
}

const [, , given = ""] = process.argv;
if (process.send && given.startsWith("{")) {
  const task = JSON.parse(given) as Task; // as the parent wrote it
  process.send(await measure(task), () => process.disconnect());
} else await main();

/** What the document client does of an item, at the least: plain values by name. */
function plain(item: Item | undefined): { readonly [name: string]: unknown } {
  return Object.fromEntries(Object.entries(item ?? {}).map(([name, stored]) => [name, plainValue(stored)]));
}

function plainValue({ S, N, BOOL, L, B }: AttributeValue): unknown {
  if (N !== undefined) return Number(N);
  return S ?? BOOL ?? B ?? L?.map(plainValue);
}

async function measure({ name, target, endpoint, table, ids, keys, measured }: Task): Promise<readonly Cell[]> {
  const direct: DynamoDBClient = dynamodbClient(endpoint);
  const db = await connect({ target });
  const get = async (n: number): Promise<void> => {
    if (name === "pannier")
      return expect((await db.shop.orders.get({ id: nth(ids, n) })).id === nth(ids, n), "another");
    const Key = { pannier_pk: { B: Buffer.from(nth(keys, n), "base64") } };
    const { Item: item } = await direct.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
    expect(plain(item)["id"] === nth(ids, n), "another order");
  };
  await drive({ once: get, flights: 64, warm: 0, measured: measured * 2, serverCpu: undefined });
  const cells: Cell[] = [];
  for (const flights of [1, 64]) {
    const told = await drive({ once: get, flights, warm: measured / 3, measured, serverCpu: undefined });
    cells.push({ name, flights, cpu: told.server, perSecond: told.perSecond });
  }
  if (name === "pannier") cells.push(...(await batches(db, ids, measured)));
  await db.close();
  direct.destroy();
  return cells;
}

/** 100 rows by one BatchGet, and by 100 Gets side by side; calls are of 100 rows. */
async function batches(
  db: Awaited<ReturnType<typeof connect>>,
  ids: readonly string[],
  measured: number,
): Promise<readonly Cell[]> {
  const some = (n: number): readonly string[] => Array.from({ length: 100 }, (_, i) => nth(ids, n * 100 + i));
  const ways = {
    "BatchGet of 100": async (n: number) => {
      const found = await db.shop.orders.batchGet(some(n).map((id) => ({ id })));
      expect(
        found.every(({ ok }) => ok),
        "a row is missing",
      );
    },
    "100 Gets": async (n: number) => {
      await Promise.all(some(n).map((id) => db.shop.orders.get({ id })));
    },
  };
  const cells: Cell[] = [];
  for (const [name, way] of Object.entries(ways)) {
    const told = await drive({ once: way, flights: 1, warm: measured / 3, measured, serverCpu: undefined });
    cells.push({ name, flights: 1, cpu: told.server, perSecond: told.perSecond });
  }
  return cells;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      ms: { type: "string", default: "1500" },
      orders: { type: "string", default: "1000" },
    },
  });
  const endRun = await beginRun();
  const directory = await mkdtemp(join(tmpdir(), "pannier-bench-dynamodb-"));
  const endpoint = await dynamodbServer();
  const url = placeAt(endpoint);
  const sidecar = await startSidecar({ transport: "native", entities: 0, listen: "127.0.0.1:0", directory, url });
  try {
    const table = `${new URL(url).pathname.slice(1)}orders`;
    await fill(sidecar.address, Number(values.orders));
    const { ids, keys } = await stored(endpoint, table);
    const cells: Cell[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const name of CONTESTANTS) {
        const task = { name, target: sidecar.address, endpoint, table, ids, keys, measured: Number(values.ms) };
        cells.push(...(await inProcess(task)));
      }
    stdout.write(`${tableOf(cells)}\n`);
  } finally {
    await sidecar.stop();
    await rm(directory, { recursive: true });
    await endRun();
  }
}

async function fill(target: string, orders: number): Promise<void> {
  await using db = await connect({ target });
  for (let i = 0; i < orders; i += 1)
    await db.shop.orders.create({ userId: `user-${i % 50}`, status: "paid", totalAmount: "12.50", currency: "EUR" });
}

async function stored(endpoint: string, TableName: string): Promise<Pick<Task, "ids" | "keys">> {
  const direct = dynamodbClient(endpoint);
  const { Items = [] } = await direct.send(new ScanCommand({ TableName, Limit: 500 }));
  direct.destroy();
  const some = Items.slice(0, 500);
  return {
    ids: some.map((item) => item["id"]?.S ?? ""),
    keys: some.map((item) => Buffer.from(item["pannier_pk"]?.B ?? []).toString("base64")),
  };
}

async function inProcess(task: Task): Promise<readonly Cell[]> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(task)]);
  let cells: readonly Cell[] | undefined;
  child.on("message", (message) => (cells = message as readonly Cell[])); // as `measure` sends it
  const [code] = await once(child, "close");
  if (!cells) throw new Error(`${task.name} ended with ${String(code)} and told nothing`);
  return cells;
}

function tableOf(cells: readonly Cell[]): string {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.name} | ${cell.flights}`;
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;
  const rows = Array.from(groups, ([key, own]) =>
    [key, median(own.map(({ cpu }) => cpu)).toFixed(1), median(own.map(({ perSecond }) => perSecond)).toFixed(0)].join(
      " | ",
    ),
  );
  return ["client | in flight | CPU µs of a call | calls/s", ...rows].join("\n");
}
