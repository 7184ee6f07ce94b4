// Provides an Apache Cassandra node to the tests, once for a whole run; whoever asks gets a keyspace of its own.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";
import { promisify } from "node:util";
import { Client, policies, types } from "cassandra-driver";
import { cached } from "./cached.ts";
import { freePort, startedOnce, type Started } from "./run-server.ts";

export const VERSION = "5.0.8";
const run = promisify(execFile);

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
export function cassandraClient(url: URL): Client {
  const keyspace = url.pathname.slice(1);
  return new Client({
    contactPoints: [url.host],
    ...(keyspace !== "" && { keyspace }),
    policies: { loadBalancing: new policies.loadBalancing.RoundRobinPolicy() },
    queryOptions: { consistency: types.consistencies.quorum, prepare: true },
    socketOptions: { readTimeout: 30_000 },
  });
}

/** Everything on 127.0.0.1; nothing of it outlives the run, nor a kill. */
async function start(folder: string): Promise<Started> {
  const jars = await cached(`cassandra-${VERSION}`, "lib", fetchJars);
  const port = await freePort();
  const ports = { native: port, storage: await freePort(), tls: await freePort() };
  await mkdir(join(folder, "tmp"));
  await writeFile(join(folder, "cassandra.yaml"), configuration(folder, ports));
  await writeFile(join(folder, "logback.xml"), LOGGING);
  await writeFile(join(folder, "java.args"), javaOptions(folder, jars).join("\n"));
  return {
    command: "java",
    args: [`@${join(folder, "java.args")}`, "org.apache.cassandra.service.CassandraDaemon"],
    runAs: "root", // the jars lie where only root may enter
    url: `cassandra://127.0.0.1:${port}`,
    readyIn: 240_000,
    isReady: async (url) => {
      const client = cassandraClient(new URL(url));
      try {
        await client.connect();
      } finally {
        await client.shutdown();
      }
    },
  };
}

/** By Maven, in a project of its own. */
async function fetchJars(target: string): Promise<void> {
  const folder = join(target, "project");
  await mkdir(folder);
  await writeFile(
    join(folder, "pom.xml"),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>pannier.test</groupId><artifactId>cassandra</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId><version>${VERSION}</version>
</dependency></dependencies></project>`,
  );
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib"];
  try {
    await run("mvn", ["-q", "-B", ...goal], { cwd: folder, timeout: 600_000 });
  } catch (cause) {
    const mend =
      "install Java 17 and Maven, or set PANNIER_TEST_CASSANDRA_URL to a node whose user may create keyspaces";
    throw new Error(`Apache Cassandra ${VERSION} could not be fetched; ${mend}`, { cause });
  }
  await rename(join(folder, "lib"), join(target, "lib"));
}

/** As the server's own jvm17-server.options has them, for a small heap. */
function javaOptions(folder: string, jars: string): readonly string[] {
  const exported = [
    "java.base/jdk.internal.misc",
    "java.management.rmi/com.sun.jmx.remote.internal.rmi",
    "java.rmi/sun.rmi.registry",
    "java.rmi/sun.rmi.server",
    "java.sql/java.sql",
    "java.base/java.lang.ref",
    "jdk.unsupported/sun.misc",
    "jdk.compiler/com.sun.tools.javac.file",
    "jdk.attach/sun.tools.attach",
  ];
  const base = [
    "java.lang.module",
    "jdk.internal.loader",
    "jdk.internal.ref",
    "jdk.internal.reflect",
    "jdk.internal.math",
    "jdk.internal.module",
    "jdk.internal.util.jar",
    "sun.nio.ch",
    "java.io",
    "java.lang.reflect",
    "java.lang",
    "java.util",
    "java.util.concurrent",
  ];
  const opened = [
    ...base.map((name) => `java.base/${name}`),
    "jdk.management/com.sun.management.internal",
    "jdk.compiler/com.sun.tools.javac",
  ];
  return [
    "-Djdk.attach.allowAttachSelf=true",
    "-Dio.netty.tryReflectionSetAccessible=true",
    ...exported.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ..."-Xms128m -Xmx384m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxDirectMemorySize=128m".split(" "),
    ..."-XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -Djava.net.preferIPv4Stack=true".split(" "),
    `-javaagent:${join(jars, "jamm-0.4.0.jar")}`,
    `-Djava.io.tmpdir=${join(folder, "tmp")}`,
    `-Dcassandra.config=file://${join(folder, "cassandra.yaml")}`,
    `-Dcassandra.storagedir=${folder}`,
    `-Dlogback.configurationFile=${join(folder, "logback.xml")}`,
    "-Dcassandra-foreground=yes",
    "-Dcassandra.superuser_setup_delay_ms=0",
    "-Dcassandra.skip_wait_for_gossip_to_settle=0",
    "-Dcassandra.ring_delay_ms=0",
    "-Dcassandra.initial_token=0",
    "-Dcassandra.shutdown_announce_in_ms=0",
    "-cp",
    `"${jars}/*"`,
  ];
}

interface Ports {
  readonly native: number;
  readonly storage: number;
  readonly tls: number;
}

function configuration(folder: string, { native, storage, tls }: Ports): string {
  return `cluster_name: test
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:${storage}"
listen_address: 127.0.0.1
rpc_address: 127.0.0.1
storage_port: ${storage}
ssl_storage_port: ${tls}
start_native_transport: true
native_transport_port: ${native}
data_file_directories: ["${folder}/data"]
commitlog_directory: ${folder}/commitlog
hints_directory: ${folder}/hints
saved_caches_directory: ${folder}/saved_caches
cdc_raw_directory: ${folder}/cdc_raw
commitlog_sync: periodic # a lightweight transaction would wait three times for the disk; no test kills this node
commitlog_sync_period: 10s
commitlog_segment_size: 16MiB # a row of a few MiB is one mutation, which may have half of it
commitlog_total_space: 96MiB
memtable_heap_space: 48MiB
memtable_offheap_space: 16MiB
memtable_allocation_type: heap_buffers
file_cache_size: 32MiB
networking_cache_size: 16MiB
key_cache_size: 8MiB
counter_cache_size: 4MiB
row_cache_size: 0MiB
prepared_statements_cache_size: 8MiB
concurrent_reads: 8
concurrent_writes: 8
concurrent_counter_writes: 8
concurrent_compactors: 1
auto_snapshot: false
incremental_backups: false
hinted_handoff_enabled: false
disk_failure_policy: stop
commit_failure_policy: stop
authenticator: AllowAllAuthenticator
authorizer: AllowAllAuthorizer
role_manager: CassandraRoleManager
materialized_views_enabled: true
storage_compatibility_mode: NONE
sstable:
  selected_format: bti
read_request_timeout: 10s
range_request_timeout: 20s
write_request_timeout: 10s
cas_contention_timeout: 10s
counter_write_request_timeout: 10s
truncate_request_timeout: 20s
request_timeout: 20s
`;
}

const LOGGING = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss} %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="STDOUT" /></root>
</configuration>
`;
