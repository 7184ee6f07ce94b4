// A node of Apache Cassandra as a program to start: its jars, and a folder with its configuration. Several on loopback addresses are a cluster.
import { execFile } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cached } from "./cached.ts";
import { freePort, type Started } from "./run-server.ts";

export const VERSION = "5.0.8";
const run = promisify(execFile);

export interface NodeOptions {
  /** Where all that it keeps lies; it is there, and of this node alone. */
  readonly folder: string;
  /** 127.0.0.1 where it is left out. */
  readonly address?: string;
  /** MB; 384 where it is left out. */
  readonly heap?: number;
  /** Of a cluster, which has one for all its nodes; a node by itself has free ones. */
  readonly ports?: NodePorts;
  /** Address of the node that others ask for the rest; its own where it is left out. */
  readonly seed?: string;
  /** Milliseconds that a node which joins others waits for them to answer; one by itself waits for nobody. */
  readonly joining?: number;
  /** Where its part of the ring ends. */
  readonly token?: string;
  /** Whether what it has acknowledged is on disk, for tests that kill it; the disk makes it slower. */
  readonly isDurable?: boolean;
  /** Further lines of its configuration, which go before these here. */
  readonly more?: string;
}

export interface NodePorts {
  readonly native: number;
  readonly storage: number;
  readonly tls: number;
}

export async function freePorts(): Promise<NodePorts> {
  return { native: await freePort(), storage: await freePort(), tls: await freePort() };
}

export interface NodeProgram extends Pick<Started, "command" | "args"> {
  /** Where it answers drivers: address and port. */
  readonly host: string;
}

export async function prepareNode(options: NodeOptions): Promise<NodeProgram> {
  const { folder, address = "127.0.0.1", ports = await freePorts() } = options;
  const jars = await cached(`cassandra-${VERSION}`, "lib", fetchJars);
  await mkdir(join(folder, "tmp"), { recursive: true });
  await writeFile(join(folder, "cassandra.yaml"), configuration(options, address, ports));
  await writeFile(join(folder, "logback.xml"), LOGGING);
  await writeFile(join(folder, "java.args"), javaOptions(options, jars).join("\n"));
  return {
    command: "java",
    args: [`@${join(folder, "java.args")}`, "org.apache.cassandra.service.CassandraDaemon"],
    host: `${address}:${ports.native}`,
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
function javaOptions(
  { folder, heap = 384, token = "0", joining = 0, isDurable }: NodeOptions,
  jars: string,
): readonly string[] {
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
    `-Xmx${heap}m`,
    ..."-Xms128m -Xss512k -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxDirectMemorySize=128m".split(" "),
    ..."-XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -Djava.net.preferIPv4Stack=true".split(" "),
    `-javaagent:${join(jars, "jamm-0.4.0.jar")}`,
    `-Djava.io.tmpdir=${join(folder, "tmp")}`,
    `-Dcassandra.config=file://${join(folder, "cassandra.yaml")}`,
    `-Dcassandra.storagedir=${folder}`,
    `-Dlogback.configurationFile=${join(folder, "logback.xml")}`,
    "-Dcassandra-foreground=yes",
    "-Dcassandra.superuser_setup_delay_ms=0",
    "-Dcassandra.skip_wait_for_gossip_to_settle=0",
    `-Dcassandra.ring_delay_ms=${joining}`,
    `-Dcassandra.initial_token=${token}`,
    "-Dcassandra.shutdown_announce_in_ms=0",
    // Each change of a table would be put into files of its own at once.
    ...(isDurable === true ? [] : ["-Dcassandra.test.flush_local_schema_changes=false"]),
    "-Dcassandra.approximate_time_precision_ms=20", // a thread that wakes every 2 ms is a fiftieth of a core, all the time
    "-cp",
    `"${jars}/*"`,
  ];
}

function configuration(options: NodeOptions, address: string, { native, storage, tls }: NodePorts): string {
  const { folder, seed = address, more = "", isDurable = false } = options;
  const named = new Set(more.split("\n").map((line) => line.split(":", 1)[0]));
  const base = baseConfiguration({ folder, address, seed, native, storage, tls, isDurable });
  return more + base.filter((line) => !named.has(line.split(":", 1)[0])).join("\n");
}

interface Place extends NodePorts {
  readonly folder: string;
  readonly address: string;
  readonly seed: string;
  readonly isDurable: boolean;
}

const DURABLE = "commitlog_sync: batch";
/** A lightweight transaction would wait three times for the disk. */
const PERIODIC = "commitlog_sync: periodic\ncommitlog_sync_period: 10s";

function baseConfiguration({ folder, address, seed, native, storage, tls, isDurable }: Place): readonly string[] {
  return `cluster_name: test
num_tokens: 1
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
endpoint_snitch: SimpleSnitch
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "${seed}:${storage}"
listen_address: ${address}
rpc_address: ${address}
storage_port: ${storage}
ssl_storage_port: ${tls}
start_native_transport: true
native_transport_port: ${native}
data_file_directories: ["${folder}/data"]
commitlog_directory: ${folder}/commitlog
hints_directory: ${folder}/hints
saved_caches_directory: ${folder}/saved_caches
cdc_raw_directory: ${folder}/cdc_raw
${isDurable ? DURABLE : PERIODIC}
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
sai_options:
  segment_write_buffer_size: 32MiB # each compaction with indexes holds so much; its own 1 GiB is more than the heap
read_request_timeout: 10s
range_request_timeout: 20s
write_request_timeout: 10s
cas_contention_timeout: 10s
counter_write_request_timeout: 10s
truncate_request_timeout: 20s
request_timeout: 20s
`.split("\n");
}

const LOGGING = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%-5level %date{HH:mm:ss} %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="STDOUT" /></root>
</configuration>
`;
