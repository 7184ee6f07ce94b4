// A connection of HTTP/2 on which a test decides about every byte, and sees every frame that comes back.
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import { failure, type Outcome } from "../../integration/sidecar.ts";
import { decoded } from "./decoded.ts";
import { dataFrames, FLAG, FRAME, frame, headerBlock, headerFrames, PREFACE, settings, SETTING, windowUpdate, word, type Frame, type Headers } from "./frames.ts"; // prettier-ignore

export interface ConnectionOptions {
  /** Whether preface and SETTINGS are sent; true when absent. */
  readonly speaks?: boolean;
  /** Bytes of each stream the server may send unasked; when absent everything is taken. */
  readonly window?: number;
  /** Whether the connection's own window stays at the 65,535 bytes it begins with; else it is as wide as can be. */
  readonly narrow?: boolean;
  /** Whether it reads what comes; true when absent. */
  readonly reads?: boolean;
  /** Whether SETTINGS are acknowledged; true when absent. */
  readonly acknowledges?: boolean;
  /** Whether PING is answered; true when absent. */
  readonly answersPings?: boolean;
}

/** How a stream ended for who opened it. */
export interface StreamEnd {
  readonly headers: IncomingHttpHeaders | undefined;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly data: Buffer;
  /** Code of RST_STREAM, where that and no end of stream came. */
  readonly reset: number | undefined;
  /** Whether the connection closed first. */
  readonly closed: boolean;
}

interface Reading {
  readonly blocks: Buffer[];
  readonly data: Buffer[];
  readonly ended: PromiseWithResolvers<{ reset?: number; closed: boolean }>;
}

const WIDE_WINDOW = 0x7fff_0000;
const FIRST_WINDOW = 65_535; // RFC 9113, 6.9.2

export class RawConnection {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  /** Code of the GOAWAY that came. */
  goaway: number | undefined;
  /** Resolves when the server has closed it. */
  readonly closed: Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #streams = new Map<number, Reading>();
  #left: Buffer = Buffer.alloc(0);
  #next = 1;
  /** Bytes that the server takes now: of the connection, and of a stream by what is said of it alone (RFC 9113, 6.9). */
  #room = FIRST_WINDOW;
  #streamWindow = FIRST_WINDOW;
  readonly #granted = new Map<number, number>();
  #windowsChanged = Promise.withResolvers<void>();

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.#options = options;
    socket.on("error", () => {}); // a reset is a way to close
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    void this.closed.then(() => {
      for (const { ended } of this.#streams.values()) ended.resolve({ closed: true });
    });
    if (options.reads !== false) socket.on("data", (bytes) => this.#read(bytes));
  }

  static async open(address: string, options: ConnectionOptions = {}): Promise<RawConnection> {
    const [host = "", port = ""] = address.split(":");
    const socket = host === "unix" ? connect(port) : connect(Number(port), host);
    await once(socket, "connect");
    const connection = new RawConnection(socket, options);
    if (options.speaks !== false) {
      await connection.send(
        PREFACE,
        settings([
          [SETTING.headerTableSize, 0],
          [SETTING.initialWindowSize, options.window ?? WIDE_WINDOW],
        ]),
        ...(options.narrow === true ? [] : [windowUpdate(0, WIDE_WINDOW)]),
      );
    }
    return connection;
  }

  /** Resolves when the bytes have left, or cannot any more. */
  async send(...parts: readonly Uint8Array[]): Promise<void> {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (this.socket.write(Buffer.concat(parts))) return;
    await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.closed]);
  }

  newStream(): number {
    const stream = this.#next;
    this.#next += 2;
    return stream;
  }

  /** Must be asked for before the stream can end. */
  async end(stream: number): Promise<StreamEnd> {
    const reading: Reading = { blocks: [], data: [], ended: Promise.withResolvers() };
    this.#streams.set(stream, reading);
    const { reset, closed } = await reading.ended.promise;
    const [first, second] = reading.blocks;
    return {
      headers: first && (await decoded(first, "response")),
      trailers: second && (await decoded(second, "trailers")),
      data: Buffer.concat(reading.data),
      reset,
      closed,
    };
  }

  /** A whole request, as fast as the server's windows let it go. Without `end` the client goes on. */
  async request(headers: Headers, body: Buffer, { end = true }: { end?: boolean } = {}): Promise<StreamEnd> {
    const stream = this.newStream();
    let isOver = false;
    const ended = this.end(stream).finally(() => (isOver = true));
    await this.send(headerFrames(stream, headerBlock(headers), false));
    for (let at = 0, isLast = false; !isOver && !isLast;) {
      const room = Math.min(this.#room, this.#streamWindow + (this.#granted.get(stream) ?? 0) - at);
      const part = body.subarray(at, at + Math.max(room, 0));
      this.#room -= part.length;
      at += part.length;
      isLast = at === body.length;
      if (part.length > 0 || isLast) await this.send(dataFrames(stream, part, end && isLast));
      else await Promise.race([this.#windowsChanged.promise, ended]);
    }
    return ended;
  }

  close(): void {
    this.socket.destroy();
  }

  #tellWindows(): void {
    this.#windowsChanged.resolve();
    this.#windowsChanged = Promise.withResolvers();
  }

  #read(bytes: Buffer): void {
    this.#left = this.#left.length === 0 ? bytes : Buffer.concat([this.#left, bytes]);
    while (this.#left.length >= 9) {
      const length = this.#left.readUIntBE(0, 3);
      if (this.#left.length < 9 + length) return;
      const payload = Buffer.from(this.#left.subarray(9, 9 + length));
      const [type, flags, stream] = [this.#left[3] ?? 0, this.#left[4] ?? 0, this.#left.readUInt32BE(5)];
      this.#left = this.#left.subarray(9 + length);
      this.#take({ type, flags, stream, payload });
    }
  }

  #take(found: Frame): void {
    if (this.#options.speaks === false) return;
    const { type, flags, payload } = found;
    const reading = this.#streams.get(found.stream);
    if (type !== FRAME.data && type !== FRAME.headers) this.frames.push(found);
    if (type === FRAME.headers) reading?.blocks.push(payload);
    else if (type === FRAME.data) {
      reading?.data.push(payload);
      if (this.#options.window === undefined && payload.length > 0) void this.send(windowUpdate(0, payload.length));
    } else if (type === FRAME.windowUpdate) {
      const more = payload.readUInt32BE(0);
      if (found.stream === 0) this.#room += more;
      else this.#granted.set(found.stream, (this.#granted.get(found.stream) ?? 0) + more);
      this.#tellWindows();
    } else if (type === FRAME.settings && (flags & FLAG.ack) === 0) {
      for (let at = 0; at < payload.length; at += 6)
        if (payload.readUInt16BE(at) === SETTING.initialWindowSize) this.#streamWindow = payload.readUInt32BE(at + 2);
      this.#tellWindows();
      if (this.#options.acknowledges !== false) void this.send(frame(FRAME.settings, FLAG.ack, 0));
    } else if (type === FRAME.ping && (flags & FLAG.ack) === 0) {
      if (this.#options.answersPings !== false) void this.send(frame(FRAME.ping, FLAG.ack, 0, payload));
    } else if (type === FRAME.goaway) this.goaway = payload.readUInt32BE(4);
    else if (type === FRAME.reset) reading?.ended.resolve({ reset: payload.readUInt32BE(0), closed: false });
    if ((type === FRAME.headers || type === FRAME.data) && (flags & FLAG.endStream) !== 0)
      reading?.ended.resolve({ closed: false });
  }
}

/** The headers of a gRPC call; `changed` replaces by name, and takes out what is undefined. */
export function callHeaders(
  path: string,
  changed: { readonly [name: string]: string | undefined } = {},
  more: Headers = [],
): Headers {
  const usual: { readonly [name: string]: string | undefined } = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "localhost",
    "content-type": "application/grpc",
    te: "trailers",
  };
  const headers: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries({ ...usual, ...changed }))
    if (value !== undefined) headers.push([name, value]);
  return [...headers, ...more];
}

/** A stream's end as what a client of gRPC makes of it. @throws when it is no answer of gRPC */
export function outcomeOf({ headers, trailers, data }: StreamEnd): Outcome {
  const last = trailers ?? headers;
  if (last?.["grpc-status"] === undefined) throw new Error(`no status came, but ${JSON.stringify(headers)}`);
  const code = Number(last["grpc-status"]);
  const metadata = Metadata.fromHttp2Headers(last);
  if (code === 0) return { ok: true, json: {}, bytes: data, headers: metadata };
  const details = decodeURI(String(last["grpc-message"] ?? ""));
  const error: ServiceError = Object.assign(new Error(details), { code, details, metadata });
  return failure(error);
}

/** Of a ping with a payload that says nothing. */
export const PING: Buffer = frame(FRAME.ping, 0, 0, Buffer.concat([word(0), word(0)]));
