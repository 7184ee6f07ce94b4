// Encrypted connections to PostgreSQL: that a cancel request is encrypted too, and brings the client's certificate. What each mode believes: server-tls.test.ts.
import { readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { createCall } from "../../src/model/call.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import type { Rows } from "../conformance/rows.ts";
import { postgresqlDatabase, postgresqlTlsServer } from "../servers/postgresql.ts";

const own = entities.filter(({ name }) => name.endsWith(".Account"));

let folder = "";
let server: URL;
let direct: pg.Client;
const opened: Adapter[] = [];

beforeAll(async () => {
  const started = await postgresqlTlsServer();
  folder = started.folder;
  server = new URL(started.url);
  direct = new pg.Client({ connectionString: server.href, ssl: { rejectUnauthorized: false } });
  await direct.connect();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
});
afterAll(() => direct.end());

interface Wanted {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
  readonly parameters: { readonly [name: string]: string };
}

/** Files are named by what they are. */
async function rowsOf({ host = "localhost", port, database, parameters }: Wanted): Promise<Rows> {
  const url = new URL(server);
  url.hostname = host;
  if (port !== undefined) url.port = String(port);
  if (database !== undefined) url.pathname = database;
  for (const [name, value] of Object.entries(parameters))
    url.searchParams.set(name, /\.(?:pem|key)$/u.test(value) ? join(folder, value) : value);
  const plant =
    (open: OpenAdapter): OpenAdapter =>
    (options) =>
      open({ ...options, settings: { "pool.max": 1 } });
  const clock = manualClock();
  const adapter = await openAdapter({ store: "main", url: url.href, dataDir: "", clock, entities: own }, plant);
  opened.push(adapter);
  return subjectOf("main", guard(adapter, "main"), clock, own).rows("Account");
}

test("a cancel request travels encrypted, and stops the statement", async () => {
  const first: number[] = [];
  const links = createServer((client) => {
    const upstream = connect(Number(server.port), "127.0.0.1");
    client.once("data", (bytes: Buffer) => first.push(bytes.readInt32BE(4)));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream])
      socket.on("error", () => [client, upstream].forEach((each) => each.destroy()));
  });
  await new Promise<void>((resolve) => links.listen(0, "127.0.0.1", resolve));
  const { port } = links.address() as AddressInfo; // a TCP server's
  const accounts = await rowsOf({ port, parameters: { sslmode: "verify-full", sslrootcert: "ca.pem" } });
  await accounts.put({ id: "held" });
  await direct.query("BEGIN");
  await direct.query("SELECT 1 FROM accounts WHERE id = 'held' FOR UPDATE");
  const waiting = async (): Promise<unknown> => {
    const text =
      "SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name = 'pannier' AND wait_event_type = 'Lock'";
    return (await direct.query<{ count: number }>(text)).rows[0]?.count;
  };
  const control = createCall({ timeout: 60_000, requestId: "given up" });
  const mutation = {
    kind: "delete",
    entity: accounts.entity,
    key: ["held"],
    now: 1n,
    soft: false,
    allowMissing: true,
  } as const;
  const write = { mutations: [mutation], atomic: false, returning: false, consistency: undefined };
  const answer = opened[0]!.write(write, control.call).catch(() => undefined);
  await expect.poll(waiting, { timeout: 10_000 }).toBe(1);
  control.abort("cancelled");
  await expect.poll(waiting, { timeout: 10_000 }).toBe(0);
  await answer;
  await direct.query("ROLLBACK");
  expect(first.length).toBeGreaterThan(1);
  expect(new Set(first), "every link begins with the request for encryption").toEqual(new Set([80_877_103]));
  links.close();
});

test("a cancel request brings the client's certificate, where none is let in without one", async () => {
  const files = ["secured.pem", "secured.key", "ca.pem"].map((name) => readFile(join(folder, name)));
  const [cert, key, ca] = await Promise.all(files);
  const behind = new URL(await postgresqlDatabase());
  const asked: number[] = [];
  const door = createServer((client) => {
    client.once("data", () => {
      client.write("S");
      const settings = { isServer: true, requestCert: true, rejectUnauthorized: true };
      const secured = new TLSSocket(client, { ...settings, secureContext: createSecureContext({ cert, key, ca }) });
      const upstream = connect(Number(behind.port), behind.hostname);
      for (const socket of [client, secured, upstream])
        socket.on("error", () => [secured, upstream].forEach((each) => each.destroy()));
      secured.once("data", (bytes: Buffer) => asked.push(bytes.readInt32BE(4)));
      secured.pipe(upstream).pipe(secured);
    });
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  const { port } = door.address() as AddressInfo; // a TCP server's
  const parameters = { sslmode: "verify-ca", sslrootcert: "ca.pem", sslcert: "secured.pem", sslkey: "secured.key" };
  const accounts = await rowsOf({ port, database: behind.pathname, parameters });
  await accounts.put({ id: "held" });
  const control = createCall({ timeout: 60_000, requestId: "given up" });
  const read = { keys: [{ entity: accounts.entity, key: ["held"] }], fields: undefined, consistency: undefined };
  const holding = new pg.Client({ connectionString: behind.href });
  await holding.connect();
  await holding.query("BEGIN");
  await holding.query("LOCK TABLE accounts");
  const answer = opened[0]!.read(read, control.call).catch(() => undefined);
  const waiting = "SELECT 1 FROM pg_locks WHERE relation = 'accounts'::regclass AND NOT granted";
  await expect.poll(async () => (await holding.query(waiting)).rowCount, { timeout: 10_000 }).toBe(1);
  control.abort("cancelled");
  await expect.poll(() => asked, { timeout: 10_000 }).toContain(80_877_102);
  await answer;
  await holding.end();
  door.close();
});
