/** One connection: its socket, its state machine, and what is watched over: who never speaks, falls silent, or is gone without a word. */

import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import type { ConnectionEvents } from "../../http2/connection-events.ts";
import { Connection } from "../../http2/connection.ts";
import type { ReadHead } from "../../http2/head-reader.ts";
import type { Stream } from "../../http2/stream.ts";
import { afterReading } from "../call/after-reading.ts";
import { admit, LARGEST_HEADER_LIST, timeoutOf } from "../call/admission.ts";
import { STATUS_ALONE, statusPairs } from "./answers.ts";
import { ServerCall } from "./call.ts";
import { callHead, type CallHead } from "./head.ts";
import { PlainCall } from "./plain-call.ts";
import type { Line, Server, StreamOwner } from "./server.ts";

/** Bytes a client may send unasked: on a stream, and on the whole connection, which is given back as they come. */
const streamWindow = 1_048_576;
const connectionWindow = 4_194_304;
/** Pseudo-header fields and a few beyond the limit a status answers; more are answered with a reset. */
const pairsBeyond = 16;
/** Milliseconds that a peer has to read why it is dropped. */
const lastWords = 250;
/** What a client of HTTP/1.1 gets, that may be read by people. */
const upgradeRefused = "HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: 54\r\n\r\nthis port speaks gRPC over HTTP/2 with prior knowledge\n"; // prettier-ignore
const http1 = /^(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT|TRACE) /;

export class SocketLine implements Line, ConnectionEvents<CallHead, StreamOwner> {
  readonly http2: Connection<CallHead, StreamOwner>;
  readonly #server: Server;
  readonly #socket: Duplex;
  #hasSpoken = false;
  #hasToldTe = false;
  #isEnding = false;
  #isScheduled = false;
  /** The socket holds bytes that the system does not take. */
  #isBlocked = false;
  /** Calls of the chunk that is read, which may not be whole at its end. */
  #begun: StreamOwner[] = [];
  #usedAt: number = performance.now();
  #isPingOpen = false;
  readonly #handshake: NodeJS.Timeout;
  #idle: NodeJS.Timeout;
  readonly #keepalive: NodeJS.Timeout;
  readonly #flushSoon = (): void => process.nextTick(this.#flush);
  readonly #flush = (): void => this.#write();
  readonly #goOn = (): void => {
    this.http2.resume();
    this.#write();
  };

  constructor(socket: Duplex, server: Server) {
    const { limits, methods } = server.options;
    this.#server = server;
    this.#socket = socket;
    this.http2 = new Connection<CallHead, StreamOwner>({
      role: "server",
      settings: {
        initialWindowSize: streamWindow,
        maxConcurrentStreams: limits.streamsPerConnection,
        maxHeaderListSize: LARGEST_HEADER_LIST,
      },
      window: connectionWindow,
      headLimits: {
        size: LARGEST_HEADER_LIST,
        get count() {
          return limits.headerPairs + pairsBeyond;
        },
      },
      note: (head) => callHead(head, methods),
      events: this,
      pool: server.pool,
      now: () => performance.now(),
    });
    this.#handshake = setTimeout(
      afterReading(() => this.#closeUnspoken()),
      limits.handshakeTimeout,
    ).unref();
    this.#idle = setTimeout(() => this.#closeIdle(), limits.idleConnection).unref();
    this.#keepalive = setInterval(
      afterReading(() => this.#ping()),
      limits.keepalive,
    ).unref();
    this.#listen();
  }

  #listen(): void {
    const socket = this.#socket;
    this.#server.lines.add(this);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => {}); // a reset is a way to close
    socket.on("close", () => this.#closed());
  }

  *calls(): Iterable<StreamOwner> {
    for (const { owner } of this.http2.streams()) if (owner) yield owner;
  }

  #closed(): void {
    clearTimeout(this.#handshake);
    clearTimeout(this.#idle);
    clearInterval(this.#keepalive);
    this.#server.lines.delete(this);
    this.http2.close();
    for (const { slab } of this.http2.output.take()) this.#server.pool.give(slab);
  }

  #receive(chunk: Buffer): void {
    if (!this.#hasSpoken) {
      this.#hasSpoken = true;
      if (http1.test(chunk.toString("latin1", 0, 8))) return this.#refuseHttp1();
    }
    this.http2.receive(chunk);
    for (const call of this.#begun) {
      if (!call.isReading) continue;
      call.chunkEnded();
      this.#server.reading.add(call);
    }
    if (this.#begun.length > 0) this.#begun = [];
    if (this.http2.isSettled) clearTimeout(this.#handshake);
    if (this.http2.output.length > 0) this.wake();
  }

  #refuseHttp1(): void {
    this.#isEnding = true;
    this.#socket.end(upgradeRefused);
    setTimeout(() => this.#socket.destroy(), lastWords).unref();
  }

  /** What is to be sent leaves together, when everything that this turn decides has been decided. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#flushSoon); // behind the microtasks there are, and then behind those they lead to
  }

  #write(): void {
    this.#isScheduled = false;
    const socket = this.#socket;
    if (socket.destroyed || this.#isEnding) return;
    if (socket.writableLength === 0)
      for (const { slab, length } of this.http2.output.take())
        socket.write(slab.subarray(0, length), () => this.#hasLeft(slab));
    if (this.http2.isOver) return this.#drop();
    if (socket.writableLength > 0) this.#isBlocked = true;
    else if (this.http2.isReady) setImmediate(this.#goOn); // others get their turn
    if (this.#isBlocked) this.http2.setWritable(false);
  }

  /** What the socket took at once has left already; for the rest it says so here. */
  #hasLeft(slab: Buffer): void {
    this.#server.pool.give(slab);
    if (!this.#isBlocked || this.#socket.writableLength > 0) return;
    this.#isBlocked = false;
    this.http2.setWritable(true);
    this.#write();
  }

  /** A peer that has made a mistake, or means harm. What it still sends stays where it is, and holds it back. */
  #drop(): void {
    this.#socket.pause();
    this.#end();
  }

  /** Behind what has been sent. */
  #end(): void {
    this.#isEnding = true;
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), lastWords).unref();
  }

  #closeUnspoken(): void {
    if (!this.http2.isSettled) this.#socket.destroy();
  }

  #closeIdle(): void {
    const { idleConnection } = this.#server.options.limits;
    const left = this.#usedAt + idleConnection - performance.now();
    if (left > 0 || this.http2.size > 0) {
      this.#idle = setTimeout(() => this.#closeIdle(), left > 0 ? Math.ceil(left) : idleConnection).unref();
      return;
    }
    this.goAway();
  }

  /** A peer that has left one ping unanswered when the next is due is not there any more. */
  #ping(): void {
    if (this.#socket.destroyed) return;
    if (this.#isPingOpen) return this.#closeSilent();
    this.#isPingOpen = true;
    this.http2.ping();
    this.wake();
  }

  pong(): void {
    this.#isPingOpen = false;
  }

  /** It may only have been held up: by GOAWAY it finds when it wakes that its next calls were not looked at, and sends them elsewhere. */
  #closeSilent(): void {
    this.http2.finish();
    this.#write();
    this.#end();
  }

  /** Announces that the connection ends; calls that come all the same are taken, and refused one by one. */
  announceEnd(): void {
    this.http2.announceEnd();
    this.wake();
  }

  /** Takes no more calls, and closes behind the last. */
  goAway(): void {
    this.http2.finish();
    this.#closeWhenDone();
    this.wake();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #closeWhenDone(): void {
    if (this.http2.size > 0 || !this.http2.isFinishing) return;
    this.#write();
    if (!this.#isEnding && !this.#socket.destroyed) this.#end();
  }

  head(stream: Stream<StreamOwner>, { note: head }: ReadHead<CallHead | undefined>, isEnd: boolean): void {
    if (!head) throw new Error("a head was handed on unread");
    const server = this.#server;
    const { options } = server;
    this.#usedAt = performance.now();
    const { request, method } = head;
    const arrival = { open: server, isDraining: server.isDraining, isKnown: method !== undefined };
    const admission = admit(request, arrival, options.limits);
    if (admission.kind === "http") {
      const plain = { server, line: this, stream, status: admission.status, hasText: request.method !== "HEAD" };
      return this.#own(stream, new PlainCall(plain), isEnd);
    }
    const requestId = request.requestId ?? randomUUID();
    if (!request.hasTe && !this.#hasToldTe) {
      this.#hasToldTe = true;
      options.onNotice?.({ kind: "te_missing", requestId });
    }
    if (admission.kind === "refused") {
      const pairs = statusPairs(options.refuse(admission.refusal), requestId);
      return this.http2.onlyHeaders(stream, STATUS_ALONE, pairs);
    }
    if (!method) throw new Error("an unknown method was admitted");
    const timeout = timeoutOf(method.kind === "unary" ? method.timeout : undefined, admission.timeout);
    this.#own(stream, new ServerCall({ server, line: this, stream, head, method, requestId, timeout }), isEnd);
  }

  #own(stream: Stream<StreamOwner>, owner: StreamOwner, isEnd: boolean): void {
    stream.owner = owner;
    if (isEnd) owner.end();
    else this.#begun.push(owner);
  }

  data(stream: Stream<StreamOwner>, bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    stream.owner?.data(bytes, start, end, isEnd);
  }

  trailers(stream: Stream<StreamOwner>): void {
    stream.owner?.end();
  }

  drained(stream: Stream<StreamOwner>): void {
    stream.owner?.drained();
  }

  closed(stream: Stream<StreamOwner>): void {
    const call = stream.owner;
    stream.owner = undefined;
    call?.closed();
    if (this.http2.isFinishing && this.http2.size === 0) this.wakeToClose();
  }

  /** The last answer leaves first. */
  wakeToClose(): void {
    queueMicrotask(() => process.nextTick(() => this.#closeWhenDone()));
  }

  goaway(): void {
    // The client opens no more streams; the connection ends when it closes it, or when it has been idle for long.
  }
}
