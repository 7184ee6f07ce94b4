/** The sidecar as a user starts it, called over gRPC: on loopback or on a Unix socket. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isServer, urlOf } from "../database.ts";
import { orderEntity } from "../order.ts";
import { requestsOf } from "../requests.ts";
import { startSidecar } from "../sidecar.ts";
import { nth, OPERATIONS, type Once, type OpenStage, type OperationName } from "../stage.ts";
import { connectClient } from "./client.ts";

export const openLoopback: OpenStage = grpcStage(() => "127.0.0.1:0");

export const openUnix: OpenStage = grpcStage((directory) => `unix:${join(directory, "data.sock")}`);

function grpcStage(listenIn: (directory: string) => string): OpenStage {
  return async (file, inputs, serving) => {
    const requests = requestsOf(await orderEntity(), inputs);
    const directory = isServer(file) ? await mkdtemp(join(tmpdir(), "pannier-bench-")) : dirname(file);
    const sidecar = await startSidecar({ ...serving, directory, listen: listenIn(directory), url: urlOf(file).href });
    const client = await connectClient(sidecar.address);
    const onceOf =
      (name: OperationName): Once =>
      (n) =>
        client.call(`/shop.v1.OrderRepository/${name}`, nth(requests[name], n));
    return {
      server: sidecar.pid,
      collections: sidecar.collections,
      operations: Object.fromEntries(OPERATIONS.map((name) => [name, onceOf(name)])),
      close: async () => {
        client.close();
        await sidecar.stop();
        if (isServer(file)) await rm(directory, { recursive: true, force: true });
      },
    };
  };
}
