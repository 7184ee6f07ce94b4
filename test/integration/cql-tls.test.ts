// Encrypted connections to a node that knows its clients by certificate and password: what each mode believes, and who is let in.
import { writeFile } from "node:fs/promises";
import { env } from "node:process";
import { join } from "node:path";
import type { Client } from "cassandra-driver";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import { refusal } from "../conformance/refusal.ts";
import { testCall, type Rows } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { cassandraClient, cassandraTlsServer } from "../servers/cassandra.ts";

const own = entities.filter(({ name }) => name.endsWith(".Account"));
const KEYSPACE = "secured";

let folder = "";
let server: URL;
let direct: Client;
const opened: Adapter[] = [];

interface Wanted {
  readonly host?: string;
  readonly user?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly parameters: { readonly [name: string]: string };
}

interface Opened {
  readonly adapter: Adapter;
  readonly accounts: Rows;
}

/** Files are named by what they are. */
async function open({ host = "localhost", user, password, passwordFile, parameters }: Wanted): Promise<Opened> {
  const url = new URL(server);
  [url.hostname, url.username, url.password] = [host, user ?? "app", password ?? "first"];
  url.pathname = `/${KEYSPACE}`;
  for (const [name, value] of Object.entries(parameters))
    url.searchParams.set(name, /\.(?:pem|key)$/u.test(value) ? join(folder, value) : value);
  const secret = passwordFile === undefined ? {} : { passwordFile };
  const plant =
    (opens: OpenAdapter): OpenAdapter =>
    (options) =>
      opens({ ...options, ...secret });
  const clock = manualClock();
  const inner = await openAdapter({ store: "main", url: url.href, dataDir: "", clock, entities: own }, plant);
  const adapter = guard(inner, "main");
  opened.push(adapter);
  return { adapter, accounts: subjectOf("main", adapter, clock, own).rows("Account") };
}

const KNOWN = { sslcert: "known.pem", sslkey: "known.key" };

describe.skipIf(env["PANNIER_TEST_SERVERS"] !== "all")(
  "a node with PANNIER_TEST_SERVERS=all",
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      const started = await cassandraTlsServer();
      ({ folder, url: server } = started);
      direct = cassandraClient(server, started.options);
      const say = (text: string): Promise<unknown> => direct.execute(text, [], { prepare: false });
      await say("CREATE ROLE app WITH PASSWORD = 'first' AND LOGIN = true");
      await say(`CREATE KEYSPACE ${KEYSPACE} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
    }, 300_000);
    afterEach(async () => {
      for (const adapter of opened.splice(0)) await adapter.close();
    });
    afterAll(() => direct.shutdown());

    const taken: readonly (readonly [why: string, Wanted])[] = [
    ["require believes any server", { host: "127.0.0.1", parameters: { sslmode: "require", ...KNOWN } }],
    ["verify-ca looks at who signed, not at the name", { host: "127.0.0.1", parameters: { sslmode: "verify-ca", sslrootcert: "ca.pem", ...KNOWN } }],
    ["verify-full looks at the name too", { parameters: { sslmode: "verify-full", sslrootcert: "ca.pem", ...KNOWN } }],
  ]; // prettier-ignore

    test.each(taken)("%s", async (_, wanted) => {
      const { accounts } = await open(wanted);
      expect(await accounts.put({ id: "tls", name: "kept" })).toMatchObject({ row: { name: "kept" } });
    });

    const refused: readonly (readonly [why: string, Wanted])[] = [
    ["a server that takes encrypted connections alone refuses others", { parameters: {} }],
    ["verify-ca refuses a server that another authority signed", { parameters: { sslmode: "verify-ca", sslrootcert: "other-ca.pem", ...KNOWN } }],
    ["verify-full refuses another name", { host: "127.0.0.1", parameters: { sslmode: "verify-full", sslrootcert: "ca.pem", ...KNOWN } }],
    ["verify-full believes no server that nobody known signed", { parameters: { sslmode: "verify-full", ...KNOWN } }],
    ["a client without a certificate is refused", { parameters: { sslmode: "verify-full", sslrootcert: "ca.pem" } }],
    ["a wrong password is refused", { password: "second", parameters: { sslmode: "require", ...KNOWN } }],
    ["an unknown user is refused", { user: "nobody", parameters: { sslmode: "require", ...KNOWN } }],
  ]; // prettier-ignore

    test.each(refused)("%s", async (_, wanted) => {
      const { accounts } = await open(wanted);
      const fault = await refusal("STORE_UNAVAILABLE", accounts.create({ id: "refused" }));
      expect(JSON.stringify(fault.message)).not.toMatch(new RegExp(`${folder}|first|second`, "u"));
    });

    test("a password is read from its file at every connection", async () => {
      const passwordFile = join(folder, "password");
      await writeFile(passwordFile, "wrong\n");
      const { adapter, accounts } = await open({ passwordFile, parameters: { sslmode: "require", ...KNOWN } });
      await refusal("STORE_UNAVAILABLE", accounts.create({ id: "early" }));
      await writeFile(passwordFile, "first\n");
      await adapter.ping(testCall());
      expect(await accounts.put({ id: "tls", name: "by file" })).toMatchObject({ row: { name: "by file" } });
    });
  },
);
