/**
 * Servers on loopback that answer the same bytes to everything: what no service on them can go below. grpc-js alone, a transport of ours
 * without anything above it, and nghttpd, which is nghttp2 in C.
 */

import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../servers/run-server.ts";
import { CollectionCounter, TRACE_COLLECTIONS } from "../collections.ts";
import { orderEntity } from "../order.ts";
import { requestsOf } from "../requests.ts";
import { nth, type Inputs, type OpenStage, type Stage } from "../stage.ts";
import { connectClient } from "./client.ts";

const path = "/floor/Get";

export const openFloor: OpenStage = (_file, inputs) => openForked("./floor-server.ts", [], inputs);

export const openEcho: OpenStage = (_file, inputs, { transport }) =>
  openForked("./echo-server.ts", [transport], inputs);

/** The program of Debian's nghttp2-server; `PANNIER_TEST_NGHTTPD` names another. */
const nghttpd: string = process.env["PANNIER_TEST_NGHTTPD"] ?? "nghttpd";

export function hasNghttpd(): boolean {
  return spawnSync(nghttpd, ["--version"]).status === 0;
}

/** A file of 200 bytes, with trailers as gRPC has them. */
export const openNghttpd: OpenStage = async (file, inputs) => {
  const folder = join(dirname(file), "static");
  await mkdir(join(folder, "floor"), { recursive: true });
  await writeFile(join(folder, path), Buffer.alloc(205, 1));
  const port = await freePort();
  const flags = ["--no-tls", "--address=127.0.0.1", "--trailer=grpc-status: 0", `--htdocs=${folder}`];
  const server = spawn(nghttpd, [...flags, String(port)], { stdio: "ignore" });
  await accepted(port, server);
  return floorStage(`127.0.0.1:${port}`, server, undefined, inputs);
};

async function openForked(program: string, args: readonly string[], inputs: Inputs): Promise<Stage> {
  const server = fork(fileURLToPath(new URL(program, import.meta.url)), args, {
    execArgv: [TRACE_COLLECTIONS],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const collections = new CollectionCounter();
  if (server.stdout) createInterface({ input: server.stdout }).on("line", (line) => collections.take(line));
  const [address]: unknown[] = await once(server, "message");
  return floorStage(String(address), server, collections, inputs);
}

async function floorStage(
  address: string,
  server: ChildProcess,
  collections: CollectionCounter | undefined,
  inputs: Inputs,
): Promise<Stage> {
  const requests = requestsOf(await orderEntity(), inputs);
  const client = await connectClient(address);
  return {
    server: server.pid,
    collections,
    operations: { Get: (n) => client.call(path, nth(requests.Get, n)) },
    close: async () => {
      client.close();
      const closed = once(server, "close");
      server.kill("SIGTERM");
      await closed;
    },
  };
}

/** Resolves when the server takes connections; it does not say so itself. */
async function accepted(port: number, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`${nghttpd} ended with ${server.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const isOpen = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await wait(20);
  }
}
