/** A client on `src/http2`: raw bytes over one connection, for a tenth of what grpc-js's takes, so that it is the server that is loaded. */

import { once } from "node:events";
import { connect } from "node:net";
import { Connection } from "../../src/http2/connection.ts";
import type { FieldList } from "../../src/http2/hpack-encoder.ts";
import { createSlabPool } from "../../src/http2/slabs.ts";
import type { Stream } from "../../src/http2/stream.ts";
import type { BytesClient } from "./stages/client.ts";

interface Waiting {
  bytes: number;
  status: string | undefined;
  readonly ended: PromiseWithResolvers<void>;
}

const largest = 0x7fff_ffff;

/** @param address as a listener tells it, for example `127.0.0.1:7070` or `unix:/run/data.sock` */
export async function connectNative(address: string): Promise<BytesClient> {
  const at = address.lastIndexOf(":");
  const isUnix = address.startsWith("unix:");
  const socket = isUnix
    ? connect(address.slice("unix:".length))
    : connect(Number(address.slice(at + 1)), address.slice(0, at));
  await once(socket, "connect");
  socket.setNoDelay(true);
  const pool = createSlabPool(1_048_576);
  let isScheduled = false;
  const http2 = new Connection<string | undefined, Waiting>({
    role: "client",
    settings: { initialWindowSize: largest },
    window: largest,
    headLimits: { size: 65_536, count: 100 },
    note: ({ section }) => section.fields.find(({ name }) => name === "grpc-status")?.value,
    events: {
      head: (stream, { note: status }) => {
        if (stream.owner) stream.owner.status = status; // a status alone
      },
      data: (stream, _bytes, start, end) => {
        if (stream.owner) stream.owner.bytes += end - start;
        http2.use(stream, end - start);
      },
      trailers: (stream, { section }) => {
        if (stream.owner) stream.owner.status = section.fields.find(({ name }) => name === "grpc-status")?.value;
      },
      drained: () => {},
      closed: (stream) => settle(stream),
      goaway: () => {},
      pong: () => {},
    },
    pool,
    now: () => performance.now(),
  });
  const settle = ({ owner }: Stream<Waiting>): void => {
    if (!owner) return;
    if (owner.status === "0" && owner.bytes > 5) owner.ended.resolve();
    else owner.ended.reject(new Error(`the answer is wrong: status ${owner.status}, ${owner.bytes} bytes`));
  };
  const flush = (): void => {
    isScheduled = false;
    for (const { slab, length } of http2.output.take()) socket.write(slab.subarray(0, length), () => pool.give(slab));
  };
  const wake = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    process.nextTick(flush);
  };
  socket.on("data", (chunk) => {
    http2.receive(chunk);
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", () => http2.close());
  wake();
  const heads = new Map<string, FieldList>();
  const headOf = (path: string): FieldList => {
    const known = heads.get(path);
    if (known) return known;
    const head: FieldList = [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", path],
      [":authority", "localhost"],
      ["content-type", "application/grpc"],
      ["te", "trailers"],
    ];
    heads.set(path, head);
    return head;
  };
  const prefix = Buffer.alloc(5);
  return {
    call: (path, request) => {
      const waiting: Waiting = { bytes: 0, status: undefined, ended: Promise.withResolvers() };
      const stream = http2.open(headOf(path), [], false);
      if (!stream) return Promise.reject(new Error("no stream can be opened"));
      stream.owner = waiting;
      prefix.writeUInt32BE(request.length, 1);
      http2.data(stream, prefix, request);
      http2.end(stream);
      wake();
      return waiting.ended.promise;
    },
    close: () => socket.destroy(),
  };
}
