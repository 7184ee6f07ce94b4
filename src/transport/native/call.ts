/** One call, from its headers to the end of its stream: what it is to its method, and how it is read, answered and ended. */

import { AbortList } from "../../model/abort-list.ts";
import type { AbortReason } from "../../model/call.ts";
import type { Pair } from "../../http2/hpack-encoder.ts";
import { ERROR_CODE } from "../../http2/protocol.ts";
import type { Stream } from "../../http2/stream.ts";
import { Rejected, type AnswerPlace, type DuplexMethod, type IncomingCall, type Method, type TransportRefusal, type UnaryMethod } from "../transport.ts"; // prettier-ignore
import { ANSWER, NO_PAIRS, OK, STATUS, STATUS_ALONE, statusPairs } from "./answers.ts";
import { Reservation } from "../call/room.ts";
import { NO_SLOT, type Timed } from "./deadlines.ts";
import type { CallHead } from "./head.ts";
import { Intake } from "./intake.ts";
import { ReaderWatch } from "./reader-watch.ts";
import { RequestBody } from "./request-body.ts";
import type { CallLine, Opening } from "./opening.ts";
import type { Server, StreamOwner } from "./server.ts";

/** Milliseconds that a method has for its answer after its call has aborted. */
const lastWord = 250;
/** Flag and length in front of each message; written anew each time, and copied where it must wait. */
const prefix = Buffer.alloc(5);

export class ServerCall implements IncomingCall, Timed, StreamOwner {
  readonly requestId: string;
  readonly deadline: number;
  readonly #server: Server;
  readonly #line: CallLine;
  readonly #stream: Stream<StreamOwner>;
  readonly #head: CallHead;
  readonly #method: Method | DuplexMethod;
  readonly #aborts = new AbortList();
  /** Its method runs. */
  #hasBegun = false;
  #hasHeaders = false;
  /** Its end is decided. */
  #isOver = false;
  /** While something waits for its reader. */
  #watch: ReaderWatch | undefined;
  #held = 0;
  #reservation: Reservation | undefined;
  /** Its chunk is still being read. */
  #isFresh = true;
  /** A message that has come in one piece; most requests are no more. */
  #frame: Buffer | undefined;
  #body: RequestBody | undefined;
  #taken: (() => void) | undefined;
  /** Metadata that its method gives to the answer, where it gives any. */
  #given: { readonly [Place in AnswerPlace]: Pair[] } | undefined;
  /** Of the wheel of deadlines. */
  slot: number = NO_SLOT;
  earlier: Timed | undefined = undefined;
  later: Timed | undefined = undefined;

  constructor({ server, line, stream, head, method, requestId, timeout }: Opening) {
    this.#server = server;
    this.#line = line;
    this.#stream = stream;
    this.#head = head;
    this.#method = method;
    this.requestId = requestId;
    this.deadline = timeout === Infinity ? Infinity : performance.now() + timeout;
    server.size += 1;
    server.deadlines.add(this);
    if (method.kind === "duplex") this.#beginDuplex(method);
  }

  // What its method sees.

  get aborted(): boolean {
    return this.#aborts.reason !== undefined;
  }

  get signal(): AbortSignal {
    return this.#aborts.signal;
  }

  onAbort(listener: (reason: AbortReason) => void): () => void {
    return this.#aborts.onAbort(listener);
  }

  metadata(name: string): string | undefined {
    return this.#head.metadata.get(name);
  }

  reserve(bytes: number): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    return (this.#reservation ??= new Reservation(this.#server.room)).set(bytes, this);
  }

  *received(): Generator<Pair> {
    for (const { name, value } of this.#head.fields) if (!name.startsWith(":")) yield [name, value];
  }

  answerWith(place: AnswerPlace, name: string, value: string): void {
    this.#given ??= { headers: [], trailers: [] };
    this.#given[place].push([name, value]);
  }

  // What the connection calls.

  get waits(): boolean {
    return this.#method.kind === "duplex";
  }

  get isReading(): boolean {
    return !this.#hasBegun && !this.#isOver;
  }

  data(bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    const length = end - start;
    if (this.#isOver) return this.#line.http2.use(this.#stream, length);
    const { messageBytes, bytesInFlight } = this.#server.options.limits;
    this.#hold(length);
    const isFirst = !this.#body && !this.#frame && (isEnd || this.#isFresh);
    if (isFirst && Intake.isWhole(bytes, start, end, messageBytes)) this.#frame = bytes.subarray(start, end);
    else if (length > 0) {
      const fault = this.#inPieces().take(bytes, start, end);
      if (fault) return this.refuse(fault);
    }
    if (this.#server.bytes > bytesInFlight) return this.refuse("bytes_exhausted");
    this.#line.http2.use(this.#stream, this.#body?.return(length) ?? length);
    if (isEnd) this.end();
  }

  /** The chunk that its headers came in is read: nothing of it is kept longer, or a little message would hold all of it. */
  chunkEnded(): void {
    this.#isFresh = false;
    if (this.#frame) this.#inPieces();
  }

  #inPieces(): RequestBody {
    const frame = this.#frame;
    this.#frame = undefined;
    const body = (this.#body ??= new RequestBody({ messageBytes: this.#server.options.limits.messageBytes }));
    if (frame) body.take(frame, 0, frame.length);
    return body;
  }

  end(): void {
    if (this.#isOver) return;
    const message = this.#frame ? Intake.messageOf(this.#frame) : this.#body ? this.#body.end() : "message_count";
    if (typeof message === "string") return this.refuse(message);
    if (!message) return; // of many messages, which the method takes
    this.#frame = undefined;
    this.#body = undefined;
    this.#begin(message);
  }

  closed(): void {
    this.abort("cancelled");
    this.#finish();
    this.#reservation?.end();
    this.#release(this.#held);
    this.#server.reading.delete(this);
    this.#watch?.stop();
    this.#taken?.();
    this.#server.closed();
  }

  drained(): void {
    this.#taken?.();
  }

  readTooLong(): void {
    if (this.isReading) this.refuse("read_timeout");
  }

  hasMoved(): boolean {
    return this.#watch?.hasMoved() === true;
  }

  /** A reader has taken next to nothing for `slow_consumer`: its call is over, and where it already was, the stream is. */
  untakenTooLong(): void {
    this.#watch = undefined;
    if (this.#isOver) {
      this.#line.http2.reset(this.#stream, ERROR_CODE.enhanceYourCalm); // clients read RESOURCE_EXHAUSTED
      this.#line.wake();
    } else this.abort("slow_consumer");
  }

  expire(): void {
    this.abort("deadline");
  }

  // How it ends.

  abort(reason: AbortReason): void {
    if (this.aborted || this.#isOver) return;
    this.#server.deadlines.delete(this);
    this.#aborts.abort(reason);
    this.#body?.drop();
    if (reason !== "cancelled") this.#answerAbort(reason);
  }

  #answerAbort(reason: Exclude<AbortReason, "cancelled">): void {
    if (this.#method.kind !== "unary" || !this.#hasBegun) return this.refuse(reason);
    // The call's own failure knows whether it wrote. It comes at once, but for a method that forgets its call; a drain waits for it.
    if (reason !== "draining") setTimeout(() => this.refuse(reason), lastWord).unref();
  }

  /** Ends the call with a status of the transport's own, and its method, where that runs. */
  refuse(refusal: TransportRefusal): void {
    if (this.#isOver) return;
    this.#fail(this.#server.options.refuse(refusal));
    if (!this.aborted) this.#abortSilently();
  }

  /** Tells a method that nobody waits for its answer. */
  #abortSilently(): void {
    this.#aborts.abort("cancelled");
    this.#body?.drop();
  }

  #finish(): void {
    this.#isOver = true;
    this.#server.deadlines.delete(this);
  }

  #fail(rejected: Rejected): void {
    if (this.#isOver) return;
    this.#finish();
    this.#reservation?.end();
    this.#taken?.();
    const { http2 } = this.#line;
    if (!this.#hasHeaders && this.#given && this.#given.headers.length > 0) this.#headers();
    const pairs = [...statusPairs(rejected, this.requestId), ...(this.#given?.trailers ?? NO_PAIRS)];
    if (this.#hasHeaders) http2.endWith(this.#stream, STATUS, pairs);
    else http2.onlyHeaders(this.#stream, STATUS_ALONE, pairs);
    this.#await();
    this.#line.wake();
  }

  #failWith(error: unknown): void {
    this.#fail(error instanceof Rejected ? error : this.#server.options.refuse("internal"));
  }

  /** A reader who does not take what is queued in time has the stream reset. */
  #await(): void {
    if (!this.#stream.isClosed) this.#watchReader();
  }

  #watchReader(): void {
    this.#watch?.stop();
    this.#watch = new ReaderWatch({ server: this.#server, stream: this.#stream, line: this.#line, owner: this });
  }

  // How its method runs.

  #begin(message: Uint8Array): void {
    this.#hasBegun = true;
    const method = this.#method;
    if (method.kind === "unary") this.#answer(method, message);
    else if (method.kind === "server_stream") void this.#pump(method.handle(message, this));
  }

  #beginDuplex(method: DuplexMethod): void {
    this.#hasBegun = true;
    const { messageBytes } = this.#server.options.limits;
    const body = (this.#body = new RequestBody({ messageBytes, taken: (bytes) => this.#requestTaken(bytes) }));
    if (body.queue) void this.#pump(method.handle(body.queue, this));
  }

  #answer(method: UnaryMethod, message: Uint8Array): void {
    method.handle(message, this).then(
      (bytes) => this.#accept(bytes),
      (error: unknown) => this.#failWith(error),
    );
  }

  #accept(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#finish();
    const { http2 } = this.#line;
    this.#headers();
    if (!this.#write(bytes)) this.#hold(bytes.length);
    this.#reservation?.end();
    http2.endWith(this.#stream, OK, this.#given?.trailers ?? NO_PAIRS);
    this.#await();
    this.#line.wake();
  }

  #headers(): void {
    this.#hasHeaders = true;
    const id: Pair = ["x-request-id", this.requestId];
    this.#line.http2.headers(this.#stream, ANSWER, this.#given ? [id, ...this.#given.headers] : [id]);
  }

  /** Answers whether the message has left. */
  #write(bytes: Uint8Array): boolean {
    prefix.writeUInt32BE(bytes.length, 1);
    return this.#line.http2.data(this.#stream, prefix, bytes);
  }

  /** Pulls one frame when the reader has taken the one before. */
  async #pump(frames: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const frame of frames) {
        if (this.#isOver || this.aborted) break;
        if (!this.#hasHeaders) this.#headers();
        const hasLeft = this.#write(frame);
        this.#line.wake();
        if (!hasLeft) await this.#untilTaken(frame.length);
      }
      if (this.#isOver || this.aborted) return;
      this.#finish();
      if (!this.#hasHeaders) this.#headers();
      this.#line.http2.endWith(this.#stream, OK, this.#given?.trailers ?? NO_PAIRS);
      this.#await();
      this.#line.wake();
    } catch (error) {
      this.#failWith(error);
    }
  }

  /** Resolves when the frame has left for the reader, or when the call is over; a reader who waits too long ends it. */
  async #untilTaken(bytes: number): Promise<void> {
    this.#hold(bytes);
    this.#watchReader();
    await new Promise<void>((resolve) => (this.#taken = resolve));
    this.#taken = undefined;
    if (this.#isOver || this.aborted) return; // its bytes count until it has left, or the stream is closed
    this.#watch?.stop();
    this.#watch = undefined;
    this.#release(bytes);
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    this.#server.room.hold(bytes);
  }

  #release(bytes: number): void {
    const released = Math.min(bytes, this.#held);
    this.#held -= released;
    this.#server.room.release(released);
  }

  /** Its method has taken one of many messages; what the peer sent meanwhile is given back to it when none waits. */
  #requestTaken(bytes: number): void {
    this.#release(bytes);
    const owed = this.#body?.returnOwed() ?? 0;
    if (owed === 0) return;
    this.#line.http2.use(this.#stream, owed);
    this.#line.wake();
  }
}
