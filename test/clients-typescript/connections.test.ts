// Where a sidecar can be, and what becomes of the way to it, on both transports: TLS, Unix sockets, drains, silence, another schema.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect as connectSocket, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import {
  ConnectionLostError,
  ConnectionUnavailableError,
  DrainingError,
  MethodUnknownError,
  PannierError,
} from "pannier/client";
import { startSidecar, type TestSidecar } from "pannier/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../clients/examples/typescript/gen/index.ts";
import { makeCertificates } from "../servers/certificates.ts";
import { answerWith, serveHttp2, serveSockets } from "./fake-server.ts";
import { proto, startShop } from "./sidecar.ts";

let folder: string;
let sidecar: TestSidecar;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pannier-connections-"));
  [sidecar] = await Promise.all([startShop(), makeCertificates(folder, ["shop"])]);
});
afterAll(async () => {
  await sidecar.stop();
  await rm(folder, { recursive: true, force: true });
});

const pem = (name: string): Promise<Buffer> => readFile(join(folder, name));

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** TLS in front of the sidecar; answers its port, and tells who came. */
async function serveTls(options: TlsOptions = {}) {
  const guests: string[] = [];
  const secrets = { key: await pem("server.key"), cert: await pem("server.pem"), ca: await pem("ca.pem") };
  const server = createTlsServer({ ...secrets, ALPNProtocols: ["h2"], ...options }, (socket) => {
    guests.push(`${String(socket.alpnProtocol)} ${String(socket.getPeerCertificate().subject?.CN)}`);
    const upstream = connectSocket(Number(sidecar.target.split(":")[1]), "127.0.0.1");
    for (const end of [socket, upstream]) end.on("error", () => {});
    socket.on("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server
  const stop = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port, guests, [Symbol.asyncDispose]: stop };
}

describe.each(["native", "grpc-js"] as const)("over %s", (transport) => {
  test("TLS with an authority that is trusted", async () => {
    await using server = await serveTls();
    const options = { target: `https://localhost:${server.port}`, tls: { ca: await pem("ca.pem") }, transport };
    await using db = await connect(options);
    expect(await db.health()).toBe("serving");
    expect(server.guests).toEqual(["h2 undefined"]);
  });

  test("TLS to an address, by the name of its certificate, with a certificate of the client's own", async () => {
    await using server = await serveTls({ requestCert: true, rejectUnauthorized: true });
    const tls = { ca: await pem("ca.pem"), key: await pem("shop.key"), cert: await pem("shop.pem") };
    const target = `127.0.0.1:${server.port}`;
    await using db = await connect({ target, tls: { ...tls, servername: "localhost" }, transport });
    const { id } = await db.shop.products.create({ name: "lamp" });
    expect((await db.shop.products.get({ id })).name).toBe("lamp");
    expect(server.guests).toEqual(["h2 shop"]);
  });

  test.each([
    ["an authority that is not trusted", async () => ({ ca: await pem("other-ca.pem") })],
    ["another name than the certificate's", async () => ({ ca: await pem("ca.pem"), servername: "elsewhere" })],
  ])("TLS with %s is refused, and says so", async (_, tlsOf) => {
    await using server = await serveTls();
    const options = { target: `https://localhost:${server.port}`, tls: await tlsOf(), transport };
    const error = await errorOf(connect({ ...options, waitForHealth: 1_000, timeout: 1_000 }));
    expect(error).toBeInstanceOf(ConnectionUnavailableError);
    expect(String(error)).toMatch({ native: /certificate|altnames/i, "grpc-js": /within the deadline|connection|waiting/i }[transport]); // prettier-ignore
  });

  test("a Unix socket", async () => {
    const listen = `unix:${join(folder, `${transport}.sock`)}`;
    await using own = await startSidecar({ descriptors: [proto], settings: { listen } });
    await using db = await connect({ target: listen, transport });
    expect(own.target).toBe(listen);
    expect((await db.shop.products.create({ name: "lamp" })).version).toBe(1n);
  });

  test("traceparent, the call's id and metadata go with the call; a deadline always does", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const seen: unknown[] = [];
    await using server = await serveHttp2(({ stream, headers }) => {
      const { traceparent: trace, "x-request-id": id, tenant, "grpc-timeout": timeout } = headers;
      seen.push({ trace, id, tenant, isTimed: timeout !== undefined });
      answerWith(stream, [Buffer.from([8, 3])]);
    });
    await using db = await connect({ target: server.target, transport, waitForHealth: 0 });
    expect(await db.shop.orders.count({ traceparent, callId: "call-1", metadata: { tenant: "a" } })).toBe(3);
    await db.shop.orders.count();
    expect(seen).toEqual([
      { trace: traceparent, id: "call-1", tenant: "a", isTimed: true },
      { trace: undefined, id: undefined, tenant: undefined, isTimed: true },
    ]);
  });

  test("a sidecar that drains, and another in its place, need no new client", async () => {
    const first = await startShop();
    await using db = await connect({ target: first.target, transport });
    await db.shop.products.create({ id: "here" });
    const stopped = first.stop();
    const meanwhile = await errorOf(db.shop.products.get({ id: "here" }, { timeout: 200 }));
    await stopped;
    expect(meanwhile === undefined || meanwhile instanceof PannierError).toBe(true);
    expect(await errorOf(db.shop.products.get({ id: "here" }, { timeout: 200 }))).toBeInstanceOf(ConnectionUnavailableError); // prettier-ignore
    await using second = await startSidecar({ descriptors: [proto], settings: { listen: first.target } });
    expect(await db.shop.products.find({ id: "here" }, { timeout: 60_000 })).toBeUndefined();
    expect(second.target).toBe(first.target);
  });

  test("DRAINING is an error of its own, and its calls go again", async () => {
    await using db = await connect({ target: sidecar.target, transport, attempts: 1 });
    const take = sidecar.faults.add({ method: "Get", error: "DRAINING" });
    const error = await errorOf(db.shop.products.get({ id: "x" }));
    take();
    expect(error).toBeInstanceOf(DrainingError);
    expect(error).toMatchObject({ isRetryable: true, isUnexecuted: true });
  });

  test("a sidecar of another schema says which service it has not", async () => {
    const other = fileURLToPath(new URL("../../proto/triggerx", import.meta.url));
    await using own = await startSidecar({ descriptors: [other] });
    await using db = await connect({ target: own.target, transport });
    const error = await errorOf(db.shop.products.get({ id: "x" }));
    expect(error).toBeInstanceOf(MethodUnknownError);
    expect(error).toMatchObject({ entity: "shop.v1.Product", isUnexecuted: true, isRetryable: false });
  });

  test("a stream without a deadline on a connection that fell silent ends by the pings that nobody answers", async () => {
    let isSilent = false;
    await using server = await serveHttp2(({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      isSilent = true;
    });
    await using relay = await serveSockets((socket) => {
      const upstream = connectSocket(server.port, "127.0.0.1");
      upstream.on("error", () => {});
      upstream.on("data", (chunk) => void (isSilent || socket.write(chunk)));
      socket.on("data", (chunk) => upstream.write(chunk));
      socket.on("close", () => upstream.destroy());
    });
    await using db = await connect({ target: relay.target, transport, waitForHealth: 0, keepalive: 200 });
    const reading = db.shop.products.scan({ resumes: 0 })[Symbol.asyncIterator]();
    expect(await errorOf(reading.next())).toBeInstanceOf(ConnectionLostError);
  });
});
