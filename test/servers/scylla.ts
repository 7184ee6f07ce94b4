// Provides ScyllaDB where PANNIER_TEST_SCYLLA_URL names one; else a keyspace of Apache Cassandra, which stands in for it with plain indexes.
import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { cassandraClient, cassandraKeyspace, VERSION } from "./cassandra.ts";

const named = env["PANNIER_TEST_SCYLLA_URL"] ?? "";

/** As the page of all stores names it. */
export const SCYLLA_VERSION: string = named === "" ? `Apache Cassandra ${VERSION} in its place` : "ScyllaDB";

/** The url of an empty keyspace. */
export async function scyllaKeyspace(): Promise<string> {
  if (named === "") return cassandraKeyspace("scylla");
  const url = new URL(named);
  url.pathname = `/test_${randomUUID().replaceAll("-", "")}`;
  const client = cassandraClient(new URL(named));
  const replicas = "{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}";
  try {
    const text = `CREATE KEYSPACE ${url.pathname.slice(1)} WITH replication = ${replicas} AND tablets = {'enabled': false}`;
    await client.execute(text, [], { prepare: false });
  } finally {
    await client.shutdown();
  }
  return url.href;
}
