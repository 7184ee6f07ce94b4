/** Methods as grpc-js handlers: bytes in, bytes out, exactly one ending for each call. */

import {
  Metadata,
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type ServerDuplexStream,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import {
  Rejected,
  type AnswerPlace,
  type DuplexMethod,
  type IncomingCall,
  type ListenOptions,
  type StreamMethod,
  type TransportRefusal,
  type UnaryMethod,
} from "../transport.ts";
import { addTo, answerHeaders, statusOf, type GrpcStatus } from "./answer.ts";
import type { Call } from "../../model/call.ts";
import { afterReading } from "../call/after-reading.ts";
import type { OpenCall, OpenCalls } from "../call/open-calls.ts";

/** Metadata that carries a call's name in `OpenCalls` from its headers to its handler; what a client sends under it is overwritten. */
export const nameHeader = "pannier-open-call";

export interface Handlers {
  unary(method: UnaryMethod): handleUnaryCall<Buffer, Uint8Array>;
  stream(method: StreamMethod): handleServerStreamingCall<Buffer, Uint8Array>;
  duplex(method: DuplexMethod): handleBidiStreamingCall<Buffer, Uint8Array>;
}

/** Milliseconds that a method has for its answer after its call has aborted. */
const lastWord = 250;

export type HandlerOptions = Pick<ListenOptions, "refuse" | "limits">;

export function createHandlers(calls: OpenCalls, options: HandlerOptions): Handlers {
  const begin = (metadata: Metadata): Begun => beginCall({ calls, options, metadata });
  return {
    unary: (method) => (call, callback) => {
      const begun = begin(call.metadata);
      answerUnary(method, call.request, begun, {
        accept: (bytes) => {
          begun.open?.hold(bytes.length);
          void begun.open?.reserve(0); // the answer is counted in its place
          call.sendMetadata(begun.headers);
          callback(null, bytes, begun.trailers);
        },
        reject: (status) => {
          void begun.open?.reserve(0);
          if (begun.isTold) call.sendMetadata(begun.headers);
          callback(status);
        },
      });
    },
    stream: (method) => (call) => {
      const begun = begin(call.metadata);
      if (begun.call.aborted) return;
      void pump(call, method.handle(call.request, begun.call), begun);
    },
    duplex: (method) => (call) => {
      const begun = begin(call.metadata);
      void pump(call, method.handle(call.iterator({ destroyOnReturn: false }), begun.call), begun); // destroyed, it could not be answered
    },
  };

  function answerUnary(method: UnaryMethod, request: Buffer, begun: Begun, answer: UnaryAnswer): void {
    const settle = once(() => begun.open?.finish());
    const isLate = begun.call.aborted;
    begun.call.onAbort((reason) => {
      const refuse = (): void => settle(() => answer.reject(begun.refuse(reason)));
      if (isLate) refuse();
      // The call's own failure knows whether it wrote. It comes at once, but for a method that forgets its call; a drain waits for it.
      else if (reason !== "draining") setTimeout(refuse, lastWord).unref();
    });
    if (isLate) return;
    method.handle(request, begun.call).then(
      (bytes) => settle(() => answer.accept(bytes)),
      (error: unknown) => settle(() => answer.reject(begun.reject(error))),
    );
  }
}

interface UnaryAnswer {
  accept(bytes: Uint8Array): void;
  reject(status: GrpcStatus): void;
}

/** A call that has its clock, and how it can end. */
interface Begun {
  readonly open: OpenCall | undefined;
  readonly call: IncomingCall;
  readonly slowConsumer: number;
  /** Of its answer, as far as they are given. */
  readonly headers: Metadata;
  readonly trailers: Metadata;
  /** Whether its method gave headers, which leave also in front of a status. */
  isTold: boolean;
  refuse(refusal: TransportRefusal): GrpcStatus;
  reject(error: unknown): GrpcStatus;
}

interface Beginning {
  readonly calls: OpenCalls;
  readonly options: HandlerOptions;
  readonly metadata: Metadata;
}

function beginCall({ calls, options, metadata }: Beginning): Begun {
  const open = calls.find(textOf(metadata, nameHeader) ?? "");
  const call = open?.call ?? { ...gone }; // a stream that closed while its message was being put together: cancelled before it began
  const { requestId } = call;
  const trailers = new Metadata();
  const status = (rejected: Rejected): GrpcStatus => statusOf(rejected, requestId, trailers);
  const begun: Begun = {
    open,
    call: Object.assign(call, {
      reserve: (bytes: number) => open?.reserve(bytes),
      metadata: (name: string) => textOf(metadata, name),
      received: () => pairsOf(metadata),
      answerWith: (place: AnswerPlace, name: string, value: string) => {
        if (place === "headers") begun.isTold = true;
        addTo(begun[place], name, value);
      },
    }),
    slowConsumer: options.limits.slowConsumer,
    headers: answerHeaders(requestId),
    trailers,
    isTold: false,
    refuse: (refusal) => status(options.refuse(refusal)),
    reject: (error) => status(error instanceof Rejected ? error : options.refuse("internal")),
  };
  return begun;
}

function* pairsOf(metadata: Metadata): Generator<readonly [name: string, value: string]> {
  for (const [name, values] of Object.entries(metadata.toHttp2Headers()))
    for (const value of [values ?? []].flat()) if (name !== nameHeader) yield [name, String(value)];
}

const gone: Call = {
  requestId: "gone",
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
      if (reason !== "cancelled") call.emit("error", begun.refuse(reason)); // leaves behind the frame that is on its way
    }),
  );
  let first = true;
  try {
    for await (const frame of frames) {
      if (begun.call.aborted) break;
      if (first) call.sendMetadata(begun.headers);
      first = false;
      await taken(call, frame, begun);
    }
    settle(() => {
      if (first) call.sendMetadata(begun.headers);
      call.end(begun.trailers);
    });
  } catch (error) {
    settle(() => {
      if (first && begun.isTold) call.sendMetadata(begun.headers);
      call.emit("error", begun.reject(error));
    });
  }
}

/**
 * Resolves when the frame has left for the reader, or when the call aborts; a reader who waits too long aborts it. Its bytes count until it has left
 * or the stream is closed.
 */
function taken(call: FrameStream, frame: Uint8Array, begun: Begun): Promise<void> {
  const { length } = frame; // what waits for the reader is grpc-js's copy; ours need not
  return new Promise((resolve) => {
    let isTaken = false;
    const look = (): void => {
      if (isTaken) return;
      if (begun.open?.hasMoved()) timer.refresh();
      else begun.open?.abort("slow_consumer");
    };
    const timer = setTimeout(afterReading(look), begun.slowConsumer);
    begun.open?.hold(length);
    begun.open?.await();
    const done = (): void => {
      isTaken = true;
      clearTimeout(timer);
      resolve();
    };
    const forget = begun.call.onAbort(done);
    call.write(frame, () => {
      begun.open?.release(length);
      forget();
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

function textOf(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return typeof value === "string" ? value : undefined;
}
