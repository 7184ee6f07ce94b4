// The transport over real connections, with methods that need no store.
import { Client, connectivityState, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect, constants, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as setTurn, setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { createRefusals } from "../../../src/service/status.ts";
import { listenGrpc } from "../../../src/transport/grpc-js.ts";
import { listenNative } from "../../../src/transport/native.ts";
import {
  Rejected,
  type DuplexMethod,
  type IncomingCall,
  type Listen,
  type Listener,
  type Method,
  type TransportLimits,
} from "../../../src/transport/transport.ts";

const limits: TransportLimits = {
  messageBytes: 1_024,
  headerBytes: 8_192,
  headerPairs: 64,
  connections: 100,
  streamsPerConnection: 1_000,
  callsInFlight: 100,
  bytesInFlight: 1_000_000,
  readTimeout: 10_000,
  slowConsumer: 200,
  handshakeTimeout: 5_000,
  idleConnection: 60_000,
  keepalive: 60_000,
};
/** As a machine does that has other work. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const timeout = { maximum: 30_000, fallback: 5_000 };
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const transports: readonly (readonly [name: string, listen: Listen])[] = [
  ["grpc-js", listenGrpc],
  ["native", listenNative],
];

describe.each(transports)("on %s", (_transport, listenOn) => {
  async function serve(
    methods: Record<string, Method | DuplexMethod>,
    changed: Partial<TransportLimits> = {},
    address = "127.0.0.1:0",
  ): Promise<{ listener: Listener; client: Client }> {
    const listener = await listenOn({
      address,
      methods: new Map(Object.entries(methods)),
      limits: { ...limits, ...changed },
      refuse: createRefusals(),
    });
    const client = new Client(listener.address.replace("unix:", "unix://"), credentials.createInsecure());
    closing.push(
      () => listener.drain(0),
      () => client.close(),
    );
    return { listener, client };
  }

  interface Answer {
    readonly code: number;
    readonly text: string;
    readonly bytes?: Buffer;
    readonly headers?: Metadata;
    readonly trailers?: Metadata;
  }

  const same = (bytes: Buffer): Buffer => bytes;

  function call(
    client: Client,
    path: string,
    options: { bytes?: Buffer; headers?: Record<string, string>; timeoutMs?: number; cancel?: AbortSignal } = {},
  ): Promise<Answer> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(options.headers ?? {})) metadata.set(name, value);
    return new Promise((resolve) => {
      let headers: Metadata | undefined;
      const deadline = options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
      const running = client.makeUnaryRequest(
        path,
        same,
        same,
        options.bytes ?? Buffer.alloc(0),
        metadata,
        deadline,
        (error: ServiceError | null, bytes?: Buffer) => {
          const common = headers === undefined ? {} : { headers };
          if (error) resolve({ code: error.code, text: error.details, trailers: error.metadata, ...common });
          else resolve({ code: 0, text: "", ...(bytes === undefined ? {} : { bytes }), ...common });
        },
      );
      running.on("metadata", (found: Metadata) => (headers = found));
      options.cancel?.addEventListener("abort", () => running.cancel());
    });
  }

  /** One request with headers exactly as given; answers what came back. */
  async function raw(
    address: string,
    headers: Record<string, string | string[]>,
    body = Buffer.from([0, 0, 0, 0, 0]),
  ): Promise<Record<string, unknown>> {
    const session = connect(`http://${address}`);
    try {
      const stream = session.request({
        ":method": "POST",
        ":path": "/t/Echo",
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      const found = Promise.withResolvers<Record<string, unknown>>();
      const seen: Record<string, unknown> = {};
      stream.on("response", (response) => Object.assign(seen, response));
      stream.on("trailers", (trailers) => Object.assign(seen, trailers));
      stream.on("error", found.reject);
      stream.on("close", () => found.resolve(seen));
      stream.resume();
      stream.end(body);
      return await found.promise;
    } finally {
      session.close();
    }
  }

  const echo: Method = { kind: "unary", timeout, handle: async (bytes) => bytes.slice() };

  describe("unary calls", () => {
    test("answer bytes and echo the request id", async () => {
      const { client } = await serve({ "/t/Echo": echo });
      const answer = await call(client, "/t/Echo", { bytes: Buffer.from("hello"), headers: { "x-request-id": "r-1" } });
      expect(answer.bytes?.toString()).toBe("hello");
      expect(answer.headers?.get("x-request-id")).toEqual(["r-1"]);
    });

    test("get a request id when they bring none or one that cannot be printed", async () => {
      const { client } = await serve({ "/t/Echo": echo });
      for (const headers of [{}, { "x-request-id": "two words" }, { "x-request-id": "x".repeat(65) }]) {
        const answer = await call(client, "/t/Echo", { headers });
        expect(String(answer.headers?.get("x-request-id")[0])).toMatch(/^[0-9a-f-]{36}$/);
      }
    });

    test("carry code, details and pushback of a rejection", async () => {
      const rejected = new Rejected(9, "not \ud800 now\u0000", Buffer.from([1, 2]), -1);
      const { client } = await serve({ "/t/No": { kind: "unary", timeout, handle: () => Promise.reject(rejected) } });
      const answer = await call(client, "/t/No", { headers: { "x-request-id": "r-2" } });
      expect(answer.code).toBe(status.FAILED_PRECONDITION);
      expect(answer.text).toBe("not \ufffd now\u0000");
      expect(answer.trailers?.get("grpc-status-details-bin")).toEqual([Buffer.from([1, 2])]);
      expect(answer.trailers?.get("grpc-retry-pushback-ms")).toEqual(["-1"]);
      expect(answer.trailers?.get("x-request-id")).toEqual(["r-2"]);
    });

    test("bring metadata and get some, in front of an answer or a status and behind it", async () => {
      const answered = async (bytes: Uint8Array, given: IncomingCall): Promise<Uint8Array> => {
        const came = [...given.received()].filter(([name]) => name.startsWith("x-came"));
        given.answerWith("headers", "x-front", came.map((pair) => pair.join("=")).join(" "));
        given.answerWith("trailers", "x-behind-bin", "AQI");
        if (bytes.length > 0) throw new Rejected(9, "no", new Uint8Array());
        return bytes;
      };
      const { listener } = await serve({ "/t/Given": { kind: "unary", timeout, handle: answered } });
      const headers = { ":path": "/t/Given", "x-came": "a", "x-came-bin": "AQID" };
      const front = "x-came=a x-came-bin=AQID";
      const good = await raw(listener.address, headers);
      expect(good).toMatchObject({
        "x-front": front,
        "grpc-status": "0",
        "x-behind-bin": expect.stringMatching(/^AQI=?$/),
      });
      const bad = await raw(listener.address, headers, Buffer.from([0, 0, 0, 0, 1, 1]));
      expect(bad).toMatchObject({
        "x-front": front,
        "grpc-status": "9",
        "x-behind-bin": expect.stringMatching(/^AQI=?$/),
      });
    });

    test("never show the text of an unexpected error", async () => {
      const { client } = await serve({
        "/t/No": { kind: "unary", timeout, handle: () => Promise.reject(new Error("secret")) },
      });
      const answer = await call(client, "/t/No");
      expect(answer.code).toBe(status.INTERNAL);
      expect(answer.text).not.toContain("secret");
    });

    test("are refused with METHOD_UNKNOWN where nothing is registered", async () => {
      const { client } = await serve({ "/t/Echo": echo });
      const answer = await call(client, "/t/Nothing");
      expect(answer.code).toBe(status.UNIMPLEMENTED);
      expect(String(answer.trailers?.get("grpc-status-details-bin")[0])).toContain("METHOD_UNKNOWN");
    });

    test("with answers larger than any window, many at once, are answered each with its own", async () => {
      const { client } = await serve(
        { "/t/Echo": echo },
        { messageBytes: 1_000_000, bytesInFlight: 100_000_000, slowConsumer: 10_000 },
      );
      const sizes = Array.from({ length: 40 }, (_, i) => 100_000 + 20_000 * i + i);
      const answers = await Promise.all(
        sizes.map((size, i) => call(client, "/t/Echo", { bytes: Buffer.alloc(size, i) })),
      );
      expect(answers.map(({ bytes, text }) => bytes?.length ?? text)).toEqual(sizes);
      expect(answers.every(({ bytes }, i) => bytes?.every((byte) => byte === i))).toBe(true);
    });

    test("whose answers may be large run as many at once as have room, and all are answered", async () => {
      let running = 0;
      let most = 0;
      const large: Method = {
        kind: "unary",
        timeout,
        handle: async (bytes, given) => {
          await given.reserve(400_000);
          most = Math.max(most, (running += 1));
          await setTurn();
          running -= 1;
          if (bytes.length > 3) throw new Error("a failure gives its room back, too");
          return Buffer.alloc(200_000);
        },
      };
      const { client } = await serve({ "/t/Large": large, "/t/Echo": echo }, { slowConsumer: 10_000 });
      const calls = Array.from({ length: 20 }, (_, i) => call(client, "/t/Large", { bytes: Buffer.alloc(i % 5) }));
      const small = await call(client, "/t/Echo");
      expect(small.code, "what is set aside refuses nobody").toBe(0);
      const answers = await Promise.all(calls);
      expect(answers.map(({ code }) => code)).toEqual(calls.map((_, i) => (i % 5 > 3 ? status.INTERNAL : 0)));
      expect(most).toBe(2);
      expect((await call(client, "/t/Large")).code).toBe(0);
    });

    test("beyond the message limit are refused, and exactly at it are not", async () => {
      const { client } = await serve({ "/t/Echo": echo });
      expect((await call(client, "/t/Echo", { bytes: Buffer.alloc(1_024) })).code).toBe(0);
      expect((await call(client, "/t/Echo", { bytes: Buffer.alloc(1_025) })).code).toBe(status.RESOURCE_EXHAUSTED);
      expect((await call(client, "/t/Echo", { bytes: Buffer.alloc(9_000) })).code).toBe(status.RESOURCE_EXHAUSTED);
    });

    test("hand the client's deadline down, cut to the maximum", async () => {
      const seen: number[] = [];
      const left: Method = {
        kind: "unary",
        timeout,
        handle: async (bytes, { deadline }) => (seen.push(deadline - performance.now()), bytes),
      };
      const { client } = await serve({ "/t/Left": left });
      await call(client, "/t/Left", { timeoutMs: 1_000 });
      await call(client, "/t/Left");
      await call(client, "/t/Left", { timeoutMs: 3_000_000 });
      expect(seen.map((milliseconds) => Math.round(milliseconds / 1_000))).toEqual([1, 5, 30]);
    });

    test("end with DEADLINE_EXCEEDED even where the method goes on", async () => {
      const { client } = await serve({
        "/t/Never": { kind: "unary", timeout: { maximum: 50, fallback: 50 }, handle: () => new Promise(() => {}) },
      });
      const answer = await call(client, "/t/Never", { timeoutMs: 10_000 });
      expect(answer.code).toBe(status.DEADLINE_EXCEEDED);
      expect(String(answer.trailers?.get("grpc-status-details-bin")[0])).toContain("DEADLINE_EXCEEDED");
    });

    test("tell the method when the caller cancels", async () => {
      const cancelled = Promise.withResolvers<string>();
      const begun = Promise.withResolvers<void>();
      const method: Method = {
        kind: "unary",
        timeout,
        handle: (_bytes, running) => {
          running.onAbort(cancelled.resolve);
          begun.resolve();
          return new Promise(() => {});
        },
      };
      const { client } = await serve({ "/t/Wait": method });
      const controller = new AbortController();
      const answer = call(client, "/t/Wait", { cancel: controller.signal });
      await begun.promise;
      controller.abort();
      expect((await answer).code).toBe(status.CANCELLED);
      expect(await cancelled.promise).toBe("cancelled");
    });
  });

  describe("headers", () => {
    test.each([
    ["-1S", "3"], ["abc5S", "3"], ["5 S", "3"], ["123456789S", "3"], ["5X", "3"], ["", "3"],
    ["0S", "4"], ["1n", "4"], ["99999999H", "0"], ["2592000S", "0"], ["5S", "0"],
  ])("grpc-timeout %j ends with %s", async (text, code) => {
    const { listener } = await serve({ "/t/Echo": echo });
    expect((await raw(listener.address, { "grpc-timeout": text }))["grpc-status"]).toBe(code);
  }); // prettier-ignore

    test("grpc-timeout twice is refused", async () => {
      const { listener } = await serve({ "/t/Echo": echo });
      expect((await raw(listener.address, { "grpc-timeout": ["5S", "5S"] }))["grpc-status"]).toBe("3");
    });

    test("a deadline that is over never reaches the method", async () => {
      let calls = 0;
      const { listener } = await serve({
        "/t/Echo": { kind: "unary", timeout, handle: async (bytes) => ((calls += 1), bytes) },
      });
      await raw(listener.address, { "grpc-timeout": "1n" });
      expect(calls).toBe(0);
    });

    test.each([
    [{ "content-type": "application/json" }, 415], [{ "content-type": "application/grpcfoo" }, 415],
    [{ "content-type": "application/grpc-web" }, 415], [{ ":method": "PUT" }, 405],
  ])("%j gets HTTP %i", async (headers, code) => {
    const { listener } = await serve({ "/t/Echo": echo });
    expect((await raw(listener.address, headers))[":status"]).toBe(code);
  }); // prettier-ignore

    test.each([
      ["too many bytes", { long: "x".repeat(20_000) }, "8"],
      ["too many pairs", Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`h${i}`, "v"])), "8"],
      ["what is not base64", { "x-bin": "%%%" }, "3"],
      ["a compression", { "grpc-encoding": "gzip" }, "12"],
    ])("%s is refused", async (_what, headers, code) => {
      const { listener } = await serve({ "/t/Echo": echo });
      const answer = await raw(listener.address, headers);
      expect(answer["grpc-status"]).toBe(code);
      expect(answer["grpc-accept-encoding"]).toBe("identity");
    });

    test("more calls than may be in flight are refused, with a time to wait", async () => {
      const { client } = await serve(
        {
          "/t/Never": { kind: "unary", timeout: { maximum: 300, fallback: 300 }, handle: () => new Promise(() => {}) },
        },
        { callsInFlight: 2 },
      );
      const answers = await Promise.all([1, 2, 3].map(() => call(client, "/t/Never")));
      expect(answers.map(({ code }) => code).toSorted((a, b) => a - b)).toEqual([4, 4, 8]);
      expect(answers.find(({ code }) => code === 8)?.trailers?.get("grpc-retry-pushback-ms")).toEqual(["100"]);
    });
  });

  describe("streams", () => {
    const frame = Buffer.alloc(64 * 1024);
    const numbers = (count: number, ended: () => void): Method => ({
      kind: "server_stream",
      handle: async function* () {
        try {
          for (let i = 0; i < count; i += 1) yield frame;
        } finally {
          ended();
        }
      },
    });

    test("deliver every frame and end", async () => {
      const { client } = await serve({ "/t/Many": numbers(50, () => {}) });
      const frames = client.makeServerStreamRequest("/t/Many", same, same, Buffer.alloc(0));
      let count = 0;
      for await (const _frame of frames) count += 1;
      expect(count).toBe(50);
    });

    /** A stream of frames of which the reader takes no more than windows hold. */
    async function unread(address: string): Promise<ClientHttp2Stream> {
      const session = connect(`http://${address}`);
      session.on("error", () => {}); // a drain ends it
      closing.push(() => session.close());
      const headers = { ":method": "POST", ":path": "/t/Many", "content-type": "application/grpc", te: "trailers" };
      const stream = session.request(headers);
      stream.on("response", () => stream.pause());
      stream.on("error", () => {});
      stream.end(Buffer.from([0, 0, 0, 0, 0]));
      return stream;
    }

    test("a reader that stops is let go: first the source, and after the same time again the stream and its bytes", async () => {
      const ended = Promise.withResolvers<void>();
      const methods = { "/t/Many": numbers(1_000, ended.resolve), "/t/Echo": echo };
      const { client, listener } = await serve(methods, { bytesInFlight: 50_000 });
      const stream = await unread(listener.address);
      const closed = new Promise((resolve) => stream.once("close", resolve));
      await ended.promise;
      const from = performance.now();
      const refused = await call(client, "/t/Echo"); // the frame that is on its way counts
      expect(String(refused.trailers?.get("grpc-status-details-bin")[0])).toContain("BYTES_EXHAUSTED");
      await closed;
      expect(stream.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM); // clients read RESOURCE_EXHAUSTED
      expect(performance.now() - from).toBeGreaterThan(limits.slowConsumer / 2);
      expect((await call(client, "/t/Echo")).code).toBe(0);
    });

    test("who speaks while the loop stands still is heard", async () => {
      const handshakeTimeout = 300;
      const { listener } = await serve({ "/t/Echo": echo }, { handshakeTimeout });
      const socket = createConnection(Number(listener.address.split(":")[1]), "127.0.0.1");
      closing.push(() => socket.destroy());
      await once(socket, "connect");
      for (let turn = 0; turn < 10; turn += 1) await setTurn(); // the server has accepted it
      socket.write(
        Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]),
      );
      standStill(2 * handshakeTimeout);
      const first = await Promise.race([once(socket, "data"), once(socket, "close").then(() => "closed")]);
      expect(first).not.toBe("closed");
      let isClosed = false;
      socket.once("close", () => (isClosed = true));
      for (let turn = 0; turn < 10; turn += 1) await setTurn();
      expect(isClosed).toBe(false);
    });

    test("a client that is held up for longer than a ping is waited for loses no call", async () => {
      const keepalive = 300;
      let ran = 0;
      const counted: Method = { ...echo, handle: (bytes, incoming) => ((ran += 1), echo.handle(bytes, incoming)) };
      const { listener } = await serve({ "/t/Echo": counted }, { keepalive });
      const gate = new Int32Array(new SharedArrayBuffer(4));
      const workerData = { address: listener.address, path: "/t/Echo", gate };
      const client = new Worker(new URL("held-up-client.ts", import.meta.url), { workerData });
      closing.push(() => client.terminate());
      expect(await once(client, "message")).toEqual([["answered"]]);
      await wait(4 * keepalive); // its connection is closed meanwhile; where it is not, nothing is lost either
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      expect(await once(client, "message")).toEqual([Array(4).fill("answered")]);
      expect(ran).toBe(5);
    });

    test("a reader that wakes after that gets the frame that was on its way, and the reason", async () => {
      const ended = Promise.withResolvers<void>();
      const { listener } = await serve({ "/t/Many": numbers(1_000, ended.resolve) }, { slowConsumer: 500 });
      const stream = await unread(listener.address);
      await ended.promise;
      const trailers = new Promise<IncomingHttpHeaders>((resolve) => stream.on("trailers", resolve));
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk)).resume();
      expect((await trailers)["grpc-status"]).toBe("8");
      expect(String(Buffer.from(String((await trailers)["grpc-status-details-bin"]), "base64"))).toContain(
        "SLOW_CONSUMER",
      );
      expect(Buffer.concat(chunks).length % (5 + frame.length)).toBe(0);
    });

    test("a drain ends streams that nobody reads inside its grace", async () => {
      const ended = Promise.withResolvers<void>();
      const { listener } = await serve({ "/t/Many": numbers(1_000, ended.resolve) }, { slowConsumer: 2_000 });
      const stream = await unread(listener.address);
      const closed = new Promise((resolve) => stream.once("close", resolve));
      await ended.promise;
      await Promise.all([listener.drain(400), closed]);
      expect(stream.rstCode).not.toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM); // its own reset would have come later
    });

    test("a cancel ends the source", async () => {
      const ended = Promise.withResolvers<void>();
      const { client } = await serve({ "/t/Many": numbers(1_000_000, ended.resolve) });
      const stream = client.makeServerStreamRequest("/t/Many", same, same, Buffer.alloc(0));
      stream.on("error", () => {});
      stream.once("data", () => stream.cancel());
      await expect(ended.promise).resolves.toBeUndefined();
    });

    test("2,000 cancels in a burst leave the connection open", async () => {
      const { client } = await serve(
        { "/t/Echo": echo, "/t/Never": { kind: "unary", timeout, handle: () => new Promise(() => {}) } },
        { callsInFlight: 10_000 },
      );
      await call(client, "/t/Echo");
      const channel = client.getChannel();
      for (let round = 0; round < 10; round += 1) {
        const controllers = Array.from({ length: 200 }, () => new AbortController());
        const answers = controllers.map(({ signal }) => call(client, "/t/Never", { cancel: signal }));
        await call(client, "/t/Echo"); // the calls before it have arrived
        for (const controller of controllers) controller.abort();
        expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set([status.CANCELLED]));
      }
      expect(channel.getConnectivityState(false)).toBe(connectivityState.READY);
      expect(await call(client, "/t/Echo")).toMatchObject({ code: 0, text: "" });
    });

    test("a failure after frames arrives after them", async () => {
      const failing: Method = {
        kind: "server_stream",
        handle: async function* () {
          yield frame;
          throw new Rejected(10, "torn", new Uint8Array());
        },
      };
      const { client } = await serve({ "/t/Torn": failing });
      const stream = client.makeServerStreamRequest("/t/Torn", same, same, Buffer.alloc(0));
      let frames = 0;
      stream.on("data", () => (frames += 1));
      const error = await new Promise<ServiceError>((resolve) => stream.on("error", resolve));
      expect([frames, error.code, error.details]).toEqual([1, status.ABORTED, "torn"]);
    });

    test("both ways answer each request", async () => {
      const method: DuplexMethod = {
        kind: "duplex",
        handle: async function* (requests) {
          for await (const bytes of requests) yield bytes;
        },
      };
      const { client } = await serve({ "/t/Both": method });
      const stream = client.makeBidiStreamRequest("/t/Both", same, same);
      stream.write(Buffer.from("a"));
      stream.write(Buffer.from("b"));
      stream.end();
      const answers: string[] = [];
      for await (const bytes of stream) answers.push(String(bytes));
      expect(answers).toEqual(["a", "b"]);
    });
  });

  describe("addresses", () => {
    test("a port in use is named", async () => {
      const { listener } = await serve({});
      await expect(serve({}, {}, listener.address)).rejects.toThrow(`${listener.address} is in use`);
    });

    test("a Unix socket opens for owner and group, is taken over when stale, and is left alone when live or no socket", async () => {
      const folder = await mkdtemp(join(tmpdir(), "pannier-"));
      closing.push(() => rm(folder, { recursive: true }));
      const path = join(folder, "data.sock");
      const { client } = await serve({ "/t/Echo": echo }, {}, `unix:${path}`);
      expect((await stat(path)).mode & 0o777).toBe(0o660);
      expect((await call(client, "/t/Echo", { bytes: Buffer.from("x") })).bytes?.toString()).toBe("x");
      await expect(serve({}, {}, `unix:${path}`)).rejects.toThrow("another process is listening");
      await writeFile(join(folder, "file"), "");
      await expect(serve({}, {}, `unix:${join(folder, "file")}`)).rejects.toThrow("is not a socket");
      await expect(serve({}, {}, `unix:${join(folder, "x".repeat(108))}`)).rejects.toThrow("more than 107 bytes");
    });

    test("a drain waits for no stream that lasts as long as its client likes", async () => {
      const method: DuplexMethod = {
        kind: "duplex",
        handle: async function* (requests) {
          for await (const bytes of requests) yield bytes;
        },
      };
      const { client, listener } = await serve({ "/t/Both": method });
      const stream = client.makeBidiStreamRequest("/t/Both", same, same);
      const failed = new Promise<ServiceError>((resolve) => stream.on("error", resolve));
      stream.write(Buffer.from("a"));
      await new Promise((resolve) => stream.once("data", resolve));
      await listener.drain(60_000);
      expect((await failed).code).toBe(status.UNAVAILABLE);
    });

    test("a drain lets running calls finish and refuses new connections", async () => {
      const release = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const slow: Method = {
        kind: "unary",
        timeout,
        handle: async (bytes) => (begun.resolve(), await release.promise, bytes.slice()),
      };
      const { client, listener } = await serve({ "/t/Slow": slow });
      const answer = call(client, "/t/Slow", { bytes: Buffer.from("x") });
      await begun.promise;
      const drained = listener.drain(5_000);
      release.resolve();
      await drained;
      expect((await answer).bytes?.toString()).toBe("x");
      const port = Number(listener.address.split(":")[1]);
      const free = createServer();
      await new Promise<void>((resolve) => free.listen(port, "127.0.0.1", resolve));
      free.close();
    });
  });
});
