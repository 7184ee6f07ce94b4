/** A request that is not gRPC: read to its end, for nothing, and answered in plain HTTP. */

import type { Connection } from "../../http2/connection.ts";
import type { FieldList } from "../../http2/hpack-encoder.ts";
import { ERROR_CODE } from "../../http2/protocol.ts";
import type { Stream } from "../../http2/stream.ts";
import { NO_PAIRS } from "./answers.ts";
import type { Server, StreamOwner } from "./server.ts";

/** The connection it came on. */
export interface PlainLine {
  readonly http2: Pick<Connection<unknown, StreamOwner>, "use" | "headers" | "data" | "end" | "reset">;
  wake(): void;
}

export interface PlainOpening {
  readonly server: Server;
  readonly line: PlainLine;
  readonly stream: Stream<StreamOwner>;
  readonly status: 405 | 415;
  /** False for HEAD, whose answer has no body. */
  readonly hasText: boolean;
}

const text = Buffer.from("this port serves gRPC: POST, with content-type application/grpc\n");
const nothing = new Uint8Array();
const fields: { readonly [Status in 405 | 415]: FieldList } = {
  405: [[":status", "405"], ["content-type", "text/plain"]],
  415: [[":status", "415"], ["content-type", "text/plain"]],
}; // prettier-ignore

/** Holds nothing, so it does not count as a call. */
export class PlainCall implements StreamOwner {
  readonly waits = false;
  readonly #opening: PlainOpening;
  #isAnswered = false;

  constructor(opening: PlainOpening) {
    this.#opening = opening;
  }

  get isReading(): boolean {
    return !this.#isAnswered;
  }

  data(_bytes: Buffer, start: number, end: number, isEnd: boolean): void {
    const { line, stream } = this.#opening;
    line.http2.use(stream, end - start);
    if (isEnd) this.end();
  }

  chunkEnded(): void {}

  end(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    const { server, line, stream, status, hasText } = this.#opening;
    line.http2.headers(stream, fields[status], NO_PAIRS);
    if (hasText) line.http2.data(stream, nothing, text);
    line.http2.end(stream);
    if (!stream.isClosed) server.untaken.add(this);
    line.wake();
  }

  closed(): void {
    const { server } = this.#opening;
    server.reading.delete(this);
    server.untaken.delete(this);
  }

  drained(): void {
    // its end follows by itself
  }

  abort(): void {
    // there is no method to tell
  }

  readTooLong(): void {
    this.end();
  }

  hasMoved(): boolean {
    return false; // a line of text
  }

  untakenTooLong(): void {
    const { line, stream } = this.#opening;
    line.http2.reset(stream, ERROR_CODE.enhanceYourCalm);
    line.wake();
  }
}
