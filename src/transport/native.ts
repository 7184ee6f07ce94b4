/** The transport of our own: HTTP/2 of `src/http2` on sockets. */

import type { Duplex } from "node:stream";
import { TransientSet } from "../containers/transient-set.ts";
import { drainCalls } from "./drain.ts";
import { SocketLine } from "./native/line.ts";
import { Server } from "./native/server.ts";
import { bind } from "./socket.ts";
import type { Listen } from "./transport.ts";

/** Milliseconds between the GOAWAY that announces and the one that means it: for calls that are on their way. */
const onTheirWay = 50;

/** @throws AddressRefused when the address cannot be listened on */
export const listenNative: Listen = async (options) => {
  const server = new Server(options);
  const lines = new TransientSet<SocketLine>();
  const accept = (socket: Duplex): void => {
    const line = new SocketLine(socket, server);
    lines.add(line);
    socket.on("close", () => lines.delete(line));
  };
  const bound = await bind(options.address, accept);
  bound.server.maxConnections = options.limits.connections;
  const begin = (): void => {
    server.isDraining = true;
    bound.server.close();
  };
  const finish = (): void => lines.values().forEach((line) => line.goAway());
  const goAway = (left: number): void => {
    if (server.size === 0) finish();
    else {
      for (const line of lines.values()) line.announceEnd();
      setTimeout(finish, Math.min(left / 2, onTheirWay)).unref();
    }
    setTimeout(() => lines.values().forEach((line) => line.destroy()), left).unref();
  };
  return { address: bound.address, drain: (grace) => drainCalls({ calls: server, begin, goAway }, grace) };
};
