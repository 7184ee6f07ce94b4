// Readers who take little at a time: whoever goes on taking is served to the end, whoever only seems to is let go.
import { constants } from "node:http2";
import { setInterval } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { createRefusals } from "../../../src/service/status.ts";
import { listenGrpc } from "../../../src/transport/grpc-js.ts";
import { listenNative } from "../../../src/transport/native.ts";
import type { Listen, Method, TransportLimits } from "../../../src/transport/transport.ts";
import { callHeaders, RawConnection, type ConnectionOptions, type StreamEnd } from "../../cases/wire/connection.ts";
import { dataFrames, headerBlock, headerFrames, windowUpdate } from "../../cases/wire/frames.ts";

const patience = 300; // milliseconds
const limits: TransportLimits = {
  messageBytes: 1_024,
  headerBytes: 8_192,
  headerPairs: 64,
  connections: 100,
  streamsPerConnection: 1_000,
  callsInFlight: 100,
  bytesInFlight: 10_000_000,
  readTimeout: 10_000,
  slowConsumer: patience,
  handshakeTimeout: 5_000,
  idleConnection: 60_000,
  keepalive: 60_000,
};
const answer = Buffer.alloc(300_000, 1);
const shortAnswer = Buffer.alloc(40_000, 1);
const methods: readonly (readonly [string, Method])[] = [
  ["/t/Answer", { kind: "unary", timeout: { maximum: 60_000, fallback: 60_000 }, handle: async () => answer }],
  ["/t/Short", { kind: "unary", timeout: { maximum: 60_000, fallback: 60_000 }, handle: async () => shortAnswer }],
  ["/t/Frame", { kind: "server_stream", handle: async function* () { yield answer; } }],
]; // prettier-ignore

const transports: readonly (readonly [name: string, listen: Listen])[] = [
  ["grpc-js", listenGrpc],
  ["native", listenNative],
];

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Asks for so many answers on one connection, and lets more bytes come three times in each `patience`, on each stream that is given and on the connection. */
async function takeSteadily(listen: Listen, { paths, bytes, ...options }: Taking): Promise<readonly StreamEnd[]> {
  const listener = await listen({
    address: "127.0.0.1:0",
    methods: new Map(methods),
    limits,
    refuse: createRefusals(),
  });
  const connection = await RawConnection.open(listener.address, options);
  closing.push(
    () => listener.drain(0),
    () => connection.close(),
  );
  const streams = paths.map((path) => ({ path, id: connection.newStream() }));
  const ends = Promise.all(streams.map(({ id }) => connection.end(id)));
  for (const { path, id } of streams)
    await connection.send(
      headerFrames(id, headerBlock(callHeaders(path)), false),
      dataFrames(id, Buffer.from([0, 0, 0, 0, 0]), true),
    );
  const over = new AbortController();
  void ends.then(() => over.abort());
  const id = options.narrow === true ? 0 : (streams[0]?.id ?? 0);
  try {
    for await (const _ of setInterval(patience / 3, undefined, { signal: over.signal }))
      await connection.send(windowUpdate(id, bytes));
  } catch {
    // all have ended
  }
  return ends;
}

interface Taking extends ConnectionOptions {
  readonly paths: readonly string[];
  readonly bytes: number;
}

describe.each(transports)("on %s", (_, listen) => {
  test.each(["/t/Answer", "/t/Frame"])("%s is taken to its end, however often the patience passes", async (path) => {
    const [end] = await takeSteadily(listen, { paths: [path], bytes: 25_000, window: 0 });
    expect([end?.trailers?.["grpc-status"], end?.data.length]).toEqual(["0", 5 + answer.length]);
  });

  test("answers that wait for each other on one connection are taken to their ends", async () => {
    const paths = Array.from({ length: 24 }, () => "/t/Short"); // a frame of each is more than comes in one patience
    const ends = await takeSteadily(listen, { paths, bytes: 60_000, narrow: true, window: 1_000_000 });
    expect(ends.map(({ trailers }) => trailers?.["grpc-status"])).toEqual(paths.map(() => "0"));
  });

  test("who takes a few bytes now and then is let go", async () => {
    const [end] = await takeSteadily(listen, { paths: ["/t/Answer"], bytes: 10, window: 0 });
    expect(end?.reset).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
});
