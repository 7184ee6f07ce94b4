/** One connection: its socket and its state machine. It is opened once; when it ends, the channel makes another. */

import { connect as connectSocket, type Socket } from "node:net";
import { nextTick } from "node:process";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { ConnectionEvents } from "../../../../src/http2/connection-events.ts";
import { Connection } from "../../../../src/http2/connection.ts";
import type { ReadHead } from "../../../../src/http2/head-reader.ts";
import type { FieldList, Pair } from "../../../../src/http2/hpack-encoder.ts";
import type { MessageHead } from "../../../../src/http2/message-head.ts";
import { ERROR_CODE } from "../../../../src/http2/protocol.ts";
import { createSlabPool, type SlabPool } from "../../../../src/http2/slabs.ts";
import type { Stream } from "../../../../src/http2/stream.ts";
import { CallFailure } from "../transport.ts";
import type { Target } from "../target.ts";
import { answerHead, type AnswerHead } from "./answer.ts";
import type { CallLine, ClientCall } from "./call.ts";

export interface LineEvents {
  /** It takes calls: the sidecar has said hello. */
  opened(): void;
  /** It takes no more calls; those on it go on. */
  retired(): void;
  /** Nothing is left of it. `wasOpen`: whether it had been opened. */
  closed(why: string, wasOpen: boolean, cause: unknown): void;
  /** The sidecar has surely not looked at it. */
  refused(call: ClientCall): void;
  /** There may be room for another call. */
  room(): void;
}

export interface LineOptions {
  readonly target: Target;
  readonly events: LineEvents;
  /** Milliseconds between pings. */
  readonly keepalive: number;
}

const streamWindow = 1_048_576;
const connectionWindow = 1_073_741_824;
/** Milliseconds until the sidecar must have said hello. */
const handshake = 5_000;
/** Milliseconds that an answer to a ping may take when calls have run out of time. */
const probe = 2_000;
const prefix = Buffer.alloc(5);

export class Line implements ConnectionEvents<AnswerHead, ClientCall>, CallLine {
  readonly #options: LineOptions;
  readonly #socket: Socket;
  readonly #pool: SlabPool = createSlabPool(1_048_576);
  readonly #http2: Connection<AnswerHead, ClientCall>;
  readonly #heads = new Map<string, FieldList>();
  readonly #handshake: NodeJS.Timeout;
  readonly #keepalive: NodeJS.Timeout;
  #probe: NodeJS.Timeout | undefined;
  #isPingOpen = false;
  #isScheduled = false;
  #isBlocked = false;
  #isOpen = false;
  #isRetired = false;
  #isClosed = false;
  #why = "the sidecar closed the connection";
  #cause: unknown;
  #receivedAt = 0;
  readonly #flushSoon = (): void => nextTick(this.#flush);
  readonly #flush = (): void => this.#write();
  readonly #goOn = (): void => {
    this.#http2.resume();
    this.#write();
  };

  constructor(options: LineOptions) {
    this.#options = options;
    this.#http2 = new Connection<AnswerHead, ClientCall>({
      role: "client",
      settings: { initialWindowSize: streamWindow, maxHeaderListSize: 65_536 },
      window: connectionWindow,
      headLimits: { size: 65_536, count: 256 },
      note: answerHead,
      events: this,
      pool: this.#pool,
      now: () => performance.now(),
    });
    this.#socket = openSocket(options.target);
    this.#handshake = setTimeout(() => this.destroy("the sidecar did not say hello in time"), handshake).unref();
    this.#keepalive = setInterval(() => this.#ping(), options.keepalive).unref();
    this.#listen();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => {
      this.#cause ??= error;
      this.#why = `the connection failed: ${error.message}`;
    });
    socket.on("close", () => this.#closed());
    this.wake();
  }

  get size(): number {
    return this.#http2.size;
  }

  #receive(chunk: Buffer): void {
    this.#receivedAt = performance.now();
    this.#http2.receive(chunk);
    if (!this.#isOpen && this.#http2.isSettled && !this.#http2.isOver) {
      this.#isOpen = true;
      clearTimeout(this.#handshake);
      this.#options.events.opened();
    }
    if (this.#http2.isOver) this.#why = "what the sidecar sent is no HTTP/2";
    if (this.#http2.output.length > 0 || this.#http2.isOver) this.wake();
  }

  #closed(): void {
    this.#isClosed = true;
    clearTimeout(this.#handshake);
    clearInterval(this.#keepalive);
    clearTimeout(this.#probe);
    const failure = new CallFailure("lost", this.#why, { cause: this.#cause });
    for (const { owner } of this.#http2.streams()) owner?.fail(failure);
    this.#http2.close();
    for (const { slab } of this.#http2.output.take()) this.#pool.give(slab);
    this.#options.events.closed(this.#why, this.#isOpen, this.#cause);
  }

  /** False where the sidecar lets no more be opened for now. */
  send(call: ClientCall): boolean {
    const { asked } = call;
    const more: Pair[] = call.timeoutText === undefined ? [] : [["grpc-timeout", call.timeoutText]];
    for (const pair of asked.metadata) more.push(pair);
    const stream = this.#http2.open(this.#headOf(asked.path), more, false);
    if (!stream) {
      if (this.#http2.size === 0) this.retire(); // the numbers of streams are used up
      return false;
    }
    stream.owner = call;
    call.sent(this, stream, performance.now());
    prefix.writeUInt32BE(asked.request.length, 1);
    this.#http2.data(stream, prefix, asked.request);
    this.#http2.end(stream);
    this.wake();
    return true;
  }

  #headOf(path: string): FieldList {
    const known = this.#heads.get(path);
    if (known) return known;
    const { authority, tls } = this.#options.target;
    const head: FieldList = [
      [":method", "POST"],
      [":scheme", tls ? "https" : "http"],
      [":path", path],
      [":authority", authority],
      ["te", "trailers"],
      ["content-type", "application/grpc"],
      ["user-agent", "pannier-client-typescript"],
    ];
    this.#heads.set(path, head);
    return head;
  }

  reset(stream: Stream<ClientCall>): void {
    this.#http2.reset(stream, ERROR_CODE.cancel);
    this.wake();
  }

  use(stream: Stream<ClientCall>, bytes: number): void {
    this.#http2.use(stream, bytes);
    if (this.#http2.output.length > 0) this.wake();
  }

  /** What one turn asks leaves together. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#flushSoon);
  }

  #write(): void {
    this.#isScheduled = false;
    const socket = this.#socket;
    if (socket.destroyed || this.#isClosed) return;
    if (socket.writableLength === 0 || socket.connecting)
      for (const { slab, length } of this.#http2.output.take())
        socket.write(slab.subarray(0, length), () => this.#hasLeft(slab));
    if (this.#http2.isOver) return socket.destroySoon();
    if (socket.writableLength > 0) this.#isBlocked = true;
    else if (this.#http2.isReady) setImmediate(this.#goOn);
    if (this.#isBlocked) this.#http2.setWritable(false);
  }

  #hasLeft(slab: Buffer): void {
    this.#pool.give(slab);
    if (!this.#isBlocked || this.#socket.writableLength > 0) return;
    this.#isBlocked = false;
    this.#http2.setWritable(true);
    this.#write();
  }

  /** A sidecar that leaves a ping unanswered until the next is due is not there any more. */
  #ping(): void {
    if (this.#isPingOpen) return this.destroy("the sidecar does not answer pings");
    this.#isPingOpen = true;
    this.#http2.ping();
    this.wake();
  }

  pong(): void {
    this.#isPingOpen = false;
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  /** A call has run out of time: is anybody there? */
  suspect(sentAt: number): void {
    if (this.#receivedAt >= sentAt || this.#probe || this.#isClosed) return;
    this.#probe = setTimeout(() => this.destroy("the sidecar does not answer"), probe).unref();
    this.#isPingOpen = true;
    this.#http2.ping();
    this.wake();
  }

  /** Whether the process stays while it is open. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#socket.ref();
    else this.#socket.unref();
  }

  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#options.events.retired();
    if (this.#isOpen) this.#closeWhenDone();
    else this.destroy("the connection is not used any more");
  }

  #closeWhenDone(): void {
    if (!this.#isRetired || this.#http2.size > 0) return;
    this.#why = "the connection is not used any more";
    this.#write();
    this.#socket.end();
    this.#probe ??= setTimeout(() => this.#socket.destroy(), probe).unref();
  }

  destroy(why: string): void {
    this.#why = why;
    this.#socket.destroy();
  }

  head(stream: Stream<ClientCall>, head: ReadHead<AnswerHead | undefined>, isEnd: boolean): void {
    const call = stream.owner;
    if (!call) return;
    const { flaw } = head.note ?? answerHead(head);
    if (flaw) return call.fail(flaw);
    if (isEnd) call.trailers(head);
  }

  data(stream: Stream<ClientCall>, bytes: Buffer, start: number, end: number): void {
    stream.owner?.data(bytes, start, end);
  }

  trailers(stream: Stream<ClientCall>, head: MessageHead): void {
    stream.owner?.trailers(head);
  }

  closed(stream: Stream<ClientCall>, code: number | undefined): void {
    const call = stream.owner;
    stream.owner = undefined;
    if (code === ERROR_CODE.refusedStream && call && !call.isOver) {
      call.unsent();
      this.#options.events.refused(call);
    } else call?.closed(code);
    if (this.#isRetired) this.#closeWhenDone();
    else this.#options.events.room();
  }

  /** Calls behind `last` have not been looked at. */
  goaway(last: number): void {
    const unseen = [...this.#http2.streams()].filter(({ id }) => id > last);
    this.retire();
    for (const stream of unseen) {
      const call = stream.owner;
      stream.owner = undefined;
      if (call && !call.isOver) {
        call.unsent();
        this.#options.events.refused(call);
      }
      this.#http2.reset(stream, ERROR_CODE.cancel);
    }
  }

  drained(): void {}
}

function openSocket({ path, host, port, tls }: Target): Socket {
  const place = path === undefined ? { host, port } : { path };
  if (!tls) return connectSocket(place);
  const options: ConnectionOptions = { ...place, ALPNProtocols: ["h2"] };
  if (tls.ca !== undefined) options.ca = Buffer.from(tls.ca);
  if (tls.cert !== undefined) options.cert = Buffer.from(tls.cert);
  if (tls.key !== undefined) options.key = Buffer.from(tls.key);
  if (tls.servername !== undefined) options.servername = tls.servername;
  return connectTls(options);
}
