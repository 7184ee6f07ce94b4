// Connections without sockets: what one side puts out is handed to the other, in pieces of any size.
import type { Duplex } from "node:stream";
import type { ConnectionEvents, ConnectionOptions } from "../../../src/http2/connection-events.ts";
import { Connection } from "../../../src/http2/connection.ts";
import type { MessageHead, Role } from "../../../src/http2/message-head.ts";
import { createSlabPool } from "../../../src/http2/slabs.ts";
import type { Stream } from "../../../src/http2/stream.ts";

/** What happened on a connection, in order, as text. */
export type Told = string[];

export type TestConnection = Connection<string, Told>;

export interface Peer {
  readonly connection: TestConnection;
  /** Everything that happened. */
  readonly told: Told;
  /** Of each stream, what it received. */
  readonly received: Map<number, Buffer[]>;
  /** Takes what is to be sent. */
  take(): Buffer;
}

export interface PeerOptions extends Partial<Pick<ConnectionOptions<string, Told>, "window" | "settings">> {
  readonly events?: Partial<ConnectionEvents<string, Told>>;
  /** Whether received bytes are given back at once; true when absent. */
  readonly uses?: boolean;
  readonly now?: () => number;
}

const pool = createSlabPool(1_000_000);

export function peer(role: Role, options: PeerOptions = {}): Peer {
  const told: Told = [];
  const received = new Map<number, Buffer[]>();
  const events: ConnectionEvents<string, Told> = {
    head: (stream, { note }, isEnd) => {
      told.push(`${stream.id} head ${note}${isEnd ? " end" : ""}`);
      received.set(stream.id, []);
    },
    data: (stream, bytes, start, end, isEnd) => {
      received.get(stream.id)?.push(Buffer.from(bytes.subarray(start, end)));
      if (isEnd) told.push(`${stream.id} end`);
      if (options.uses !== false) connection.use(stream, end - start);
    },
    trailers: (stream, head) => told.push(`${stream.id} trailers ${textOf(head)}`),
    drained: (stream) => told.push(`${stream.id} drained`),
    closed: (stream, code) => told.push(`${stream.id} closed ${code}`),
    goaway: (last, code) => told.push(`goaway ${last} ${code}`),
    pong: () => told.push("pong"),
    ...options.events,
  };
  const connection: TestConnection = new Connection<string, Told>({
    role,
    settings: { initialWindowSize: 65_535, maxConcurrentStreams: 100, ...options.settings },
    window: options.window ?? 65_535,
    headLimits: { size: 65_536, count: 200 },
    note: textOf,
    events,
    pool,
    now: options.now ?? (() => 0),
  });
  return { connection, told, received, take: () => taken(connection) };
}

function textOf({ section }: MessageHead): string {
  return section.fields.map(({ name, value }) => `${name}=${value}`).join(" ");
}

function taken({ output }: TestConnection): Buffer {
  const parts = output.take().map(({ slab, length }) => {
    const copy = Buffer.from(slab.subarray(0, length));
    pool.give(slab);
    return copy;
  });
  return Buffer.concat(parts);
}

/** Hands what both put out to each other until neither has anything to say. */
export function exchange(one: Peer, other: Peer): void {
  for (;;) {
    const [first, second] = [one.take(), other.take()];
    if (first.length === 0 && second.length === 0) return;
    other.connection.receive(first);
    one.connection.receive(second);
    one.connection.resume();
    other.connection.resume();
  }
}

/** The frames in bytes: type, flags, stream and payload. */
export function framesIn(bytes: Buffer): { type: number; flags: number; stream: number; payload: Buffer }[] {
  const frames = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    frames.push({ type: bytes[at + 3] ?? 0, flags: bytes[at + 4] ?? 0, stream: bytes.readUInt32BE(at + 5), payload: bytes.subarray(at + 9, end) }); // prettier-ignore
    at = end;
  }
  return frames;
}

export const noBytes: Uint8Array = new Uint8Array();

export type TestStream = Stream<Told>;

/** Hands what comes from the stream to the peer, and what the peer says to the stream. */
export function exchangeWith(one: Peer, stream: Duplex): void {
  const say = (): void => {
    const bytes = one.take();
    if (bytes.length > 0) stream.write(bytes);
  };
  stream.on("data", (bytes: Buffer) => {
    one.connection.receive(bytes);
    do {
      say();
      one.connection.resume();
    } while (one.connection.output.length > 0);
  });
  say();
}
