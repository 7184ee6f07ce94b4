// Servers that do what no sidecar does: each answers as it is told, on node:http2 or on bare sockets.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { createServer as createSocketServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A call as it came in; `attempt` counts those of the whole server, from 1. */
export interface Incoming {
  readonly stream: ServerHttp2Stream;
  readonly session: ServerHttp2Session;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly attempt: number;
}

export interface FakeServer extends AsyncDisposable {
  readonly target: string;
  readonly port: number;
  /** Calls that have come whole. */
  readonly calls: () => number;
  /** Connections that are open. */
  readonly connections: () => number;
}

export function framed(message: Uint8Array, length: number = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

export function answerWith(
  stream: ServerHttp2Stream,
  messages: readonly Uint8Array[],
  trailers: Record<string, string> = { "grpc-status": "0" },
): void {
  // prettier-ignore
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const message of messages) stream.write(framed(message));
  stream.end();
}

export async function serveHttp2(
  handle: (call: Incoming) => void,
  options: { port?: number; maxConcurrentStreams?: number } = {},
): Promise<FakeServer> {
  // prettier-ignore
  let calls = 0;
  const sessions = new Set<ServerHttp2Session>();
  const { maxConcurrentStreams = 1_000, port = 0 } = options;
  const server = createServer({ settings: { maxConcurrentStreams } });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const session = stream.session as ServerHttp2Session | undefined; // of a server
      if (!session) return;
      calls += 1;
      handle({ stream, session, path: headers[":path"] ?? "", headers, body: Buffer.concat(chunks), attempt: calls });
    });
  });
  const close = async (): Promise<void> => {
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return listen(server, port, { calls: () => calls, connections: () => sessions.size, close });
}

/** What happens on bare connections. */
export async function serveSockets(handle: (socket: Socket) => void): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    handle(socket);
  });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return listen(server, 0, { calls: () => 0, connections: () => sockets.size, close });
}

interface Running {
  readonly calls: () => number;
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

async function listen(
  server: Pick<Server, "listen" | "address" | "once">,
  asked: number,
  running: Running,
): Promise<FakeServer> {
  // prettier-ignore
  await bind(server as Server, asked);
  const { port } = server.address() as AddressInfo;
  const { calls, connections, close } = running;
  return { target: `127.0.0.1:${port}`, port, calls, connections, [Symbol.asyncDispose]: close };
}

/** A port that was somebody's a moment ago may for a moment be another's, whose connection it is. */
async function bind(server: Server, port: number): Promise<void> {
  for (;;) {
    server.listen(port, "127.0.0.1");
    const [error] = await Promise.race([once(server, "listening"), once(server, "error")]).catch((found: unknown) => [found]); // prettier-ignore
    if (error === undefined) return;
    if (!isTaken(error)) throw error;
    await sleep(20);
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE";
}
