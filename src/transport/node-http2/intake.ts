/** Reads along while a request comes in, before grpc-js sees its bytes: what is malformed, too large, too much or too slow is refused here. */

import { constants, type ServerHttp2Stream } from "node:http2";
import type { ListenOptions, TransportRefusal } from "../transport.ts";
import { answerRefused } from "./refuse.ts";
import { createExpiry, type Expiry } from "../call/expiry.ts";
import { FrameCheck } from "../call/message-frames.ts";
import type { OpenCall, OpenCalls } from "../call/open-calls.ts";

export interface Arriving {
  readonly stream: ServerHttp2Stream;
  readonly open: OpenCall;
  /** Whether the method takes exactly one message; others may take their time between messages. */
  readonly single: boolean;
}

export type IntakeOptions = Pick<ListenOptions, "limits" | "refuse">;

/** The returned function must be given each admitted call before grpc-js has its stream: our listeners have to be the first. */
export function createIntake(calls: OpenCalls, options: IntakeOptions): (arriving: Arriving) => void {
  const reading = createExpiry<Intake>(
    () => options.limits.readTimeout,
    (intake) => intake.refuse("read_timeout"),
  );
  return (arriving) => {
    const intake = new Intake(arriving, { calls, options, reading });
    arriving.stream.on("data", (chunk: Buffer) => intake.take(chunk));
    arriving.stream.once("end", () => intake.end());
    if (arriving.single) intake.hurry();
  };
}

interface Surroundings {
  readonly calls: OpenCalls;
  readonly options: IntakeOptions;
  readonly reading: Expiry<Intake>;
}

class Intake {
  readonly #arriving: Arriving;
  readonly #around: Surroundings;
  readonly #check: FrameCheck;
  #settled = false;
  #release: (() => void) | undefined;

  constructor(arriving: Arriving, around: Surroundings) {
    this.#arriving = arriving;
    this.#around = around;
    const { messageBytes } = around.options.limits;
    this.#check = new FrameCheck({ messageBytes, single: arriving.single });
  }

  /** Holds the request to the read timeout, and to the deadline of the call that has not begun. */
  hurry(): void {
    this.#around.reading.add(this);
    this.#release = this.#arriving.open.call.onAbort((reason) => {
      if (reason === "cancelled") this.settle();
      else this.refuse(reason);
    });
  }

  take(chunk: Buffer): void {
    if (this.#settled) return;
    const fault = this.#check.feed(chunk);
    if (fault) return this.refuse(fault);
    if (!this.#arriving.single) return; // grpc-js reads one message at a time there, and flow control bounds the rest
    this.#arriving.open.hold(chunk.length);
    if (this.#around.calls.bytes > this.#around.options.limits.bytesInFlight) this.refuse("bytes_exhausted");
  }

  end(): void {
    if (this.#settled) return;
    const { stream, open } = this.#arriving;
    if (stream.aborted || stream.closed) open.abort("cancelled"); // a reset ends the reading, too, and half a request must not run
    const fault = this.#check.end();
    if (fault) this.refuse(fault);
    else this.settle();
  }

  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#around.reading.delete(this);
    this.#release?.();
  }

  /** Closing the stream lets grpc-js see an end and begin the call: it has to be aborted before. */
  refuse(refusal: TransportRefusal): void {
    if (this.#settled) return;
    this.settle();
    const { stream, open } = this.#arriving;
    open.abort("cancelled");
    open.finish();
    if (!stream.headersSent) answerRefused(stream, this.#around.options.refuse(refusal), open.call.requestId);
    else
      stream.close(
        refusal === "message_too_large" ? constants.NGHTTP2_ENHANCE_YOUR_CALM : constants.NGHTTP2_INTERNAL_ERROR,
      );
  }
}
