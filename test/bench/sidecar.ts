/** The sidecar as a user starts it, in a process of its own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CollectionCounter, TRACE_COLLECTIONS } from "./collections.ts";
import { writeEntities } from "./many-entities.ts";
import type { Serving } from "./stage.ts";

export interface RunningSidecar {
  readonly address: string;
  readonly pid: number;
  /** Milliseconds from spawn to serving. */
  readonly ready: number;
  readonly collections: CollectionCounter;
  stop(): Promise<void>;
}

export interface Starting extends Serving {
  /** Its working directory, which keeps its data and caches. */
  readonly directory: string;
  readonly listen: string;
  /** Of the store. */
  readonly url: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Flags of Node that this process got for profiling go to the sidecar too. */
export async function startSidecar({ directory, listen, url, transport, entities }: Starting): Promise<RunningSidecar> {
  const more = await writeEntities(entities, directory);
  const started = performance.now();
  const descriptors = [`${root}/proto`, ...(more ? [more] : [])].join();
  const args = ["serve", "--listen", listen, "--descriptors", descriptors];
  const child = spawn(process.execPath, [...profiling(), TRACE_COLLECTIONS, `${root}/src/pannier.js`, ...args], {
    cwd: directory,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      PANNIER_STORES_DEFAULT_URL: url,
      PANNIER_OPERATIONS_LISTEN: "127.0.0.1:0",
      PANNIER_TRANSPORT: transport,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: string[] = [];
  const collections = new CollectionCounter();
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      collections.take(line);
      const found = / on (\S+)$/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("close", (code) => reject(new Error(`the sidecar ended with ${code}: ${log.join("\n")}`)));
  });
  const ready = performance.now() - started;
  return {
    address,
    pid: child.pid ?? 0,
    ready,
    collections,
    stop: async () => {
      const closed = once(child, "close");
      child.kill("SIGTERM");
      await closed;
    },
  };
}

function profiling(): readonly string[] {
  return process.execArgv
    .filter((flag) => flag.startsWith("--cpu-prof") || flag.startsWith("--import"))
    .map((flag) => flag.replace(/^--(cpu-prof-dir|import)=.*/, "$&-server"));
}
