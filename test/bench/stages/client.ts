/** A client of raw bytes on `src/http2`, one connection: it costs so little that times are the server's. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { nextTick } from "node:process";
import type { ConnectionEvents } from "../../../src/http2/connection-events.ts";
import { Connection } from "../../../src/http2/connection.ts";
import type { FieldList } from "../../../src/http2/hpack-encoder.ts";
import type { MessageHead } from "../../../src/http2/message-head.ts";
import { createSlabPool } from "../../../src/http2/slabs.ts";
import type { Stream } from "../../../src/http2/stream.ts";

export interface BytesClient {
  /** Resolves when an answer that is not empty has come, and rejects for any status but OK. */
  call(path: string, request: Uint8Array): Promise<void>;
  close(): void;
}

/** A call that waits for its answer. */
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  bytes: number;
  status: string | undefined;
}

const streamWindow = 4_194_304; // more than any answer has
const connectionWindow = 1_073_741_824;
const prefixLength = 5; // of a message of gRPC

/** @param address as a listener tells it, for example `127.0.0.1:7070` or `unix:/run/data.sock` */
export async function connectClient(address: string): Promise<BytesClient> {
  const [host = "", port] = address.split(":");
  const socket = address.startsWith("unix:") ? connect(address.slice(5)) : connect(Number(port), host);
  socket.setNoDelay(true);
  await once(socket, "connect");
  return new SocketClient(socket);
}

class SocketClient implements BytesClient, ConnectionEvents<undefined, Waiting> {
  readonly #socket: Socket;
  readonly #pool = createSlabPool(1_048_576);
  readonly #http2: Connection<undefined, Waiting>;
  readonly #heads = new Map<string, FieldList>();
  #isScheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#http2 = new Connection({
      role: "client",
      settings: { initialWindowSize: streamWindow },
      window: connectionWindow,
      headLimits: { size: 65_536, count: 100 },
      note: () => undefined,
      events: this,
      pool: this.#pool,
      now: () => performance.now(),
    });
    socket.on("data", (chunk: Buffer) => {
      this.#http2.receive(chunk);
      this.#wake();
    });
    socket.on("error", () => {}); // what waits is told by "close"
    socket.on("close", () => this.#http2.close());
    this.#wake();
  }

  call(path: string, request: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const stream = this.#http2.open(this.#headOf(path), [], false);
      if (!stream) return reject(new Error("the server takes no more calls"));
      stream.owner = { resolve, reject, bytes: 0, status: undefined };
      const prefix = Buffer.alloc(prefixLength);
      prefix.writeUInt32BE(request.length, 1);
      this.#http2.data(stream, prefix, request);
      this.#http2.end(stream);
      this.#wake();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #headOf(path: string): FieldList {
    const known = this.#heads.get(path);
    if (known) return known;
    const head: FieldList = [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", path],
      [":authority", "localhost"],
      ["content-type", "application/grpc"],
      ["te", "trailers"],
      ["grpc-timeout", "60S"], // the server's own limit is shorter: a busy machine is slow, not wrong
    ];
    this.#heads.set(path, head);
    return head;
  }

  /** What one turn asks leaves together. */
  #wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => nextTick(() => this.#write()));
  }

  #write(): void {
    this.#isScheduled = false;
    if (this.#socket.destroyed) return;
    do {
      for (const { slab, length } of this.#http2.output.take())
        this.#socket.write(slab.subarray(0, length), () => this.#pool.give(slab));
      this.#http2.resume(); // requests that did not fit into the output
    } while (this.#http2.output.length > 0);
    if (this.#http2.isOver) this.#socket.end();
  }

  head(stream: Stream<Waiting>, head: MessageHead, isEnd: boolean): void {
    if (isEnd) this.trailers(stream, head);
  }

  data(stream: Stream<Waiting>, _bytes: Buffer, start: number, end: number): void {
    if (stream.owner) stream.owner.bytes += end - start;
  }

  trailers({ owner }: Stream<Waiting>, { section }: MessageHead): void {
    if (owner) owner.status = section.fields.find(({ name }) => name === "grpc-status")?.value;
  }

  closed({ owner }: Stream<Waiting>, code: number | undefined): void {
    if (!owner) return;
    const { status, bytes } = owner;
    if (status === "0" && bytes > prefixLength) owner.resolve();
    else owner.reject(new Error(`the answer is wrong: status ${status}, ${bytes} bytes, reset ${code}`));
  }

  drained(): void {}
  goaway(): void {}
  pong(): void {}
}
