/** Methods as grpc-js handlers: bytes in, bytes out, exactly one ending for each call. */

import { randomUUID } from "node:crypto";
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerDuplexStream,
  ServerWritableStream,
} from "@grpc/grpc-js";
import {
  Rejected,
  type DuplexMethod,
  type IncomingCall,
  type ListenOptions,
  type StreamMethod,
  type TransportRefusal,
  type UnaryMethod,
} from "../transport.ts";
import { answerMetadata, ending, type Ending } from "./answer.ts";
import type { OpenCall, OpenCalls } from "./open-calls.ts";

/** Metadata that carries a call's name in `OpenCalls` from its headers to its handler; whatever a client sends under it is overwritten. */
export const nameHeader = "pannier-open-call";

export interface Handlers {
  unary(method: UnaryMethod): handleUnaryCall<Buffer, Uint8Array>;
  stream(method: StreamMethod): handleServerStreamingCall<Buffer, Uint8Array>;
  duplex(method: DuplexMethod): handleBidiStreamingCall<Buffer, Uint8Array>;
  /** Answers calls that were refused by their headers; reads nothing. */
  readonly refused: handleBidiStreamingCall<Buffer, Uint8Array>;
}

export type HandlerOptions = Pick<ListenOptions, "refuse" | "limits">;

export function createHandlers(calls: OpenCalls, options: HandlerOptions): Handlers {
  const begin = (metadata: Metadata, least: Least, waits = false): Begun =>
    beginCall({ calls, options, metadata, least, waits });
  return {
    unary: (method) => (call, callback) => {
      const begun = begin(call.metadata, (client) =>
        Math.min(client ?? method.timeout.fallback, method.timeout.maximum),
      );
      answerUnary(method, call.request, begun, {
        accept: (bytes) => {
          call.sendMetadata(answerMetadata(begun.call.requestId));
          callback(null, bytes);
        },
        reject: (status) => callback(status),
      });
    },
    stream: (method) => (call) => {
      const begun = begin(call.metadata, streamTimeout);
      const frames = tooLarge(call.request, options)
        ? refusing(options.refuse("message_too_large"))
        : method.handle(call.request, begun.call);
      void pump(call, frames, begun);
    },
    duplex: (method) => (call) => {
      const begun = begin(call.metadata, streamTimeout, true);
      void pump(call, method.handle(call.iterator({ destroyOnReturn: false }), begun.call), begun); // destroyed, it could not be answered
    },
    refused: (call) => {
      const begun = begin(call.metadata, () => Infinity);
      call.emit("error", begun.refuse(begun.open?.refusal ?? "method_unknown"));
      begun.open?.finish();
    },
  };

  function answerUnary(method: UnaryMethod, request: Buffer, begun: Begun, answer: UnaryAnswer): void {
    const settle = once(() => begun.open?.finish());
    begun.call.onAbort((reason) => {
      if (reason !== "draining") settle(() => answer.reject(begun.refuse(reason))); // a drained call's own failure knows whether it wrote
    });
    if (begun.call.aborted) return;
    if (tooLarge(request, options)) return settle(() => answer.reject(begun.refuse("message_too_large")));
    method.handle(request, begun.call).then(
      (bytes) => settle(() => answer.accept(bytes)),
      (error: unknown) => settle(() => answer.reject(begun.reject(error))),
    );
  }
}

interface UnaryAnswer {
  accept(bytes: Uint8Array): void;
  reject(status: Ending): void;
}

/** A call that has its clock, and how it can end. */
interface Begun {
  readonly open: OpenCall | undefined;
  readonly call: IncomingCall;
  readonly slowConsumer: number;
  refuse(refusal: TransportRefusal): Ending;
  reject(error: unknown): Ending;
}

/** Milliseconds a call may take, given what its client allows. */
type Least = (client: number | undefined) => number;

interface Beginning {
  readonly calls: OpenCalls;
  readonly options: HandlerOptions;
  readonly metadata: Metadata;
  readonly least: Least;
  readonly waits: boolean;
}

function beginCall({ calls, options, metadata, least, waits }: Beginning): Begun {
  const open = calls.find(textOf(metadata, nameHeader) ?? "");
  const requestId = requestIdOf(textOf(metadata, "x-request-id"));
  // A stream that closed while its message was being put together is no longer in the table: cancelled before it began.
  const call = open ? open.begin({ least: least(open.timeout), requestId, waits }) : { ...gone, requestId };
  return {
    open,
    call: Object.assign(call, { metadata: (name: string) => textOf(metadata, name) }),
    slowConsumer: options.limits.slowConsumer,
    refuse: (refusal) => ending(options.refuse(refusal), requestId),
    reject: (error) => ending(error instanceof Rejected ? error : options.refuse("internal"), requestId),
  };
}

const gone: Omit<IncomingCall, "metadata" | "requestId"> = {
  deadline: 0,
  aborted: true,
  signal: AbortSignal.abort("cancelled"),
  onAbort: (listener) => {
    listener("cancelled");
    return () => {};
  },
};

type FrameStream = ServerWritableStream<Buffer, Uint8Array> | ServerDuplexStream<Buffer, Uint8Array>;

/** Pulls one frame when the reader has taken the one before. */
async function pump(call: FrameStream, frames: AsyncIterable<Uint8Array>, begun: Begun): Promise<void> {
  const settle = once(() => begun.open?.finish());
  begun.call.onAbort((reason) =>
    settle(() => {
      if (reason === "slow_consumer")
        begun.open?.reset(); // a status would queue behind the frames nobody reads
      else if (reason !== "cancelled") call.emit("error", begun.refuse(reason));
    }),
  );
  let first = true;
  try {
    for await (const frame of frames) {
      if (begun.call.aborted) break;
      if (first) call.sendMetadata(answerMetadata(begun.call.requestId));
      first = false;
      await taken(call, frame, begun);
    }
    settle(() => {
      if (first) call.sendMetadata(answerMetadata(begun.call.requestId));
      call.end();
    });
  } catch (error) {
    settle(() => call.emit("error", begun.reject(error)));
  }
}

/** Resolves when the frame has left for the reader, or when the call aborts; a reader who waits too long aborts it. */
function taken(call: FrameStream, frame: Uint8Array, begun: Begun): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => begun.open?.abort("slow_consumer"), begun.slowConsumer);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const release = begun.call.onAbort(done);
    call.write(frame, () => {
      release();
      done();
    });
  });
}

/** Runs the first action only, after `before`. */
function once(before: () => void): (action: () => void) => void {
  let done = false;
  return (action) => {
    if (done) return;
    done = true;
    before();
    action();
  };
}

// eslint-disable-next-line require-yield -- a stream that only ever fails
async function* refusing(rejected: Rejected): AsyncGenerator<Uint8Array> {
  throw rejected;
}

function tooLarge(request: Buffer, options: HandlerOptions): boolean {
  return request.length > options.limits.messageBytes;
}

/** Streams have no overall deadline of ours. */
function streamTimeout(client: number | undefined): number {
  return client ?? Infinity;
}

function textOf(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return typeof value === "string" ? value : undefined;
}

/** The client's own where it can stand in logs and headers. */
function requestIdOf(sent: string | undefined): string {
  return sent !== undefined && /^[\x21-\x7e]{1,64}$/.test(sent) ? sent : randomUUID();
}
