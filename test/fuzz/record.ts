// Records what ordinary clients send, into `sessions/`: `node test/fuzz/record.ts`. Needs what test/clients needs.
import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { promisify } from "node:util";
import { listenOn } from "../checkers/transports.ts";
import type { Ask } from "../clients/client.ts";
import { clients, whyNot } from "../clients/clients.ts";
import { echoMethods } from "./echo.ts";
import { cutFrames } from "./sessions.ts";

/** Bytes of a session that are kept. */
const most = 6_000;

const folder = new URL("sessions/", import.meta.url);
await mkdir(folder, { recursive: true });
const listener = await listenOn("native", echoMethods);
const [host = "", port = ""] = listener.address.split(":");
/** Of each connection. */
let heard: Buffer[][] = [];
const sockets = new Set<Socket>();
const proxy = createServer((client) => {
  const server = connect(Number(port), host);
  for (const socket of [client, server]) {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  }
  const said: Buffer[] = [];
  heard.push(said);
  client.on("data", (bytes) => said.push(bytes));
  client.pipe(server).pipe(client);
});
await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
const at = proxy.address();
const address = `127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}`;

const ask = (method: string, bytes: Uint8Array): Ask => ({
  path: `/fuzz.Echo/${method}`,
  isStream: method === "Stream",
  bytes,
  json: {},
});
const small = Buffer.from("a small message");

for (const client of clients) {
  const reason = await whyNot(client);
  if (reason !== undefined || client.name === "grpcurl") continue; // which asks for reflection first
  heard = [];
  if (client.name === "h2load") await h2load();
  else {
    const running = (await client.provide())(address);
    for (let i = 0; i < 3; i++) await running.call(ask("Unary", small), { timeout: 5_000 });
    if (client.name !== "curl") {
      await running.call(ask("Refuse", small));
      await running.call(ask("Stream", small));
      await running.call(ask("Stream", Buffer.alloc(1_000, 1)), { cancelAfter: 1 });
      await running.call(ask("Missing", small));
      await running.call(ask("Unary", Buffer.alloc(2_000, 2)));
    }
    await running.close();
  }
  await keep(client.name);
  for (const socket of sockets) socket.destroy();
}
proxy.close();
await listener.drain(0);

async function h2load(): Promise<void> {
  const headers = ["-H", "content-type: application/grpc", "-H", "te: trailers"];
  const body = new URL("h2load-body", folder);
  await writeFile(body, Buffer.concat([Buffer.from([0, 0, 0, 0, small.length]), small]));
  const args = ["-n", "12", "-c", "1", "-m", "4", "-d", body.pathname, ...headers, `http://${address}/fuzz.Echo/Unary`];
  await promisify(execFile)("h2load", args);
  await promisify(execFile)("rm", [body.pathname]);
}

/** The frames of the connection that said most, as many as fit. */
async function keep(name: string): Promise<void> {
  const [longest = Buffer.alloc(0)] = heard.map((said) => Buffer.concat(said)).toSorted((a, b) => b.length - a.length);
  let size = 0;
  const frames = cutFrames(longest).filter(({ length }) => (size += length) <= most);
  await writeFile(new URL(`${name}.txt`, folder), `${frames.map((frame) => frame.toString("base64")).join("\n")}\n`);
  console.log(`${name}: ${frames.length} frames`);
}
