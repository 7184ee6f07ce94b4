// Both sides of HTTP/2 against each other: messages, windows, pieces of any size, and what a peer must not do.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pair } from "../../../src/http2/hpack-encoder.ts";
import { FLAG, FRAME_TYPE, PREFACE } from "../../../src/http2/protocol.ts";
import {
  dataFrames,
  frame,
  headerBlock,
  headerFrames,
  reset,
  settings,
  windowUpdate,
} from "../../cases/wire/frames.ts";
import { exchange, framesIn, noBytes, peer, type Peer, type TestStream } from "./peers.ts";

const request: readonly Pair[] = [[":method", "POST"], [":scheme", "http"], [":path", "/a/B"], ["te", "trailers"]]; // prettier-ignore
const response: readonly Pair[] = [[":status", "200"], ["content-type", "text/plain"]]; // prettier-ignore
const requestText = ":method=POST :scheme=http :path=/a/B te=trailers";

function opened(client: Peer, more: readonly Pair[] = [], isEnd = false): TestStream {
  const stream = client.connection.open(request, more, isEnd);
  if (!stream) throw new Error("no stream could be opened");
  return stream;
}

/** A server that answers each request with its own bytes, when it has them all. */
function echoing(options: Parameters<typeof peer>[1] = {}): Peer {
  const bodies = new Map<number, Buffer[]>();
  const answer = (stream: TestStream): void => {
    server.connection.headers(stream, response, [["x-stream", String(stream.id)]]);
    server.connection.data(stream, Buffer.from("echo:"), Buffer.concat(bodies.get(stream.id) ?? []));
    server.connection.endWith(stream, [["grpc-status", "0"]], []);
  };
  const server: Peer = peer("server", {
    ...options,
    events: {
      data: (stream, bytes, start, end, isEnd) => {
        bodies.set(stream.id, [...(bodies.get(stream.id) ?? []), Buffer.from(bytes.subarray(start, end))]);
        server.connection.use(stream, end - start);
        if (isEnd) answer(stream);
      },
      trailers: (stream) => answer(stream),
    },
  });
  return server;
}

describe("a message", () => {
  test("goes to the server and comes back, with trailers", () => {
    const [client, server] = [peer("client"), echoing()];
    const stream = opened(client, [["x-one", "1"]]);
    client.connection.data(stream, noBytes, Buffer.from("hello"));
    client.connection.end(stream);
    exchange(client, server);
    expect(server.told).toEqual([`1 head ${requestText} x-one=1`, "1 closed undefined"]);
    expect(client.told).toEqual([
      "1 head :status=200 content-type=text/plain x-stream=1",
      "1 trailers grpc-status=0",
      "1 closed undefined",
    ]);
    expect(Buffer.concat(client.received.get(1) ?? []).toString()).toBe("echo:hello");
  });

  test("may end with trailers in a request, and be larger than windows in both directions", () => {
    const [client, server] = [peer("client"), echoing()];
    const body = Buffer.alloc(1_000_000, "abcdefg");
    const stream = opened(client);
    client.connection.data(stream, noBytes, body);
    client.connection.endWith(stream, [["x-sum", "7"]], []);
    exchange(client, server);
    expect(Buffer.concat(client.received.get(1) ?? []).equals(Buffer.concat([Buffer.from("echo:"), body]))).toBe(true);
    expect(client.told.at(-1)).toBe("1 closed undefined");
  });

  test("may have a head longer than a frame, in both directions", () => {
    const [client, server] = [peer("client"), peer("server")];
    const long: readonly Pair[] = [1, 2, 3].map((i) => [`x-long-${i}`, "~".repeat(15_000)]);
    const stream = opened(client, long);
    const bytes = client.take();
    const frames = framesIn(bytes.subarray(PREFACE.length));
    expect(frames.map(({ type }) => type)).toContain(FRAME_TYPE.continuation);
    server.connection.receive(bytes);
    expect(server.told).toEqual([`${stream.id} head ${requestText} ${long.map((pair) => pair.join("=")).join(" ")}`]);
  });
});

/** A session of a client with two requests, one in pieces, a ping and padding. */
function session(): Buffer {
  const block = headerBlock(request);
  const padded = Buffer.concat([Buffer.from([3]), Buffer.from("padded"), Buffer.alloc(3)]);
  return Buffer.concat([
    PREFACE,
    settings([[4, 100_000]]),
    headerFrames(1, block, false),
    frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(8, 7)),
    frame(FRAME_TYPE.headers, FLAG.priority, 3, Buffer.concat([Buffer.from([0, 0, 0, 1, 200]), block.subarray(0, 10)])),
    frame(FRAME_TYPE.continuation, 0, 3, block.subarray(10, 11)),
    frame(FRAME_TYPE.continuation, FLAG.endHeaders, 3, block.subarray(11)),
    dataFrames(1, Buffer.from("first"), false),
    frame(FRAME_TYPE.data, FLAG.padded, 3, padded),
    frame(0xfa, 0, 0, Buffer.from("unknown")),
    frame(FRAME_TYPE.data, FLAG.endStream, 1),
    headerFrames(3, headerBlock([["x-trailer", "1"]]), true),
    windowUpdate(0, 5),
  ]);
}

describe("bytes in pieces", () => {
  const play = (pieces: readonly Buffer[]): string => {
    const server = echoing();
    for (const piece of pieces) server.connection.receive(piece);
    return `${server.told.join("|")} ${server.take().toString("hex")}`;
  };
  const bytes = session();
  const whole = play([bytes]);

  test("whole it is two answers", () => {
    expect(whole.match(/closed undefined/g)).toHaveLength(2);
  });

  test("cut at every offset, and one by one, they mean the same", () => {
    for (let at = 1; at < bytes.length; at++) expect(play([bytes.subarray(0, at), bytes.subarray(at)])).toBe(whole);
    expect(play(Array.from(bytes, (byte) => Buffer.from([byte])))).toBe(whole);
  });
});

describe("windows", () => {
  test("are kept on both sides, whatever they are and however messages are cut", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 8 });
    const window = fc.oneof(fc.integer({ min: 300, max: 3_000 }), fc.integer({ min: 3_000, max: 200_000 }));
    fc.assert(
      fc.property(sizes, window, window, fc.integer({ min: 65_535, max: 300_000 }), (lengths, own, theirs, all) => {
        const server = echoing({ settings: { initialWindowSize: own }, window: all });
        const client = peer("client", { settings: { initialWindowSize: theirs }, window: all });
        exchange(client, server);
        const bodies = lengths.map((length, i) => Buffer.alloc(length, i + 1));
        for (const body of bodies) {
          const stream = opened(client);
          client.connection.data(stream, body.subarray(0, 3), body.subarray(3));
          client.connection.end(stream);
        }
        exchange(client, server);
        for (const [i, body] of bodies.entries())
          expect(
            Buffer.concat(client.received.get(2 * i + 1) ?? [])
              .subarray(5)
              .equals(body),
          ).toBe(true);
        expect([client.connection.size, server.connection.size]).toEqual([0, 0]);
        expect(client.told.filter((line) => line.startsWith("goaway"))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("that the reader does not give back stop the writer, and a frame more than they allow is an error", () => {
    const [client, server] = [peer("client"), peer("server", { uses: false, window: 1_000_000 })];
    exchange(client, server);
    const stream = opened(client);
    client.connection.data(stream, noBytes, Buffer.alloc(200_000));
    exchange(client, server);
    expect(Buffer.concat(server.received.get(1) ?? []).length).toBe(65_535);
    server.connection.receive(dataFrames(1, Buffer.from("x"), false));
    expect(server.told.at(-1)).toBe("1 closed 3");
  });

  test("shrunk below what is on its way by SETTINGS go below 0 and recover", () => {
    const server = peer("server");
    server.connection.receive(Buffer.concat([PREFACE, settings(), headerFrames(1, headerBlock(request), true)]));
    const [stream] = server.connection.streams();
    if (!stream) throw new Error("no stream");
    server.take();
    server.connection.headers(stream, response, []);
    server.connection.data(stream, noBytes, Buffer.alloc(100_000));
    expect(sizes(server)).toEqual([16_384, 16_384, 16_384, 16_383]);
    server.connection.receive(settings([[4, 10]]));
    server.connection.receive(windowUpdate(0, 1_000_000));
    server.connection.receive(windowUpdate(1, 65_525));
    expect(sizes(server)).toEqual([]);
    server.connection.receive(windowUpdate(1, 1));
    expect(sizes(server)).toEqual([1]);
  });

  function sizes(from: Peer): number[] {
    const frames = framesIn(from.take());
    return frames.filter(({ type }) => type === FRAME_TYPE.data).map(({ payload }) => payload.length);
  }

  test("hold back a message with its prefix, although the prefix is used again meanwhile", () => {
    const [client, server] = [peer("client", { uses: false }), peer("server")];
    const stream = opened(client, [], true);
    exchange(client, server);
    const [answering] = server.connection.streams();
    if (!answering) throw new Error("no stream came");
    const prefix = Buffer.from([1, 2, 3]);
    server.connection.headers(answering, [[":status", "200"]], []);
    server.connection.data(answering, prefix, Buffer.alloc(65_535));
    server.connection.data(answering, prefix, Buffer.alloc(1));
    prefix.fill(9);
    server.connection.end(answering);
    exchange(client, server);
    client.connection.use(stream, 65_535);
    exchange(client, server);
    const all = Buffer.concat(client.received.get(stream.id) ?? []);
    expect(all.length).toBe(65_542);
    expect(all.filter((byte) => byte === 9).length).toBe(0);
  });

  test("are shared by streams in turn", () => {
    const server = peer("server");
    const block = headerBlock(request);
    server.connection.receive(Buffer.concat([PREFACE, settings(), ...[1, 3, 5].map((id) => headerFrames(id, block, true))])); // prettier-ignore
    for (const stream of server.connection.streams()) server.connection.data(stream, noBytes, Buffer.alloc(60_000)); // the first takes nearly the whole window
    server.take();
    server.connection.receive(windowUpdate(0, 60_000));
    const turns = framesIn(server.take()).filter(({ type }) => type === FRAME_TYPE.data);
    expect(new Set(turns.slice(0, 2).map(({ stream }) => stream)).size).toBe(2);
  });
});

/** What a server answers to bytes behind preface and SETTINGS: the last frame that is no acknowledgement. */
function answerTo(...bytes: readonly Buffer[]): string {
  const server = peer("server");
  server.connection.receive(Buffer.concat([PREFACE, settings(), ...bytes]));
  const last = framesIn(server.take()).findLast(({ type }) => type === FRAME_TYPE.reset || type === FRAME_TYPE.goaway);
  if (!last) return "nothing";
  const code = last.payload.readUInt32BE(last.type === FRAME_TYPE.goaway ? 4 : 0);
  return last.type === FRAME_TYPE.goaway ? `goaway ${code}` : `reset ${last.stream} ${code}`;
}

const block = headerBlock(request);
const word = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer).swap32();
const withFields = (...pairs: readonly Pair[]): Buffer => headerFrames(1, headerBlock([...request, ...pairs]), true);

describe("what a peer must not do", () => {
  test.each([
    ["DATA on stream 0", "goaway 1", [dataFrames(0, Buffer.from("x"), false)]],
    ["DATA on an idle stream", "goaway 1", [dataFrames(3, Buffer.from("x"), false)]],
    ["HEADERS on stream 0", "goaway 1", [headerFrames(0, block, true)]],
    ["an even stream", "goaway 1", [headerFrames(2, block, true)]],
    ["a stream below the last", "goaway 5", [headerFrames(5, block, false), headerFrames(3, block, false)]],
    ["DATA behind the end", "reset 1 5", [headerFrames(1, block, true), dataFrames(1, Buffer.from("x"), false)]],
    ["HEADERS behind the end", "reset 1 5", [headerFrames(1, block, true), headerFrames(1, block, true)]],
    ["DATA behind its own reset", "reset 1 5", [headerFrames(1, block, false), reset(1), dataFrames(1, Buffer.from("x"), false)]],
    ["HEADERS behind its own reset", "goaway 5", [headerFrames(1, block, false), reset(1), headerFrames(1, block, true)]],
    ["a reset of an idle stream", "goaway 1", [reset(1)]],
    ["a reset that is too short", "goaway 6", [headerFrames(1, block, false), frame(FRAME_TYPE.reset, 0, 1, Buffer.alloc(3))]],
    ["a window of an idle stream", "goaway 1", [windowUpdate(1, 1)]],
    ["a window update by 0", "goaway 1", [windowUpdate(0, 0)]],
    ["a stream's window update by 0", "reset 1 1", [headerFrames(1, block, false), windowUpdate(1, 0)]],
    ["a window that overflows", "goaway 3", [windowUpdate(0, 0x7fffffff)]],
    ["a stream's window that overflows", "reset 1 3", [headerFrames(1, block, false), windowUpdate(1, 0x7fffffff)]],
    ["SETTINGS on a stream", "goaway 1", [frame(FRAME_TYPE.settings, 0, 1)]],
    ["SETTINGS of five bytes", "goaway 6", [frame(FRAME_TYPE.settings, 0, 0, Buffer.alloc(5))]],
    ["an acknowledgement with a payload", "goaway 6", [frame(FRAME_TYPE.settings, FLAG.ack, 0, Buffer.alloc(6))]],
    ["33 settings in a frame", "goaway 11", [settings(Array.from({ length: 33 }, () => [4, 1]))]],
    ["ENABLE_PUSH of 2", "goaway 1", [settings([[2, 2]])]],
    ["a window of 2^31", "goaway 3", [settings([[4, 0x80000000]])]],
    ["a frame size below the least", "goaway 1", [settings([[5, 16_383]])]],
    ["PING on a stream", "goaway 1", [frame(FRAME_TYPE.ping, 0, 1, Buffer.alloc(8))]],
    ["PING of seven bytes", "goaway 6", [frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(7))]],
    ["GOAWAY on a stream", "goaway 1", [frame(FRAME_TYPE.goaway, 0, 1, Buffer.alloc(8))]],
    ["PUSH_PROMISE", "goaway 1", [frame(FRAME_TYPE.pushPromise, FLAG.endHeaders, 1, Buffer.alloc(4))]],
    ["CONTINUATION without a block", "goaway 1", [frame(FRAME_TYPE.continuation, FLAG.endHeaders, 1, block)]],
    ["CONTINUATION of another stream", "goaway 1", [frame(FRAME_TYPE.headers, 0, 1, block), frame(FRAME_TYPE.continuation, 4, 3, block)]],
    ["a block that is interrupted", "goaway 1", [frame(FRAME_TYPE.headers, 0, 1, block), windowUpdate(0, 1)]],
    ["a block that never ends", "goaway 11", [frame(FRAME_TYPE.headers, 0, 1, block), ...Array.from({ length: 80 }, () => frame(FRAME_TYPE.continuation, 0, 1))]],
    ["padding longer than its frame", "goaway 1", [headerFrames(1, block, false), frame(FRAME_TYPE.data, FLAG.padded, 1, Buffer.from([5, 1, 1]))]],
    ["a header block that is none", "goaway 9", [headerFrames(1, Buffer.from([0x80]), true)]],
    ["a frame of more than 16 KiB", "goaway 6", [frame(FRAME_TYPE.data, 0, 1, Buffer.alloc(16_385))]],
    ["a stream that depends on itself", "reset 1 1", [frame(FRAME_TYPE.priority, 0, 1, Buffer.concat([word(1), Buffer.from([0])]))]],
    ["PRIORITY of four bytes", "reset 1 6", [frame(FRAME_TYPE.priority, 0, 1, Buffer.alloc(4))]],
    ["a name in capitals", "reset 1 1", [withFields(["X", "1"])]],
    ["a connection header", "reset 1 1", [withFields(["connection", "close"])]],
    ["te other than trailers", "reset 1 1", [headerFrames(1, headerBlock([...request.slice(0, 3), ["te", "gzip"]]), true)]],
    ["a pseudo-header that is unknown", "reset 1 1", [headerFrames(1, headerBlock([[":x", "1"], ...request]), true)]],
    ["a pseudo-header behind others", "reset 1 1", [withFields([":authority", "x"])]],
    ["a pseudo-header of answers", "reset 1 1", [headerFrames(1, headerBlock([[":status", "200"], ...request]), true)]],
    ["a pseudo-header twice", "reset 1 1", [headerFrames(1, headerBlock([[":path", "/"], ...request]), true)]],
    ["a request without a path", "reset 1 1", [headerFrames(1, headerBlock([[":method", "POST"], [":scheme", "http"]]), true)]],
    ["a pseudo-header in trailers", "reset 1 1", [headerFrames(1, block, false), headerFrames(1, headerBlock([[":path", "/"]]), true)]],
    ["trailers that do not end", "reset 1 1", [headerFrames(1, block, false), headerFrames(1, headerBlock([["x", "1"]]), false)]],
    ["less than content-length", "reset 1 1", [headerFrames(1, headerBlock([...request, ["content-length", "5"]]), false), dataFrames(1, Buffer.from("1234"), true)]],
    ["more than content-length", "reset 1 1", [headerFrames(1, headerBlock([...request, ["content-length", "5"]]), false), dataFrames(1, Buffer.from("123456"), false)]],
    ["more streams than SETTINGS allow", "reset 201 7", Array.from({ length: 101 }, (_, i) => headerFrames(2 * i + 1, block, false))],
  ])("%s: %s", (_what, answer, bytes) => {
    expect(answerTo(...bytes)).toBe(answer);
  }); // prettier-ignore

  test.each([
    ["resets", 5_000, (id: number) => Buffer.concat([headerFrames(id, block, false), reset(id)])],
    ["mistakes that make us reset", 5_000, (id: number) => Buffer.concat([headerFrames(id, block, false), windowUpdate(id, 0)])],
    ["streams beyond the limit", 5_000, (id: number) => headerFrames(id, block, false)],
    ["PING", 1_100, () => frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(8))],
    ["SETTINGS", 1_100, () => settings()],
    ["empty DATA", 1_100, () => dataFrames(1, Buffer.alloc(0), false)],
    ["PRIORITY", 1_100, () => frame(FRAME_TYPE.priority, 0, 1, Buffer.concat([word(3), Buffer.from([0])]))],
    ["unknown frames", 1_100, () => frame(99, 0, 0)],
  ])("a flood of %s ends the connection with ENHANCE_YOUR_CALM", (_what, count, make) => {
    const first = headerFrames(1, block, false);
    expect(answerTo(first, ...Array.from({ length: count }, (_, i) => make(2 * i + 3)))).toBe("goaway 11");
  }); // prettier-ignore

  test("the same in an hour is no flood", () => {
    let now = 0;
    const server = peer("server", { now: () => (now += 100) });
    const ping = frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(8));
    server.connection.receive(Buffer.concat([PREFACE, settings(), ...Array.from({ length: 5_000 }, () => ping)]));
    expect(server.connection.isOver).toBe(false);
  });

  test.each(["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n"])("%j is no preface", (text) => {
    const server = peer("server");
    server.connection.receive(Buffer.from(text));
    expect(server.connection.isOver).toBe(true);
  });

  test("a frame before SETTINGS is refused", () => {
    const server = peer("server");
    server.connection.receive(Buffer.concat([PREFACE, windowUpdate(0, 1)]));
    expect(server.connection.isOver).toBe(true);
  });
});

describe("an end in two steps", () => {
  test("first announces, and still takes streams; then takes no more, and lets those finish that are open", () => {
    const [client, server] = [peer("client"), echoing()];
    const first = opened(client);
    exchange(client, server);
    server.connection.announceEnd();
    const second = opened(client);
    exchange(client, server);
    expect(client.told).toEqual([`goaway ${0x7fffffff} 0`]);
    server.connection.finish();
    const third = opened(client);
    exchange(client, server);
    expect(client.told.at(-1)).toBe(`goaway ${second.id} 0`);
    expect(server.told.some((line) => line.startsWith(`${third.id} `))).toBe(false);
    for (const stream of [first, second]) client.connection.end(stream);
    exchange(client, server);
    expect(client.told.filter((line) => line.includes("closed undefined"))).toHaveLength(2);
  });
});

test("what was sent before a peer could know of a reset, or of the end, is passed over", () => {
  const server: Peer = peer("server", { events: { head: (stream) => server.connection.reset(stream, 8) } });
  const late = (id: number): Buffer[] => [headerFrames(id, block, false), dataFrames(id, Buffer.from("x"), true)];
  server.connection.receive(Buffer.concat([PREFACE, settings(), ...late(1)]));
  server.connection.finish();
  server.connection.receive(Buffer.concat(late(3)));
  const resets = framesIn(server.take()).filter(({ type }) => type === FRAME_TYPE.reset);
  expect(resets.map(({ stream, payload }) => [stream, payload.readUInt32BE(0)])).toEqual([[1, 8]]);
});
