/** grpc-js alone on loopback: a unary method that answers the same bytes to everything. What no service on it can go below. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { orderEntity } from "../order.ts";
import { requestsOf } from "../requests.ts";
import { nth, type OpenStage } from "../stage.ts";
import { connectClient } from "./client.ts";

export const openFloor: OpenStage = async (_file, inputs) => {
  const requests = requestsOf(await orderEntity(), inputs);
  const server = fork(fileURLToPath(new URL("./floor-server.ts", import.meta.url)), { execArgv: [] });
  const [address]: unknown[] = await once(server, "message");
  const client = connectClient(String(address));
  return {
    server: server.pid,
    operations: { Get: (n) => client.call("/floor/Get", nth(requests.Get, n)) },
    close: async () => {
      client.close();
      const closed = once(server, "close");
      server.kill("SIGTERM");
      await closed;
    },
  };
};
