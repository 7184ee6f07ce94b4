/** The sending half of a connection: frames into slabs, as far as the windows of the peer and the room in front of the socket allow. */

import { TransientSet } from "../containers/transient-set.ts";
import { HpackEncoder, type FieldList, type Pair } from "./hpack-encoder.ts";
import {
  ConnectionError,
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  ERROR_CODE,
  FLAG,
  FRAME_HEADER,
  FRAME_TYPE,
  LARGEST,
} from "./protocol.ts";
import { Output, type SlabPool } from "./slabs.ts";
import type { Stream } from "./stream.ts";

/** Bytes that may wait in front of the socket before DATA stays on its streams. */
const mostAhead = 65_536;
/** Blocks up to this are written straight into a frame. */
const oneFrame = DEFAULT_FRAME_SIZE;

export interface SenderEvents<Owner> {
  /** All that waited on the stream is in the output. */
  drained(stream: Stream<Owner>): void;
  /** Our side of the stream has ended. */
  localEnded(stream: Stream<Owner>): void;
}

export class Sender<Owner> {
  readonly output: Output;
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly #events: SenderEvents<Owner>;
  /** Streams on which something waits that their own windows allow, in the order of their turns. */
  readonly #ready = new TransientSet<Stream<Owner>>();
  #window = DEFAULT_WINDOW;
  #frameSize = DEFAULT_FRAME_SIZE;
  /** False while the socket does not take what it has. */
  #isOpen = true;
  /** Bytes of HEADERS and DATA that have been written, ever: what the peer asked for. */
  contentSent = 0;

  constructor(pool: SlabPool, events: SenderEvents<Owner>) {
    this.output = new Output(pool);
    this.#events = events;
  }

  /** Whether DATA waits for nothing but its turn. */
  get isReady(): boolean {
    return this.#ready.size > 0 && this.#window > 0;
  }

  limitFrames(size: number): void {
    this.#frameSize = Math.min(size, DEFAULT_FRAME_SIZE); // larger ones would only make the others wait longer
  }

  /** The socket takes bytes again, or does not any more. */
  setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
  }

  /** @throws ConnectionError when it grows beyond what HTTP/2 allows */
  growConnection(bytes: number): void {
    this.#window += bytes;
    if (this.#window > LARGEST) throw new ConnectionError(ERROR_CODE.flowControl, "the connection's window overflows");
    this.resume();
  }

  /** False when it grows beyond what HTTP/2 allows. */
  growStream(stream: Stream<Owner>, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > LARGEST) return false;
    if (stream.queued > 0 && stream.sendWindow > 0) this.#ready.add(stream);
    return true;
  }

  /** A header block in HEADERS, and CONTINUATION where it is long. */
  headers(stream: number, fields: FieldList, more: readonly Pair[], isEnd: boolean): void {
    const most = HpackEncoder.most(fields, more);
    if (most > oneFrame) return this.#longHeaders(stream, fields, more, isEnd);
    const bytes = this.output.room(FRAME_HEADER + most);
    const { at } = this.output;
    const end = this.encoder.encode(fields, more, bytes, at + FRAME_HEADER);
    const flags = FLAG.endHeaders | (isEnd ? FLAG.endStream : 0);
    writeHead(bytes, at, end - at - FRAME_HEADER, FRAME_TYPE.headers, flags, stream);
    this.contentSent += end - at;
    this.output.at = end;
  }

  #longHeaders(stream: number, fields: FieldList, more: readonly Pair[], isEnd: boolean): void {
    const block = Buffer.allocUnsafe(HpackEncoder.most(fields, more));
    const length = this.encoder.encode(fields, more, block, 0);
    for (let at = 0; at === 0 || at < length; at += oneFrame) {
      const next = Math.min(length, at + oneFrame);
      const type = at === 0 ? FRAME_TYPE.headers : FRAME_TYPE.continuation;
      const flags = (next === length ? FLAG.endHeaders : 0) | (at === 0 && isEnd ? FLAG.endStream : 0);
      this.frame(type, flags, stream, block.subarray(at, next));
    }
  }

  frame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const bytes = this.output.room(FRAME_HEADER + payload.length);
    const { at } = this.output;
    writeHead(bytes, at, payload.length, type, flags, stream);
    bytes.set(payload, at + FRAME_HEADER);
    this.output.at = at + FRAME_HEADER + payload.length;
  }

  /** A frame whose payload is one number of 32 bits, or two. */
  words(type: number, stream: number, first: number, second?: number): void {
    const length = second === undefined ? 4 : 8;
    const bytes = this.output.room(FRAME_HEADER + length);
    const { at } = this.output;
    writeHead(bytes, at, length, type, 0, stream);
    bytes.writeUInt32BE(first, at + FRAME_HEADER);
    if (second !== undefined) bytes.writeUInt32BE(second, at + FRAME_HEADER + 4);
    this.output.at = at + FRAME_HEADER + length;
  }

  /**
   * Sends `prefix` and `bytes` in the same frames, or lets them wait: `prefix` may be used again afterwards, `bytes` not
   * be changed before `drained`. Answers whether all is in the output.
   */
  data(stream: Stream<Owner>, prefix: Uint8Array, bytes: Uint8Array): boolean {
    const length = prefix.length + bytes.length;
    if (length === 0) return stream.queued === 0;
    if (this.#fits(stream, length)) {
      this.#dataFrame(stream, prefix, bytes, length);
      return true;
    }
    if (stream.queued === 0) stream.queue = [];
    if (prefix.length > 0) stream.queue.push(new Uint8Array(prefix)); // a copy, which `slice` of a Buffer is not
    if (bytes.length > 0) stream.queue.push(bytes);
    stream.queued += length;
    if (stream.sendWindow > 0) this.#ready.add(stream);
    this.resume();
    return stream.queued === 0;
  }

  #fits(stream: Stream<Owner>, length: number): boolean {
    return (
      stream.queued === 0 &&
      this.#isOpen &&
      length <= this.#frameSize &&
      length <= this.#window &&
      length <= stream.sendWindow &&
      this.output.length + length <= mostAhead
    );
  }

  #dataFrame(stream: Stream<Owner>, prefix: Uint8Array, bytes: Uint8Array, length: number): void {
    const slab = this.output.room(FRAME_HEADER + length);
    const at = this.output.at + FRAME_HEADER;
    writeHead(slab, at - FRAME_HEADER, length, FRAME_TYPE.data, 0, stream.id);
    for (let i = 0; i < prefix.length; i++) slab[at + i] = prefix[i] ?? 0;
    slab.set(bytes, at + prefix.length);
    this.output.at = at + length;
    this.#sent(stream, length);
  }

  #sent(stream: Stream<Owner>, length: number): void {
    this.#window -= length;
    stream.sendWindow -= length;
    this.contentSent += FRAME_HEADER + length;
  }

  /** The end of the stream, behind what waits on it. */
  end(stream: Stream<Owner>, ending: NonNullable<Stream<Owner>["ending"]>): void {
    stream.ending = ending;
    if (stream.queued === 0) this.#ended(stream);
  }

  #ended(stream: Stream<Owner>): void {
    const { ending } = stream;
    if (ending === undefined) return;
    stream.ending = undefined;
    if (ending === "plain") this.frame(FRAME_TYPE.data, FLAG.endStream, stream.id, nothing);
    else this.headers(stream.id, ending.fields, ending.more, true);
    this.#events.localEnded(stream);
  }

  /** Writes what waits, a frame of each stream in turn, as far as it goes. */
  resume(): void {
    while (this.#isOpen && this.#window > 0 && this.output.length < mostAhead) {
      const stream = this.#ready.first;
      if (!stream) return;
      this.#ready.delete(stream);
      if (stream.queued === 0 || stream.sendWindow <= 0) continue;
      this.#turn(stream);
      if (stream.queued > 0) {
        if (stream.sendWindow > 0) this.#ready.add(stream); // behind the others
        continue;
      }
      stream.queue = [];
      stream.queueAt = 0;
      this.#ended(stream);
      this.#events.drained(stream);
    }
  }

  #turn(stream: Stream<Owner>): void {
    const length = Math.min(stream.queued, this.#frameSize, this.#window, stream.sendWindow);
    const slab = this.output.room(FRAME_HEADER + length);
    writeHead(slab, this.output.at, length, FRAME_TYPE.data, 0, stream.id);
    let at = this.output.at + FRAME_HEADER;
    for (let left = length; left > 0;) {
      const [chunk = nothing] = stream.queue;
      const taken = Math.min(left, chunk.length - stream.queueAt);
      slab.set(chunk.subarray(stream.queueAt, stream.queueAt + taken), at);
      at += taken;
      left -= taken;
      stream.queueAt += taken;
      if (stream.queueAt < chunk.length) continue;
      stream.queue.shift();
      stream.queueAt = 0;
    }
    this.output.at = at;
    stream.queued -= length;
    this.#sent(stream, length);
  }

  /** Forgets what waits on a stream that is no more. */
  forget(stream: Stream<Owner>): void {
    this.#ready.delete(stream);
    stream.queue = [];
    stream.queued = 0;
    stream.ending = undefined;
  }
}

const nothing = new Uint8Array();

function writeHead(bytes: Buffer, at: number, length: number, type: number, flags: number, stream: number): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes[at + 5] = stream >>> 24;
  bytes[at + 6] = stream >>> 16;
  bytes[at + 7] = stream >>> 8;
  bytes[at + 8] = stream;
}
