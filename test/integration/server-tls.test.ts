// Encrypted connections to real servers: what each mode believes, who signs in by certificate or password, and credentials that change meanwhile.
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall, type Rows } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { ANY_SERVER, mariadbTlsServer, say, type TlsServer } from "../servers/mariadb.ts";
import { hasMysql, mysqlTlsServer } from "../servers/mysql.ts";
import { postgresqlTlsServer } from "../servers/postgresql.ts";

const own = entities.filter(({ name }) => name.endsWith(".Account"));

/** A server, how its statements are said, and how its users are made: `secured` signs in by certificate, `signed` by password. */
interface Kind {
  readonly name: string;
  readonly start: () => Promise<TlsServer>;
  readonly say: (server: URL, text: string) => Promise<readonly (readonly unknown[])[]>;
  readonly database: string;
  readonly users: readonly string[];
  readonly setPassword: (to: string) => string;
  /** The connections of `signed`. */
  readonly connections: string;
}

const MYSQL: Omit<Kind, "name" | "start"> = {
  say: (server, text) => say(server, text, ANY_SERVER),
  database: "tls_modes",
  users: [
    "CREATE DATABASE tls_modes",
    "CREATE USER secured@'%' REQUIRE SUBJECT '/CN=secured'",
    "CREATE USER signed@'%' IDENTIFIED BY 'first'",
    "GRANT ALL ON *.* TO secured@'%'",
    "GRANT ALL ON *.* TO signed@'%'",
  ],
  setPassword: (to) => `ALTER USER signed@'%' IDENTIFIED BY '${to}'`,
  connections: "SELECT id FROM information_schema.processlist WHERE user = 'signed'",
};

const kinds: readonly Kind[] = [
  {
    name: "PostgreSQL",
    start: postgresqlTlsServer,
    say: sayToPostgresql,
    database: "postgres",
    users: ["CREATE ROLE secured SUPERUSER LOGIN", "CREATE ROLE signed SUPERUSER LOGIN PASSWORD 'first'"],
    setPassword: (to) => `ALTER ROLE signed PASSWORD '${to}'`,
    connections: "SELECT pid FROM pg_stat_activity WHERE usename = 'signed'",
  },
  { ...MYSQL, name: "MariaDB", start: mariadbTlsServer },
  ...(hasMysql ? [{ ...MYSQL, name: "MySQL", start: mysqlTlsServer }] : []),
];

async function sayToPostgresql(server: URL, text: string): Promise<readonly (readonly unknown[])[]> {
  const client = new pg.Client({ connectionString: server.href, ssl: ANY_SERVER });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text, rowMode: "array" })).rows;
  } finally {
    await client.end();
  }
}

interface Wanted {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  /** Files are named by what they are. */
  readonly parameters: { readonly [name: string]: string };
}

const BY_CERTIFICATE = { sslrootcert: "ca.pem", sslcert: "secured.pem", sslkey: "secured.key" };

const taken: readonly (readonly [why: string, Wanted])[] = [
  ["require believes any server", { host: "127.0.0.1", parameters: { sslmode: "require" } }],
  ["verify-ca looks at who signed, not at the name", { host: "127.0.0.1", parameters: { sslmode: "verify-ca", sslrootcert: "ca.pem" } }],
  ["verify-full looks at the name too", { parameters: { sslmode: "verify-full", sslrootcert: "ca.pem" } }],
  ["a client signs in by its certificate", { user: "secured", parameters: { sslmode: "verify-full", ...BY_CERTIFICATE } }],
]; // prettier-ignore

const refused: readonly (readonly [why: string, Wanted])[] = [
  ["a server that takes encrypted connections alone refuses others", { parameters: {} }],
  ["verify-ca refuses a server that another authority signed", { parameters: { sslmode: "verify-ca", sslrootcert: "other-ca.pem" } }],
  ["verify-full refuses another name", { host: "127.0.0.1", parameters: { sslmode: "verify-full", sslrootcert: "ca.pem" } }],
  ["verify-full believes no server that nobody known signed", { parameters: { sslmode: "verify-full" } }],
  ["a user of certificates without one is refused", { user: "secured", parameters: { sslmode: "require" } }],
]; // prettier-ignore

describe.each(kinds)("$name", (kind) => {
  let folder = "";
  let server: URL;
  const opened: Adapter[] = [];
  beforeAll(async () => {
    const started = await kind.start();
    folder = started.folder;
    server = new URL(started.url);
    for (const text of kind.users) await kind.say(server, text);
  }, 300_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((adapter) => adapter.close()));
  });

  const open = async ({
    host = "localhost",
    port,
    user,
    password,
    passwordFile,
    parameters,
  }: Wanted): Promise<Rows> => {
    const url = new URL(server);
    url.hostname = host;
    if (port !== undefined) url.port = String(port);
    if (user !== undefined) url.username = user;
    if (password !== undefined) url.password = password;
    url.pathname = `/${kind.database}`;
    for (const [name, value] of Object.entries(parameters))
      url.searchParams.set(name, /\.(?:pem|key)$/u.test(value) ? join(folder, value) : value);
    const secret = passwordFile === undefined ? {} : { passwordFile };
    const plant =
      (opens: OpenAdapter): OpenAdapter =>
      (options) =>
        opens({ ...options, ...secret, settings: { "pool.max": 1 } });
    const clock = manualClock();
    const inner = await openAdapter({ store: "main", url: url.href, dataDir: "", clock, entities: own }, plant);
    const adapter = guard(inner, "main");
    opened.push(adapter);
    return subjectOf("main", adapter, clock, own).rows("Account");
  };

  test.each(taken)("%s", async (_, wanted) => {
    const accounts = await open(wanted);
    expect(await accounts.put({ id: "tls", name: "kept" })).toMatchObject({ row: { name: "kept" } });
  });

  test.each(refused)("%s", async (_, wanted) => {
    const accounts = await open(wanted);
    const fault = await refusal("STORE_UNAVAILABLE", accounts.create({ id: "refused" }));
    expect(JSON.stringify(fault.message)).not.toContain(folder);
  });

  test("of several hosts the first that takes connections is used", async () => {
    const parameters = { sslmode: "verify-full", sslrootcert: "ca.pem", hosts: `localhost:${server.port}` };
    const accounts = await open({ host: "127.0.0.1", port: 1, parameters });
    expect(await accounts.put({ id: "tls", name: "second host" })).toMatchObject({ row: { name: "second host" } });
  });

  test("who signed in with a password that has changed is replaced at the next look at the store", async () => {
    await kind.say(server, kind.setPassword("first"));
    const passwordFile = join(folder, "password");
    await writeFile(passwordFile, "first\n");
    const parameters = { sslmode: "verify-full", sslrootcert: "ca.pem" };
    const accounts = await open({ user: "signed", password: "first", passwordFile, parameters });
    await accounts.put({ id: "tls", name: "first" });
    await opened[0]!.ping(testCall());
    const before = await kind.say(server, kind.connections);
    expect(before).toHaveLength(1);
    await kind.say(server, kind.setPassword("second"));
    await writeFile(passwordFile, "second\n");
    await opened[0]!.ping(testCall());
    await expect.poll(() => kind.say(server, kind.connections)).not.toContainEqual(before[0]);
    expect(await accounts.put({ id: "tls", name: "second" })).toMatchObject({ row: { name: "second" } });
  });

  test("a certificate is read from its file at every connection", async () => {
    const bring = async (from: string): Promise<void> => {
      await copyFile(join(folder, `${from}.pem`), join(folder, "rotated.pem"));
      await copyFile(join(folder, `${from}.key`), join(folder, "rotated.key"));
    };
    await bring("other-ca");
    const parameters = { sslmode: "verify-ca", sslrootcert: "ca.pem", sslcert: "rotated.pem", sslkey: "rotated.key" };
    const accounts = await open({ user: "secured", parameters });
    await refusal("STORE_UNAVAILABLE", accounts.create({ id: "refused" }));
    await bring("secured");
    expect(await accounts.put({ id: "tls", name: "rotated" })).toMatchObject({ row: { name: "rotated" } });
  });
});
