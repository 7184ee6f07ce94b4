// Provides an Apache Cassandra node to the tests, once for a whole run; whoever asks gets a keyspace of its own.
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { Client, policies, types, type ClientOptions } from "cassandra-driver";
import { prepareNode } from "./cassandra-node.ts";
import { makeCertificates } from "./certificates.ts";
import { startedOnce, type Started } from "./run-server.ts";

export { VERSION } from "./cassandra-node.ts";

/** The url of an empty keyspace of a node that answers: of the one that PANNIER_TEST_CASSANDRA_URL names, or of one that is started. */
export async function cassandraKeyspace(scheme = "cassandra"): Promise<string> {
  const url = new URL(await cassandraServer());
  const keyspace = `test_${randomUUID().replaceAll("-", "")}`;
  const client = cassandraClient(url);
  try {
    await client.execute(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
  } finally {
    await client.shutdown();
  }
  return `${scheme}://${url.host}/${keyspace}`;
}

/** The url of a node, whose user may create keyspaces. Several calls are one start, which takes some seconds: ask early, wait late. */
export function cassandraServer(): Promise<string> {
  const named = env["PANNIER_TEST_CASSANDRA_URL"];
  if (named !== undefined && named !== "") return Promise.resolve(named);
  return startedOnce("cassandra", start);
}

/** A driver of the tests' own on the node, and on the keyspace where the url names one. */
export function cassandraClient(url: URL, more: Partial<ClientOptions> = {}): Client {
  const keyspace = url.pathname.slice(1);
  return new Client({
    contactPoints: [url.host],
    ...(keyspace !== "" && { keyspace }),
    policies: { loadBalancing: new policies.loadBalancing.RoundRobinPolicy() },
    queryOptions: { consistency: types.consistencies.quorum, prepare: true },
    socketOptions: { readTimeout: 30_000 },
    ...more,
  });
}

/** Everything on 127.0.0.1; nothing of it outlives the run, nor a kill. */
async function start(folder: string): Promise<Started> {
  const { host, ...program } = await prepareNode({ folder });
  return {
    ...program,
    runAs: "root", // the jars lie where only root may enter
    url: `cassandra://${host}`,
    readyIn: 240_000,
    isReady: (url) => answers(new URL(url)),
  };
}

async function answers(url: URL, more: Partial<ClientOptions> = {}): Promise<void> {
  const client = cassandraClient(url, more);
  try {
    await client.connect();
  } finally {
    await client.shutdown();
  }
}

export interface TlsServer {
  readonly url: URL;
  /** Of the certificates (`certificates.ts`); its client is `known`. */
  readonly folder: string;
  /** Of a driver of the tests' own, for a superuser. */
  readonly options: Partial<ClientOptions>;
}

/** A node that takes encrypted connections of clients with a certificate alone, and asks for user and password. */
export async function cassandraTlsServer(): Promise<TlsServer> {
  const url = await startedOnce("cassandra-tls", async (folder) => {
    await makeCertificates(folder, ["known"]);
    const pair = await Promise.all(["server.key", "server.pem"].map((name) => readFile(join(folder, name), "utf8")));
    await writeFile(join(folder, "server-pair.pem"), pair.join(""));
    const { host, ...program } = await prepareNode({ folder, more: secured(folder) });
    return {
      ...program,
      runAs: "root",
      url: `cassandra://${host}?folder=${encodeURIComponent(folder)}`,
      readyIn: 240_000,
      // The superuser is made a moment after the node answers.
      isReady: async (place) => answers(new URL(place), await superuser(folder)),
    };
  });
  const place = new URL(url);
  const folder = place.searchParams.get("folder") ?? "";
  place.search = "";
  return { url: place, folder, options: await superuser(folder) };
}

async function superuser(folder: string): Promise<Partial<ClientOptions>> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "known.pem", "known.key"].map((name) => readFile(join(folder, name), "utf8")),
  );
  return {
    credentials: { username: "cassandra", password: "cassandra" },
    sslOptions: { ca, cert, key, checkServerIdentity: () => undefined },
  };
}

function secured(folder: string): string {
  return `authenticator: PasswordAuthenticator
authorizer: AllowAllAuthorizer
client_encryption_options:
  enabled: true
  optional: false
  require_client_auth: true
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: ${folder}/server-pair.pem
  truststore: ${folder}/ca.pem
`;
}
