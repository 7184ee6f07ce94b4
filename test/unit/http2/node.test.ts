// Against node:http2, which is nghttp2: random tables of header fields, bodies and windows, with either side ours.
import { connect, createServer, type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2"; // prettier-ignore
import { once } from "node:events";
import { connect as connectSocket, createServer as createSocketServer, Socket, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Pair } from "../../../src/http2/hpack-encoder.ts";
import { exchangeWith, peer, type Peer, type TestStream } from "./peers.ts";

/** Names that HTTP gives no meaning, and that node lets stand more than once. */
const name = fc.integer({ min: 0, max: 12 }).map((i) => `x-name-${"n".repeat(i * 3)}`);
const value = fc
  .array(fc.integer({ min: 33, max: 126 }), { minLength: 1, maxLength: 120 })
  .map((codes) => String.fromCharCode(...codes));
const fields = fc.uniqueArray(fc.tuple(name, value), { maxLength: 8, selector: ([known]) => known });
const rounds = fc.array(fc.record({ sent: fields, back: fields, body: fc.integer({ min: 0, max: 100_000 }) }), {
  minLength: 1,
  maxLength: 12,
});
const tableSize = fc.constantFrom(0, 100, 1_024, 4_096, 10_000);

const own = (headers: IncomingHttpHeaders): readonly Pair[] =>
  Object.entries(headers)
    .filter(([known]) => known.startsWith("x-"))
    .map(([known, text]) => [known, String(text)]);

const asNode = (pairs: readonly Pair[]): OutgoingHttpHeaders => Object.fromEntries(pairs);

const textOf = (pairs: readonly Pair[]): string => pairs.map((pair) => pair.join("=")).join(" ");

const listener = createSocketServer();
beforeAll(async () => {
  await once(listener.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => listener.close());

describe("node:http2", () => {
  test("as a client is understood and understands", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, tableSize, async (calls, headerTableSize) => {
        const [ours, theirs] = await sockets();
        const answers: (readonly Pair[])[] = calls.map(({ back }) => back);
        const server = echo(answers);
        exchangeWith(server, ours);
        const client = connect("http://localhost", { createConnection: () => theirs, settings: { headerTableSize } });
        for (const { sent, back, body } of calls) {
          const answer = await ask(client, sent, Buffer.alloc(body, "x"));
          expect(server.told.findLast((line) => line.includes(" head "))).toContain(textOf(sent));
          expect(answer).toEqual({ headers: back, trailers: back, length: body });
        }
        client.destroy();
      }),
      { numRuns: 20 },
    );
  });

  test("as a server is understood and understands", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, tableSize, async (calls, headerTableSize) => {
        const [ours, theirs] = await sockets();
        const seen: (readonly Pair[])[] = [];
        const answers = calls.map(({ back }) => back);
        const server = createServer({ settings: { headerTableSize } }, undefined);
        server.on("stream", (stream, headers) => {
          seen.push(own(headers));
          echoNode(stream, answers[seen.length - 1] ?? []);
        });
        server.emit("connection", theirs);
        const client = peer("client");
        exchangeWith(client, ours);
        for (const { sent, back, body } of calls) {
          await askWith(client, sent, Buffer.alloc(body, "x"), ours);
          expect(seen.at(-1)).toEqual(sent);
          expect(client.told.findLast((line) => line.includes(" head "))).toContain(textOf(back));
        }
        expect([...client.received.values()].map((parts) => Buffer.concat(parts).length)).toEqual(
          calls.map(({ body }) => body),
        );
        ours.destroy();
        server.close();
      }),
      { numRuns: 20 },
    );
  });
});

/** Two ends of one connection on the loopback: node:http2 takes no stream that writes back at once. */
async function sockets(): Promise<readonly [Socket, Socket]> {
  const accepted = once(listener, "connection");
  const { port } = listener.address() as AddressInfo; // a server on TCP
  const theirs = connectSocket(port, "127.0.0.1");
  const [ours] = await accepted;
  if (!(ours instanceof Socket)) throw new Error("no connection came");
  return [ours, theirs];
}

/** Ours, which answers the n-th request with its body and the n-th fields, in front and behind. */
function echo(answers: readonly (readonly Pair[])[]): Peer {
  const bodies = new Map<TestStream, Buffer[]>();
  const server: Peer = peer("server", {
    events: {
      data: (stream, bytes, start, end, isEnd) => {
        bodies.set(stream, [...(bodies.get(stream) ?? []), Buffer.from(bytes.subarray(start, end))]);
        server.connection.use(stream, end - start);
        if (!isEnd) return;
        const back = answers[(stream.id - 1) / 2] ?? [];
        server.connection.headers(stream, [[":status", "200"]], back);
        server.connection.data(stream, new Uint8Array(), Buffer.concat(bodies.get(stream) ?? []));
        server.connection.endWith(stream, back, [["grpc-status", "0"]]);
      },
    },
  });
  return server;
}

function echoNode(stream: ServerHttp2Stream, back: readonly Pair[]): void {
  stream.respond({ ":status": 200, ...asNode(back) });
  stream.pipe(stream);
}

async function ask(client: ClientHttp2Session, sent: readonly Pair[], body: Buffer): Promise<object> {
  const stream = client.request({ ":method": "POST", ":path": "/x/Y", ...asNode(sent) });
  const seen: { headers?: readonly Pair[]; trailers?: readonly Pair[]; length: number } = { length: 0 };
  stream.on("response", (headers) => (seen.headers = own(headers)));
  stream.on("trailers", (headers: IncomingHttpHeaders) => (seen.trailers = own(headers)));
  stream.on("data", (chunk: Buffer) => (seen.length += chunk.length));
  stream.end(body);
  await new Promise((resolve, reject) => stream.once("close", resolve).once("error", reject));
  return seen;
}

async function askWith(client: Peer, sent: readonly Pair[], body: Buffer, socket: Duplex): Promise<void> {
  const { connection } = client;
  const head: readonly Pair[] = [[":method", "POST"], [":scheme", "http"], [":path", "/x/Y"], [":authority", "a"]]; // prettier-ignore
  const stream = connection.open(head, sent, false);
  if (!stream) throw new Error("no stream could be opened");
  connection.data(stream, new Uint8Array(), body);
  connection.end(stream);
  socket.write(client.take());
  while (!stream.isClosed) await new Promise((resolve) => socket.once("data", () => setImmediate(resolve)));
}
