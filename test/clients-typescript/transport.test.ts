// What holds for a transport of the client, on both of them: answers, failures, deadlines, cancellation, connections that come and go.
import { constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openGrpcJs } from "../../clients/typescript/transport/grpc-js.ts";
import { openChannel } from "../../clients/typescript/transport/native/channel.ts";
import { readTarget } from "../../clients/typescript/transport/target.ts";
import { CallFailure, type OutgoingCall, type Transport } from "../../clients/typescript/transport/transport.ts";
import { answerWith, framed, serveHttp2, serveSockets } from "./fake-server.ts";

const transports = { native: openChannel, "grpc-js": openGrpcJs } as const;
const bytes = (text: string): Buffer => Buffer.from(text);
const minute = 60_000;

afterEach(() => void vi.restoreAllMocks());

interface Opened extends AsyncDisposable {
  readonly transport: Transport;
}

function open(name: keyof typeof transports, target: string, largestAnswer: number = 1_000_000): Opened {
  const transport = transports[name]({ target: readTarget({ target }, {}), keepalive: 20_000, largestAnswer });
  return { transport, [Symbol.asyncDispose]: () => transport.close(0) };
}

function asking(more: Partial<OutgoingCall> = {}): OutgoingCall {
  return {
    path: "/a.B/C",
    request: bytes("ask"),
    timeout: minute,
    wait: minute,
    metadata: [],
    signal: undefined,
    ...more,
  };
}

/** How a call fails; whoever answers instead fails the test. */
async function failureOf(call: Promise<unknown>): Promise<CallFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallFailure) return error;
    throw error;
  }
  throw new Error("the call was answered");
}

/**
 * Asks again while a call was not looked at, as the client does: grpc-js sends on a connection whose GOAWAY it is about to read. It must
 * be let read: a call that the connection itself refuses fails before anything is read, again and again.
 */
async function untilSent(transport: Transport): Promise<Uint8Array> {
  for (;;) {
    try {
      return await transport.unary(asking());
    } catch (error) {
      if (!(error instanceof CallFailure && error.kind === "unsent")) throw error;
      await setTimeout(10);
    }
  }
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const message of stream) texts.push(Buffer.from(message).toString());
  return texts;
}

/** A port that nobody listens on: one that was free a moment ago. */
async function freePort(): Promise<number> {
  await using server = await serveSockets(() => {});
  return server.port;
}

describe.each(["native", "grpc-js"] as const)("%s", (name) => {
  test("hands over the message, and the metadata with it", async () => {
    await using server = await serveHttp2(({ stream, body }) =>
      answerWith(stream, [body.subarray(5), bytes("")].slice(0, 1)),
    );
    await using opened = open(name, server.target);
    const answer = await opened.transport.unary(asking({ metadata: [["x-request-id", "one"]] }));
    expect(Buffer.from(answer).toString()).toBe("ask");
  });

  test("tells a status with its details and pushback", async () => {
    await using server = await serveHttp2(({ stream }) =>
      answerWith(stream, [], {
        "grpc-status": "9",
        "grpc-message": "so%20nicht%20%C3%BC",
        "grpc-status-details-bin": bytes("why").toString("base64"),
        "grpc-retry-pushback-ms": "-1",
        "x-request-id": "call-7",
      }),
    );
    await using opened = open(name, server.target);
    const failure = await failureOf(opened.transport.unary(asking()));
    expect(failure).toMatchObject({ kind: "status", code: 9, message: "so nicht ü", pushback: -1, callId: "call-7" });
    expect(Buffer.from(failure.details ?? []).toString()).toBe("why");
  });

  test("answers a stream message by message, however the bytes are cut", async () => {
    await using server = await serveHttp2(({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      const whole = Buffer.concat(["one", "", "three"].map((text) => framed(bytes(text))));
      const step = (at: number): void => {
        if (at >= whole.length) stream.end();
        else stream.write(whole.subarray(at, at + 3), () => step(at + 3));
      };
      step(0);
    });
    await using opened = open(name, server.target);
    expect(await all(opened.transport.stream(asking()))).toEqual(["one", "", "three"]);
  });

  test("a stream that is left is cancelled", async () => {
    const codes: number[] = [];
    await using server = await serveHttp2(({ stream }) => {
      stream.on("close", () => codes.push(stream.rstCode));
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.write(framed(bytes("first")));
    });
    await using opened = open(name, server.target);
    for await (const message of opened.transport.stream(asking())) {
      expect(Buffer.from(message).toString()).toBe("first");
      break;
    }
    await expect.poll(() => codes).toEqual([8]);
  });

  test("a call that nobody answers ends with its deadline", async () => {
    await using server = await serveHttp2(() => {});
    await using opened = open(name, server.target);
    const failure = await failureOf(opened.transport.unary(asking({ timeout: 50 })));
    expect(failure).toMatchObject({ kind: "deadline", wasSent: true });
  });

  test.each([
    ["before the deadline: lost", 0, { kind: "lost", code: 1, wasSent: true }],
    ["behind the deadline, which both sides have: that", minute, { kind: "deadline", wasSent: true }],
  ])("a stream that the server cancels %s", async (_, later, wanted) => {
    await using server = await serveHttp2(({ stream }) => {
      const [wall, clock] = [Date.now(), performance.now()];
      vi.spyOn(Date, "now").mockReturnValue(wall + later);
      vi.spyOn(performance, "now").mockReturnValue(clock + later);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    await using opened = open(name, server.target);
    expect(await failureOf(opened.transport.unary(asking()))).toMatchObject(wanted);
  });

  test("an abort ends a call before it is sent, while it waits, and while its answer comes", async () => {
    await using server = await serveHttp2(({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.write(framed(bytes("part")).subarray(0, 7));
    });
    await using opened = open(name, server.target);
    const early = await failureOf(opened.transport.unary(asking({ signal: AbortSignal.abort() })));
    expect(early).toMatchObject({ kind: "cancelled", wasSent: false });
    expect(server.calls()).toBe(0);
    await using down = open(name, `127.0.0.1:${await freePort()}`);
    const waiting = new AbortController();
    const waited = failureOf(down.transport.unary(asking({ signal: waiting.signal })));
    waiting.abort();
    expect((await waited).kind).toBe("cancelled");
    const answering = new AbortController();
    const answered = failureOf(opened.transport.unary(asking({ signal: answering.signal })));
    await expect.poll(() => server.calls()).toBe(1);
    answering.abort();
    expect(await answered).toMatchObject({ kind: "cancelled", wasSent: true });
  });

  test("an abort ends a stream whose answer has come whole, with the messages that were not taken", async () => {
    await using server = await serveHttp2(({ stream }) => answerWith(stream, ["one", "two", "three"].map(bytes)));
    await using opened = open(name, server.target);
    const aborting = new AbortController();
    const taken: string[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const message of opened.transport.stream(asking({ signal: aborting.signal }))) {
          taken.push(Buffer.from(message).toString());
          await setTimeout(50); // the others come
          aborting.abort();
        }
      })(),
    );
    expect(failure.kind).toBe("cancelled");
    expect(taken).toEqual(["one"]);
  });

  test("without a sidecar a call is unsent when its time is over", async () => {
    await using opened = open(name, `127.0.0.1:${await freePort()}`);
    const failure = await failureOf(opened.transport.unary(asking({ timeout: 200 })));
    expect(failure).toMatchObject({ kind: "unsent", wasSent: false });
  });

  test("a call waits for a sidecar that comes", async () => {
    const port = await freePort();
    await using opened = open(name, `127.0.0.1:${port}`);
    const answer = opened.transport.unary(asking());
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [bytes("late")]), { port });
    expect(Buffer.from(await answer).toString()).toBe("late");
    expect(server.calls()).toBe(1);
  });

  test("a connection that breaks loses its call, and the next call has another", async () => {
    await using server = await serveHttp2(({ stream, session, attempt }) => {
      if (attempt === 1) session.destroy();
      else answerWith(stream, [bytes("again")]);
    });
    await using opened = open(name, server.target);
    const failure = await failureOf(opened.transport.unary(asking()));
    expect(failure.wasSent).toBe(true);
    expect(["lost", "invalid", "status"]).toContain(failure.kind);
    expect(Buffer.from(await opened.transport.unary(asking())).toString()).toBe("again");
  });

  test("a sidecar that takes no more calls ends those it has, and the next go to another connection", async () => {
    const held: (() => void)[] = [];
    const sessions = new Set<unknown>();
    await using server = await serveHttp2(({ stream, session, attempt }) => {
      sessions.add(session);
      if (attempt > 1) return answerWith(stream, [bytes("second")]);
      session.close(); // GOAWAY, behind the calls that are open
      held.push(() => answerWith(stream, [bytes("first")]));
    });
    await using opened = open(name, server.target);
    const first = opened.transport.unary(asking());
    await expect.poll(() => held.length).toBe(1);
    expect(Buffer.from(await untilSent(opened.transport)).toString()).toBe("second");
    held[0]?.();
    expect(Buffer.from(await first).toString()).toBe("first");
    expect(sessions.size).toBe(2);
  });

  test("10,000 calls at once are answered, 100 at a time", async () => {
    await using server = await serveHttp2(({ stream, body }) => answerWith(stream, [body.subarray(5)]), {
      maxConcurrentStreams: 100,
    });
    await using opened = open(name, server.target);
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, i) => opened.transport.unary(asking({ request: bytes(String(i)) }))),
    );
    expect(answers.every((answer, i) => Buffer.from(answer).toString() === String(i))).toBe(true);
  });

  test.each([
    ["no HTTP/2", "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"],
    ["bytes of no protocol", "\u0000".repeat(64)],
  ])("%s instead of an answer ends within the deadline", async (_, text) => {
    await using server = await serveSockets((socket) => void socket.end(text));
    await using opened = open(name, server.target);
    const failure = await failureOf(opened.transport.unary(asking({ timeout: 300 })));
    expect(["unsent", "lost", "deadline"]).toContain(failure.kind);
  });

  test("a connection that is open and silent ends within the deadline", async () => {
    await using server = await serveSockets(() => {});
    await using opened = open(name, server.target);
    const failure = await failureOf(opened.transport.unary(asking({ timeout: 300 })));
    expect(["unsent", "deadline"]).toContain(failure.kind);
  });

  test.each([
    ["a message larger than is allowed", (server: Answering) => answerWith(server, [Buffer.alloc(2_000)])],
    ["an answer that ends inside a message", (server: Answering) => endWith(server, framed(bytes("abc"), 10))],
    ["an answer of another type", (server: Answering) => htmlWith(server)],
    ["an answer without a message", (server: Answering) => answerWith(server, [])],
    ["a compressed message", (server: Answering) => endWith(server, Buffer.from([1, 0, 0, 0, 1, 65]))],
  ])("%s is refused", async (_, answer) => {
    await using server = await serveHttp2(({ stream }) => answer(stream));
    await using opened = open(name, server.target, 1_000);
    const failure = await failureOf(opened.transport.unary(asking()));
    expect(failure.code).not.toBe(0);
    expect(["invalid", "status"]).toContain(failure.kind);
  });

  test("after close every call is refused", async () => {
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [bytes("yes")]));
    const { transport } = open(name, server.target);
    await transport.unary(asking());
    await transport.close(0);
    expect(await failureOf(transport.unary(asking()))).toMatchObject({ kind: "closed", wasSent: false });
    await expect.poll(() => server.connections()).toBe(0);
  });

  test("close lets a call end that is under way", async () => {
    const held: (() => void)[] = [];
    await using server = await serveHttp2(({ stream }) => held.push(() => answerWith(stream, [bytes("done")])));
    const { transport } = open(name, server.target);
    const answer = transport.unary(asking());
    await expect.poll(() => held.length).toBe(1);
    const closed = transport.close(minute);
    held[0]?.();
    expect(Buffer.from(await answer).toString()).toBe("done");
    await closed;
  });
});

type Answering = Parameters<typeof answerWith>[0];

function endWith(stream: Answering, body: Buffer): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(body);
}

function htmlWith(stream: Answering): void {
  stream.respond({ ":status": 200, "content-type": "text/html" });
  stream.end("<p>hello</p>");
}

/** Says hello, and that it has looked at nothing when a call comes. */
function goAwayAtFirstCall(socket: Socket): void {
  let received = Buffer.alloc(0);
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])); // SETTINGS
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let at = 24; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3))
      if (received[at + 3] === 1) return void socket.write(Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])); // prettier-ignore
  });
}

function relayTo(port: number, socket: Socket): void {
  const upstream = connect(port, "127.0.0.1");
  upstream.on("error", () => {});
  socket.on("close", () => upstream.destroy());
  socket.pipe(upstream).pipe(socket);
}

describe("native alone", () => {
  test.each([
    [401, 16],
    [404, 12],
    [503, 14],
    [500, 2],
  ])("an answer with the HTTP status %i has the code %i, as gRPC has it", async (status, code) => {
    await using server = await serveHttp2(({ stream }) => stream.respond({ ":status": status }, { endStream: true }));
    await using opened = open("native", server.target);
    expect(await failureOf(opened.transport.unary(asking()))).toMatchObject({ kind: "invalid", code });
  });

  test("an answer with two messages is refused", async () => {
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [bytes("a"), bytes("b")]));
    await using opened = open("native", server.target); // grpc-js waits for its deadline
    expect((await failureOf(opened.transport.unary(asking()))).kind).toBe("invalid");
  });

  test("calls that GOAWAY says were not looked at go on the next connection", async () => {
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [bytes("seen")]));
    let isFirst = true;
    await using relay = await serveSockets((socket) => {
      if (isFirst) goAwayAtFirstCall(socket);
      else relayTo(server.port, socket);
      isFirst = false;
    });
    await using opened = open("native", relay.target);
    expect(Buffer.from(await opened.transport.unary(asking())).toString()).toBe("seen");
    expect(isFirst).toBe(false);
  });

  test("a call that is refused unseen is sent again", async () => {
    await using server = await serveHttp2(({ stream, attempt }) => {
      if (attempt < 3)
        stream.close(7); // REFUSED_STREAM
      else answerWith(stream, [bytes("third")]);
    });
    await using opened = open("native", server.target);
    expect(Buffer.from(await opened.transport.unary(asking())).toString()).toBe("third");
    expect(server.calls()).toBe(3);
  });

  test("a connection that fell silent is given up when calls run out of time on it", async () => {
    let isSilent = false;
    await using server = await serveHttp2(({ stream }) => answerWith(stream, [bytes("ok")]));
    await using relay = await serveSockets((socket) => {
      const upstream = connect(server.port, "127.0.0.1");
      upstream.on("error", () => {});
      const silent = isSilent;
      upstream.on("data", (chunk) => {
        if (!isSilent || silent) socket.write(chunk);
      });
      socket.on("data", (chunk) => upstream.write(chunk));
      socket.on("close", () => upstream.destroy());
    });
    await using opened = open("native", relay.target);
    await opened.transport.unary(asking());
    isSilent = true;
    expect((await failureOf(opened.transport.unary(asking({ timeout: 50 })))).kind).toBe("deadline");
    const found = await opened.transport.unary(asking()).catch((error: unknown) => error);
    expect(["lost", "answered"]).toContain(found instanceof CallFailure ? found.kind : "answered");
    expect(Buffer.from(await opened.transport.unary(asking())).toString()).toBe("ok");
  });

  test("a single answer that goes on for ever is broken off at its second message", async () => {
    const ended = Promise.withResolvers<void>();
    await using server = await serveHttp2(({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      stream.once("close", () => ended.resolve());
      const step = (): void => void stream.write(framed(bytes("more")), (error) => error ?? step());
      step();
    });
    await using opened = open("native", server.target);
    expect((await failureOf(opened.transport.unary(asking()))).kind).toBe("invalid");
    await ended.promise;
  });

  test("a reader who takes nothing holds the sidecar back", async () => {
    let written = 0;
    await using server = await serveHttp2(({ stream }) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" });
      const message = framed(Buffer.alloc(100_000));
      const step = (): void =>
        void stream.write(message, (error) => {
          if (error) return;
          written += 1;
          if (written < 1_000) step();
        });
      step();
    });
    await using opened = open("native", server.target);
    const reading = opened.transport.stream(asking())[Symbol.asyncIterator]();
    await reading.next();
    await setTimeout(300); // time to send all, were it let
    expect(written).toBeLessThan(200);
    await reading.return?.();
  });
});

test("a call that is refused unseen again and again is unsent", async () => {
  await using server = await serveHttp2(({ stream }) => stream.close(7)); // REFUSED_STREAM
  await using opened = open("grpc-js", server.target);
  const { kind, wasSent } = await failureOf(opened.transport.unary(asking()));
  expect({ kind, wasSent }).toEqual({ kind: "unsent", wasSent: false });
});
