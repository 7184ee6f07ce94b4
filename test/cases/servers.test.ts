// Database servers that refuse, that are cut off, or that take no writes: rows 71 to 73.
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterEach, beforeEach, describe, expect } from "vitest";
import { startSidecar, testEntities, type Outcome, type Sidecar } from "../integration/sidecar.ts";
import { testServers, type ServerSide } from "../integration/server-side.ts";
import { createFaultProxy, type FaultProxy } from "../servers/fault-proxy.ts";
import { say } from "../servers/mariadb.ts";
import { postgresqlTlsServer } from "../servers/postgresql.ts";
import { freePort } from "../servers/run-server.ts";
import { CANARY, declare, requireEnd } from "./fact.ts";
import { expected } from "./table.ts";

const accounts = "test.v1.AccountRepository";
const execute = "pannier.v1.TransactionService/Execute";

function requireFact(row: number, name: string, outcome: Outcome): void {
  const expectation = expected(row, name);
  if (expectation.kind !== "call") throw new Error(`"${name}" is no fact about a call`);
  requireEnd(outcome, expectation);
}

/** Milliseconds; a call that is refused because something is down has them all. */
const timeout = 20_000;
const LIMIT = 120_000;

describe.each(testServers.filter(({ name }) => name === "PostgreSQL" || name === "MariaDB"))("on $name", (server) => {
  const isPostgres = server.name === "PostgreSQL";
  let url: URL;
  let proxy: FaultProxy;
  let direct: ServerSide;
  let sidecar: Sidecar | undefined;
  beforeEach(async () => {
    url = new URL(await server.database());
    proxy = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
    direct = await server.connect(url);
  }, LIMIT);
  afterEach(async () => {
    proxy.set("pass");
    await sidecar?.dispose();
    sidecar = undefined;
    await direct.close();
    await proxy.close();
  });

  const start = async (change: (to: URL) => void = () => {}): Promise<Sidecar> => {
    const to = new URL(url);
    change(to);
    sidecar = await startSidecar({ descriptors: testEntities, yaml: `stores: {default: {url: '${to.href}'}}\n` });
    return sidecar;
  };
  const through = (to: URL): void => void (to.port = String(proxy.port));
  const create = (to: Sidecar, id: string): Promise<Outcome> =>
    to.call(`${accounts}/Create`, { entity: { id, name: CANARY } }, { timeout });

  declare(71, "a server that refuses the connection", server.name, async () => {
    const port = await freePort();
    const served = await start((to) => void (to.port = String(port)));
    requireFact(71, "a server that refuses the connection", await create(served, "a"));
    expect(await served.call("grpc.health.v1.Health/Check", { service: accounts })).toMatchObject({
      json: { status: "NOT_SERVING" },
    });
  });

  declare(71, "a server that refuses the password", server.name, async () => {
    const [to, user] = isPostgres ? [await withPassword()] : [url, await madeUser(url, "IDENTIFIED BY 'right'")];
    const served = await start((changed) => {
      changed.href = to.href;
      if (user !== undefined) changed.username = user;
      changed.password = CANARY;
    });
    requireFact(71, "a server that refuses the password", await create(served, "a"));
  });

  declare(71, "a server that takes no more clients", server.name, async () => {
    const user = isPostgres ? await madeRole(url) : await madeUser(url, "WITH MAX_USER_CONNECTIONS 1");
    const served = await start((to) => void (to.username = user));
    await expect.poll(async () => (await create(served, randomUUID())).ok, { timeout: 60_000 }).toBe(true);
    await direct.hold((await held(served)).id);
    const first = served.call(`${accounts}/Update`, { entity: { id: "held", name: "b" } }, { timeout });
    await expect.poll(() => direct.waiting(), { timeout: 60_000 }).toBe(1);
    // Health checks may have been refused so often that nobody is let through for a while.
    let outcome: Outcome | undefined;
    const refused = async (): Promise<string> => {
      outcome = await create(served, randomUUID());
      return outcome.ok ? "" : outcome.reason;
    };
    await expect.poll(refused, { timeout: 60_000 }).toBe("POOL_EXHAUSTED");
    await direct.release();
    await first;
    if (!outcome) throw new Error("it was asked");
    requireFact(71, "a server that takes no more clients", outcome);
  });

  declare(72, "the answer to a single statement", server.name, async () => {
    const served = await start(through);
    expect(await create(served, "a")).toMatchObject({ ok: true });
    proxy.set("lose answers");
    const outcome = await create(served, "b");
    proxy.set("pass");
    requireFact(72, "the answer to a single statement", outcome);
    await expect.poll(() => direct.counts("b")).toEqual(["0"]);
    expect(await create(served, "b")).toMatchObject({ reason: "KEY_EXISTS" });
  });

  declare(72, "the answer to a COMMIT", server.name, async () => {
    const served = await start(through);
    expect(await create(served, "a")).toMatchObject({ ok: true });
    const update = {
      "@type": "type.googleapis.com/test.v1.AccountRepositoryUpdateRequest",
      entity: { id: "a" },
      increment: { int64Count: "1" },
    };
    proxy.set("lose commits");
    const outcome = await served.call(execute, { operations: [update, update] }, { timeout });
    proxy.set("pass");
    requireFact(72, "the answer to a COMMIT", outcome);
    await expect.poll(() => direct.counts("a")).toEqual(["2"]);
  });

  declare(73, "a server that takes no writes", server.name, async () => {
    const served = await start();
    expect(await create(served, "a")).toMatchObject({ ok: true });
    await direct.refuseWrites();
    const outcome = await create(served, "b");
    expect(await served.call(`${accounts}/Get`, { key: { id: "a" } })).toMatchObject({ ok: true });
    await direct.takeWrites();
    requireFact(73, "a server that takes no writes", outcome);
    expect(await create(served, "b")).toMatchObject({ ok: true });
  });
});

/** A row that a transaction of another holds. */
async function held(served: Sidecar): Promise<{ readonly id: string }> {
  await served.call(`${accounts}/Create`, { entity: { id: "held" } }, { timeout });
  return { id: "held" };
}

/** A server of PostgreSQL that asks this role for a password, whether it is there or not; the others trust everybody. */
async function withPassword(): Promise<URL> {
  const to = new URL((await postgresqlTlsServer()).url);
  to.username = "signed";
  to.searchParams.set("sslmode", "require");
  return to;
}

/** May have one connection. */
async function madeRole(url: URL): Promise<string> {
  const name = `one_${randomUUID().slice(0, 8)}`;
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`CREATE ROLE ${name} LOGIN CONNECTION LIMIT 1`);
  await admin.query(`GRANT CREATE ON SCHEMA public TO ${name}`);
  await admin.end();
  return name;
}

async function madeUser(url: URL, how: string): Promise<string> {
  const name = `one_${randomUUID().slice(0, 8)}`;
  await say(url, `CREATE USER ${name}@'%' ${how}`);
  await say(url, `GRANT ALL ON ${url.pathname.slice(1)}.* TO ${name}@'%'`);
  return name;
}
