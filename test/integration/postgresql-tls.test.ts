// Encrypted connections to a real server: what each mode believes, who signs in by certificate, and that a cancel request is encrypted too.
import { writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/guard.ts";
import { createCall } from "../../src/model/call.ts";
import { refusal } from "../conformance/refusal.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import type { Rows } from "../conformance/rows.ts";
import { postgresqlTlsServer } from "../servers/postgresql.ts";

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
  await direct.query("CREATE ROLE secured SUPERUSER LOGIN; CREATE ROLE signed SUPERUSER LOGIN PASSWORD 'first'");
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
});
afterAll(() => direct.end());

interface Wanted {
  readonly host?: string;
  readonly user?: string;
  readonly port?: number;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly parameters: { readonly [name: string]: string };
}

/** Files are named by what they are. */
async function rowsOf({
  host = "localhost",
  user = "postgres",
  port,
  password,
  passwordFile,
  parameters,
}: Wanted): Promise<Rows> {
  const url = new URL(server);
  [url.hostname, url.username] = [host, user];
  if (password !== undefined) url.password = password;
  if (port !== undefined) url.port = String(port);
  for (const [name, value] of Object.entries(parameters))
    url.searchParams.set(name, /\.(?:pem|key)$/u.test(value) ? join(folder, value) : value);
  const plant =
    (open: OpenAdapter): OpenAdapter =>
    (options) =>
      open({ ...options, ...(passwordFile !== undefined && { passwordFile }), settings: { "pool.max": 1 } });
  const clock = manualClock();
  const adapter = await openAdapter({ store: "main", url: url.href, dataDir: "", clock, entities: own }, plant);
  opened.push(adapter);
  return subjectOf("main", guard(adapter, "main"), clock, own).rows("Account");
}

const BY_CERTIFICATE = { sslrootcert: "ca.pem", sslcert: "secured.pem", sslkey: "secured.key" };

const taken: readonly (readonly [why: string, Wanted])[] = [
  ["require believes any server", { host: "127.0.0.1", parameters: { sslmode: "require" } }],
  ["verify-ca looks at who signed, not at the name", { host: "127.0.0.1", parameters: { sslmode: "verify-ca", sslrootcert: "ca.pem" } }],
  ["verify-full looks at the name too", { parameters: { sslmode: "verify-full", sslrootcert: "ca.pem" } }],
  ["a client signs in by its certificate", { user: "secured", parameters: { sslmode: "verify-full", ...BY_CERTIFICATE } }],
]; // prettier-ignore

test.each(taken)("%s", async (_, wanted) => {
  const accounts = await rowsOf(wanted);
  expect(await accounts.put({ id: "tls", name: "kept" })).toMatchObject({ row: { name: "kept" } });
  const { rows } = await direct.query(
    "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'pannier'",
  );
  expect(rows).toEqual([{ ssl: true }]);
});

const refused: readonly (readonly [why: string, Wanted])[] = [
  ["a server that takes encrypted connections alone refuses others", { parameters: {} }],
  ["verify-ca refuses a server that another authority signed", { parameters: { sslmode: "verify-ca", sslrootcert: "other-ca.pem" } }],
  ["verify-full refuses another name", { host: "127.0.0.1", parameters: { sslmode: "verify-full", sslrootcert: "ca.pem" } }],
  ["verify-full believes no server that nobody known signed", { parameters: { sslmode: "verify-full" } }],
  ["a user of certificates without one is refused", { user: "secured", parameters: { sslmode: "require" } }],
]; // prettier-ignore

test.each(refused)("%s", async (_, wanted) => {
  const accounts = await rowsOf(wanted);
  const fault = await refusal("STORE_UNAVAILABLE", accounts.create({ id: "refused" }));
  expect(JSON.stringify(fault.message)).not.toContain(folder);
});

test("a password is read from its file at every connection", async () => {
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, "first\n");
  const wanted = { user: "signed", password: "first", passwordFile, parameters: { sslmode: "require" } };
  const accounts = await rowsOf(wanted);
  await accounts.put({ id: "tls", name: "first" });
  await direct.query("ALTER ROLE signed PASSWORD 'second'");
  await writeFile(passwordFile, "second\n");
  const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'signed'";
  await direct.query(end);
  await expect
    .poll(() => accounts.put({ id: "tls", name: "second" }).catch(() => undefined))
    .toMatchObject({ row: { name: "second" } });
});

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

test("of several hosts the first that takes connections and writes is used", async () => {
  const parameters = { sslmode: "require", hosts: `localhost:${server.port}` };
  const accounts = await rowsOf({ host: "127.0.0.1", port: 1, parameters });
  expect(await accounts.put({ id: "tls", name: "second host" })).toMatchObject({ row: { name: "second host" } });
});
