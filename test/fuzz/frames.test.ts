// Frames in disorder: sessions that are sound, cut, changed and mixed, from a seed; a connection must neither throw nor keep what is gone.
// FUZZ_FRAMES=10000000 runs as many as are wanted.
import { env } from "node:process";
import { expect, test } from "vitest";
import { ERROR_CODE, FRAME_TYPE, PREFACE } from "../../src/http2/protocol.ts";
import { frame, headerBlock, settings, word } from "../cases/wire/frames.ts";
import { framesIn, noBytes, peer, type Peer } from "../unit/http2/peers.ts";
import { mutated } from "./mutate.ts";
import { randomOf } from "./random.ts";
import { sessions } from "./sessions.ts";

const frames = Number(env["FUZZ_FRAMES"] ?? 100_000);
const seed = Number(env["FUZZ_SEED"] ?? 20_261_127);
const perConnection = 200;

const random = randomOf(seed);
const below = (most: number): number => random.below(most);
const block = headerBlock([[":method", "POST"], [":scheme", "http"], [":path", "/a/B"], ["te", "trailers"]]); // prettier-ignore

/** What a client has sent on its connection. */
interface Sent {
  stream: number;
  /** Streams whose request goes on. */
  readonly open: number[];
}

/** What a client may send next. */
function soundFrame(sent: Sent): Buffer {
  const kind = below(12);
  if (kind < 5 || sent.open.length === 0) {
    sent.stream += 2;
    const ends = below(4) === 0;
    if (!ends) sent.open.push(sent.stream);
    return frame(FRAME_TYPE.headers, ends ? 5 : 4, sent.stream, block);
  }
  const at = below(sent.open.length);
  const stream = sent.open[at] ?? 0;
  if (kind < 8) {
    const ends = below(3) === 0;
    if (ends) sent.open.splice(at, 1);
    return frame(FRAME_TYPE.data, ends ? 1 : 0, stream, Buffer.alloc(below(300), below(256)));
  }
  if (kind === 8) return frame(FRAME_TYPE.windowUpdate, 0, below(2) === 0 ? 0 : stream, word(1 + below(100_000)));
  if (kind === 9) {
    sent.open.splice(at, 1);
    return frame(FRAME_TYPE.reset, 0, stream, word(below(14)));
  }
  if (kind === 10) return settings([[below(2) === 0 ? 4 : 1, below(70_000)]]);
  return below(2) === 0 ? frame(FRAME_TYPE.ping, 0, 0, Buffer.alloc(8)) : frame(32 + below(200), below(256), stream, word(below(9))); // prettier-ignore
}

/** Anything, on a stream that is there or was. */
function wildFrame(sent: Sent): Buffer {
  const old = 1 + 2 * below(Math.max(1, (sent.stream + 1) / 2));
  const kind = below(20);
  if (kind < 6) return frame(FRAME_TYPE.headers, below(8) === 0 ? below(256) : 4 | below(2), (sent.stream += 2), block);
  if (kind < 11) return frame(FRAME_TYPE.data, below(8) === 0 ? below(256) : below(2), old, Buffer.alloc(below(300), below(256))); // prettier-ignore
  if (kind < 13) return frame(FRAME_TYPE.windowUpdate, 0, below(3) === 0 ? 0 : old, word(below(100_000)));
  if (kind === 13) return frame(FRAME_TYPE.reset, 0, old, word(below(14)));
  if (kind === 14) return settings([[1 + below(6), below(8) === 0 ? below(0xffff_ffff) : below(70_000)]]);
  if (kind === 15) return frame(FRAME_TYPE.ping, below(2), 0, Buffer.alloc(8));
  if (kind === 16) return frame(FRAME_TYPE.continuation, below(256), old, block.subarray(0, below(block.length)));
  return frame(below(12), below(256), below(6), Buffer.from(Array.from({ length: below(40) }, () => below(256))));
}

/** Answers what it has of a request, in part or whole, or resets it. */
function answerSome({ connection }: Peer): void {
  for (const stream of connection.streams()) {
    const choice = below(6);
    if (choice === 0) connection.headers(stream, [[":status", "200"]], []);
    else if (choice === 1) connection.data(stream, noBytes, Buffer.alloc(below(100_000)));
    else if (choice === 2) connection.endWith(stream, [["grpc-status", "0"]], []);
    else if (choice === 3) connection.reset(stream, ERROR_CODE.cancel);
  }
}

/** What a GOAWAY may say: never that something inside has failed. */
const allowedEnds: ReadonlySet<number> = new Set(Object.values(ERROR_CODE).filter((code) => code !== ERROR_CODE.none && code !== ERROR_CODE.internal)); // prettier-ignore

function requireThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`it does not hold that ${what}`);
}

/** What a test says of each connection after each of its frames. */
class Watched {
  readonly ends = new Set<number>();
  readonly #server: Peer;

  constructor(now: () => number) {
    this.#server = peer("server", { now });
  }

  get isOver(): boolean {
    return this.#server.connection.isOver;
  }

  /** In two pieces. */
  receive(bytes: Buffer): void {
    const { connection } = this.#server;
    const cut = below(bytes.length + 1);
    connection.receive(Buffer.from(bytes.subarray(0, cut)));
    connection.receive(Buffer.from(bytes.subarray(cut)));
    if (below(4) === 0) answerSome(this.#server);
    requireThat(connection.output.length < 1_000_000, "the output is bounded");
    for (const { type, payload } of framesIn(this.#server.take())) {
      requireThat(type <= FRAME_TYPE.continuation, "only frames of known types are sent");
      if (type === FRAME_TYPE.goaway) this.ends.add(payload.readUInt32BE(4));
    }
    if (below(8) === 0) connection.setWritable(below(2) === 0);
    connection.resume();
  }

  /** Nothing is kept, and each stream was told to be over once. */
  close(): void {
    const { connection, told } = this.#server;
    connection.close();
    requireThat(connection.size === 0, "nothing is kept");
    const begun = told.filter((line) => line.includes(" head ")).length;
    const closed = told.filter((line) => line.includes(" closed ")).length;
    requireThat(closed === begun, "each stream that began is told to be over once");
  }
}

test(
  `${frames} frames from seed ${seed} end no connection otherwise than the protocol says`,
  { timeout: 3_600_000 },
  () => {
    const ends = new Set<number>();
    let connections = 0;
    for (let count = 0; count < frames; connections++) {
      const watched = new Watched(() => count);
      const sent: Sent = { stream: -1, open: [] };
      const wild = random.one([4, 20, 100, 1_000]); // one in so many; most of them end the connection
      watched.receive(Buffer.concat([PREFACE, settings()]));
      for (let i = 0; i < perConnection && !watched.isOver; i++, count++) {
        const bytes = below(wild) === 0 ? wildFrame(sent) : soundFrame(sent);
        if (below(4 * wild) === 0) bytes[below(bytes.length)] = below(256);
        watched.receive(bytes);
      }
      watched.close();
      for (const code of watched.ends) ends.add(code);
    }
    expect(frames / connections).toBeGreaterThan(20); // else none would get far
    expect([...ends].filter((code) => !allowedEnds.has(code))).toEqual([]);
    expect(ends.has(ERROR_CODE.protocol)).toBe(true);
  },
);

test(
  `${frames} frames of clients' sessions, changed from seed ${seed}, end no connection otherwise than the protocol says`,
  { timeout: 3_600_000 },
  () => {
    const ends = new Set<number>();
    const others = sessions.flatMap((session) => session.frames);
    for (let sent = 0; sent < frames;) {
      const watched = new Watched(() => sent);
      watched.receive(PREFACE);
      for (const bytes of mutated(random.one(sessions).frames, random, others)) {
        if (watched.isOver) break;
        watched.receive(bytes);
        sent += 1;
      }
      watched.close();
      for (const code of watched.ends) ends.add(code);
    }
    expect([...ends].filter((code) => !allowedEnds.has(code))).toEqual([]);
    expect(ends.has(ERROR_CODE.protocol)).toBe(true);
  },
);
