// Nodes of Apache Cassandra of a test's own, to be killed, paused and started again: one, or several on loopback addresses.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { cassandraClient } from "./cassandra.ts";
import { freePorts, prepareNode, type NodeOptions } from "./cassandra-node.ts";

export interface ClusterNode {
  /** Address and port. */
  readonly host: string;
  /** SIGKILL, SIGSTOP or SIGCONT. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** Starts it again where it was killed; resolves when it answers. */
  restart(): Promise<void>;
}

export interface Cluster {
  readonly nodes: readonly ClusterNode[];
  /** The url of an empty keyspace of all its nodes. */
  keyspace(replicas: number): Promise<string>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly nodes: number;
  /** MB of each. */
  readonly heap: number;
  /** Where it finds the data of an earlier run and leaves its own; a folder that goes with it where it is left out. */
  readonly folder?: string | undefined;
  /** Whether it waits for a busy machine, and so is slow to give up what is gone. */
  readonly isPatient?: boolean;
}

/** Milliseconds; on a busy machine the others take their time to answer. */
const JOINING = 60_000;

/** Milliseconds until a node answers. */
const READY = 300_000;

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { nodes: count, heap, isPatient = false } = options;
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "pannier-cluster-")));
  const ports = await freePorts();
  const nodes = Array.from({ length: count }, (_, i) => nodeOf(i));
  function nodeOf(i: number): LiveNode {
    return new LiveNode({
      folder: join(folder, `node-${i}`),
      address: `127.0.0.${i + 1}`,
      heap,
      ports,
      seed: "127.0.0.1",
      token: String(-(2n ** 63n) + (2n ** 64n * BigInt(i)) / BigInt(count) + 1n), // equal parts
      isDurable: true,
      joining: JOINING,
      more: isPatient ? ALONE : MORE,
    });
  }
  const close = async (): Promise<void> => {
    for (const node of nodes) await node.signal("SIGKILL");
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  // All at once: those that come before the first, which they ask for the others, wait for it.
  const started = await Promise.allSettled(nodes.map((node) => node.restart()));
  const failed = started.find((each) => each.status === "rejected");
  if (failed) {
    await close();
    throw failed.reason;
  }
  let made = 0;
  return {
    nodes,
    keyspace: async (replicas) => {
      const [first, ...others] = nodes.map(({ host }) => host);
      const name = `own_${(made += 1)}`;
      const client = cassandraClient(new URL(`cassandra://${first}`));
      const text = `CREATE KEYSPACE IF NOT EXISTS ${name} WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': ${replicas}}`;
      await client.execute(text, [], { prepare: false });
      await client.shutdown();
      const hosts = others.length === 0 ? "" : `?hosts=${others.join(",")}`;
      return `cassandra://${first}/${name}${hosts}`;
    },
    close,
  };
}

/** A node that joins has nothing to take over. */
const ALONE = "auto_bootstrap: false\n";

/** And one that is gone is given up soon. */
const MORE = `${ALONE}read_request_timeout: 3s
range_request_timeout: 5s
write_request_timeout: 3s
cas_contention_timeout: 3s
request_timeout: 5s
`;

class LiveNode implements ClusterNode {
  readonly #options: NodeOptions;
  #child: ChildProcess | undefined;
  host = "";

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  async signal(name: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(name);
    if (name === "SIGKILL") await ended;
  }

  async restart(): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    const { command, args, host } = await prepareNode(this.#options);
    this.host = host;
    const output = await open(join(folder, "log"), "a");
    this.#child = spawn(command, args, { cwd: folder, stdio: ["ignore", output.fd, output.fd] });
    await output.close();
    const child = this.#child;
    for (const until = performance.now() + READY; ; await wait(200)) {
      if (child.exitCode !== null || performance.now() > until)
        throw new Error(`${host} did not start\n${(await readFile(join(folder, "log"), "utf8")).slice(-2_000)}`);
      if (await this.#answers()) return;
    }
  }

  async #answers(): Promise<boolean> {
    const client = cassandraClient(new URL(`cassandra://${this.host}`));
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.shutdown();
    }
  }
}
