// Stores that fail, each beside one that does not: rows 57, 63, 71 and 74.
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { CANARY, declare, requireEnd } from "./fact.ts";
import { expected } from "./table.ts";

const accounts = "test.v1.AccountRepository";
const tickets = "test.v1.TicketRepository";

describe("a store on SQLite, beside one in memory", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-"));
    await mkdir(join(directory, "data"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const start = (store: string): Promise<Sidecar> =>
    startSidecar({
      directory,
      descriptors: testEntities,
      yaml: `stores: {default: {${store}}, other: {url: 'memory:'}}\nentities: {test.v1.Ticket: {store: other}}\n`,
    });
  const file = (name: string): string => join(directory, "data", name);

  declare(74, "a file that another process holds", "sqlite", async () => {
    const sidecar = await start("url: 'sqlite:held.db', options: {busy_timeout_ms: 100}");
    await sidecar.call(`${accounts}/Create`, { entity: { id: "held", name: "before" } });
    const other = new DatabaseSync(file("held.db"));
    other.exec("BEGIN IMMEDIATE");
    const outcome = await sidecar.call(
      `${accounts}/Update`,
      { entity: { id: "held", name: CANARY } },
      { timeout: 20_000 },
    );
    expect(await sidecar.call(`${accounts}/Get`, { key: { id: "held" } })).toMatchObject({
      json: { entity: { name: "before", version: "1" } },
    });
    other.exec("ROLLBACK");
    other.close();
    requireFact(74, "a file that another process holds", outcome);
    expect(await sidecar.call(`${accounts}/Update`, { entity: { id: "held", name: "after" } })).toMatchObject({
      json: { entity: { version: "2" } },
    });
    await requireOther(sidecar, "SERVING");
    await sidecar.dispose();
  });

  declare(63, "a request_id that is running", "sqlite", async () => {
    const sidecar = await start("url: 'sqlite:running.db'");
    const write = { entity: { id: "running", name: CANARY }, requestId: "row 63" };
    const other = new DatabaseSync(file("running.db"));
    other.exec("BEGIN IMMEDIATE");
    const first = sidecar.call(`${accounts}/Create`, write);
    const outcome = await sidecar.call(`${accounts}/Create`, write);
    other.exec("ROLLBACK");
    other.close();
    requireFact(63, "a request_id that is running", outcome);
    const answer = await first;
    expect(answer).toMatchObject({ json: { entity: { id: "running", version: "1" } } });
    const again = await sidecar.call(`${accounts}/Create`, write);
    expect(again.ok && again.json).toEqual(answer.ok && answer.json);
    await sidecar.dispose();
  });

  declare(74, "a damaged page", "sqlite", async () => {
    const before = await start("url: 'sqlite:damaged.db'");
    for (const id of ["a", "b"]) await before.call(`${accounts}/Create`, { entity: { id, name: CANARY } });
    await before.stop();
    await damage(file("damaged.db"));
    const sidecar = await start("url: 'sqlite:damaged.db'");
    const calls = [
      sidecar.call(`${accounts}/Get`, { key: { id: "a" } }),
      sidecar.call(`${accounts}/List`, {}),
      sidecar.call(`${accounts}/Update`, { entity: { id: "b", name: CANARY } }),
    ];
    for (const outcome of await Promise.all(calls)) requireFact(74, "a damaged page", outcome);
    await requireOther(sidecar, "NOT_SERVING");
    await sidecar.dispose();
  });

  declare(74, "a file that is no database", "sqlite", async () => {
    await writeFile(file("foreign.db"), `${CANARY} is no database, and long enough to be taken for one. `.repeat(200));
    const sidecar = await start("url: 'sqlite:foreign.db'");
    const calls = [
      sidecar.call(`${accounts}/Get`, { key: { id: "a" } }),
      sidecar.call(`${accounts}/Create`, { entity: { id: "a", name: CANARY } }),
    ];
    for (const outcome of await Promise.all(calls)) requireFact(74, "a file that is no database", outcome);
    await requireOther(sidecar, "NOT_SERVING");
    await sidecar.dispose();
  });

  declare(71, "a store that cannot be opened", "sqlite", async () => {
    await writeFile(file("in-the-way"), "");
    const sidecar = await start(`url: 'sqlite:${file("in-the-way")}/below.db'`);
    const calls = [
      sidecar.call(`${accounts}/Get`, { key: { id: "a" } }),
      sidecar.call(`${accounts}/Create`, { entity: { id: "a", name: CANARY } }),
      sidecar.call("pannier.v1.TransactionService/Execute", {
        operations: [{ "@type": "type.googleapis.com/test.v1.AccountRepositoryCreateRequest", entity: { id: "a" } }],
      }),
    ];
    for (const outcome of await Promise.all(calls)) requireFact(71, "a store that cannot be opened", outcome);
    await requireOther(sidecar, "NOT_SERVING");
    await sidecar.dispose();
  });

  declare(57, "a table that is not there", "sqlite", async () => {
    const sidecar = await start("url: 'sqlite:bare.db', tables: off");
    const calls = [
      sidecar.call(`${accounts}/Get`, { key: { id: "a" } }),
      sidecar.call(`${accounts}/Create`, { entity: { id: "a", name: CANARY } }),
    ];
    for (const outcome of await Promise.all(calls)) requireFact(57, "a table that is not there", outcome);
    await sidecar.dispose();
  });
});

function requireFact(row: number, name: string, outcome: Outcome): void {
  const found = expected(row, name);
  if (found.kind !== "call") throw new Error(`"${name}" is no fact about a call`);
  requireEnd(outcome, found);
}

/** The store under duress says how it is; the other serves, and so does the process. */
async function requireOther(sidecar: Sidecar, status: "SERVING" | "NOT_SERVING"): Promise<void> {
  const health = (service: string): Promise<Outcome> => sidecar.call("grpc.health.v1.Health/Check", { service });
  expect(await health("store.default")).toMatchObject({ json: { status } });
  expect(await health(accounts)).toMatchObject({ json: { status } });
  expect(await health("store.other")).toMatchObject({ json: { status: "SERVING" } });
  expect(await health(tickets)).toMatchObject({ json: { status: "SERVING" } });
  expect(await sidecar.call(`${tickets}/Put`, { entity: { id: "beside" } })).toMatchObject({ ok: true });
  expect(sidecar.process.exitCode).toBeNull();
}

/** Overwrites the first page of the accounts' table. */
async function damage(path: string): Promise<void> {
  const database = new DatabaseSync(path);
  const { page, size } = Object(
    database
      .prepare(
        "SELECT rootpage AS page, (SELECT page_size FROM pragma_page_size) AS size FROM sqlite_schema WHERE type = 'table' AND name LIKE '%account%'",
      )
      .get(),
  );
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  const handle = await open(path, "r+");
  await handle.write(Buffer.alloc(Number(size), 0xff), 0, Number(size), (Number(page) - 1) * Number(size));
  await handle.close();
}
