/** What is done around every call: it is counted, timed, and logged when it ends, unless it went well, was quick, and nobody debugs. */

import type { CallLabels, CallMetrics } from "../telemetry/call-metrics.ts";
import { parseTraceparent } from "../telemetry/traceparent.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import type { CounterRow, Histogram } from "../telemetry/instrument.ts";
import type {
  DuplexMethod,
  IncomingCall,
  Method,
  StreamMethod,
  TransportNotice,
  TransportRefusal,
  UnaryMethod,
} from "../transport/transport.ts";
import { Rejected } from "../transport/transport.ts";

export interface CallLog {
  debug(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  isLevelEnabled(level: string): boolean;
}

/** Whose calls they are. */
export interface ServiceLabels {
  readonly entity: string;
  readonly store: string;
}

export interface ObservedCallsOptions {
  readonly log: CallLog;
  readonly metrics: CallMetrics;
  readonly tracing: Tracing | undefined;
  /** Milliseconds from which on a call, or a frame of a stream, is slow. May change. */
  readonly slow: () => number;
  /** Where the methods belong to an entity. */
  readonly of?: ServiceLabels;
}

/** Codes that are the server's doing: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const serverSide: ReadonlySet<number> = new Set([2, 13, 14, 15]);

export function observedCalls(
  methods: ReadonlyMap<string, Method | DuplexMethod>,
  options: ObservedCallsOptions,
): ReadonlyMap<string, Method | DuplexMethod> {
  return new Map(Array.from(methods, ([path, method]) => [path, observed(path, method, options)]));
}

function observed(path: string, method: Method | DuplexMethod, options: ObservedCallsOptions): Method | DuplexMethod {
  const [, service = "", name = ""] = path.split("/");
  const { entity = "", store = "" } = options.of ?? {};
  const labels: CallLabels = { method: name, entity, store };
  const interceptor = options.tracing?.callInterceptor({ stage: "service", service, ...labels });
  const watch = new Watch(path, labels, options);
  switch (method.kind) {
    case "unary":
      return observedUnary(
        interceptor
          ? { ...method, handle: (request, call) => interceptor.run(call, () => method.handle(request, call)) }
          : method,
        watch,
      );
    case "server_stream": {
      const handle: StreamMethod["handle"] = (request, call) => {
        const frames = method.handle(request, call);
        return watch.frames(interceptor ? interceptor.stream(call, frames) : frames, call);
      };
      return { ...method, handle };
    }
    case "duplex": {
      const handle: DuplexMethod["handle"] = (requests, call) => {
        const frames = method.handle(requests, call);
        return watch.frames(interceptor ? interceptor.stream(call, frames) : frames, call, "waits for its client");
      };
      return { ...method, handle };
    }
    default:
      return method satisfies never;
  }
}

function observedUnary(method: UnaryMethod, watch: Watch): UnaryMethod {
  return {
    ...method,
    handle: async (request, call) => {
      const started = watch.begin();
      let code = 0;
      try {
        return await method.handle(request, call);
      } catch (error) {
        code = codeOf(error);
        throw error;
      } finally {
        watch.end(call, started, code);
      }
    },
  };
}

/** One method's instruments, bound when the house is put together. */
class Watch {
  readonly #path: string;
  readonly #labels: CallLabels;
  readonly #options: ObservedCallsOptions;
  readonly #codes: CounterRow;
  readonly #seconds: Histogram;

  constructor(path: string, labels: CallLabels, options: ObservedCallsOptions) {
    this.#path = path;
    this.#labels = labels;
    this.#options = options;
    this.#codes = options.metrics.calls(labels);
    this.#seconds = options.metrics.seconds("service", labels.method);
  }

  /** Answers when: milliseconds of the monotonic clock. */
  begin(): number {
    this.#options.metrics.inFlight += 1;
    return performance.now();
  }

  end(call: IncomingCall, started: number, code: number): void {
    const ms = performance.now() - started;
    this.#seconds.observe(ms / 1_000);
    this.#ended(call, ms, code, ms);
  }

  /** Each frame is timed by itself, from when it was asked for; logged when the stream ends, whoever ends it. */
  async *frames(
    frames: AsyncIterable<Uint8Array>,
    call: IncomingCall,
    waits?: "waits for its client",
  ): AsyncGenerator<Uint8Array> {
    const started = this.begin();
    let asked = started;
    let slowest = 0;
    let code = 0;
    try {
      for await (const frame of frames) {
        const ms = performance.now() - asked;
        if (waits === undefined) {
          this.#seconds.observe(ms / 1_000);
          slowest = Math.max(slowest, ms);
        }
        yield frame;
        asked = performance.now();
      }
    } catch (error) {
      code = codeOf(error);
      throw error;
    } finally {
      this.#ended(call, performance.now() - started, code, slowest);
    }
  }

  /** `slowest` is the part that counts as the server's: the call, or its slowest frame. */
  #ended(call: IncomingCall, ms: number, code: number, slowest: number): void {
    const { metrics, log, slow } = this.#options;
    metrics.inFlight -= 1;
    this.#codes.add(code);
    if (serverSide.has(code)) log.warn(this.#fields(call, ms, code), "call failed");
    else if (slowest >= slow()) log.warn({ ...this.#fields(call, ms, code), slowest: rounded(slowest) }, "slow call");
    else if (log.isLevelEnabled("debug")) log.debug(this.#fields(call, ms, code), code === 0 ? "call" : "call refused");
  }

  #fields(call: IncomingCall, ms: number, code: number): object {
    const { entity, store } = this.#labels;
    const traceId = this.#options.tracing?.traceIdOf(call) ?? parseTraceparent(call.metadata("traceparent"))?.traceId;
    return {
      method: this.#path,
      ...(entity === "" ? {} : { entity, store }),
      code,
      ms: rounded(ms),
      requestId: call.requestId,
      ...(traceId === undefined ? {} : { traceId }),
    };
  }
}

/** Of methods, which reject with a Rejected and nothing else. */
export function codeOf(error: unknown): number {
  return error instanceof Rejected ? error.code : 13;
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

/** Decided by a transport before any method began; its other refusals end calls that are counted by their method. */
const beforehand: ReadonlySet<TransportRefusal> = new Set([
  "timeout_invalid", "metadata_too_large", "metadata_invalid", "message_too_large", "calls_exhausted", "malformed",
  "method_unknown", "encoding_unsupported",
]); // prettier-ignore

/** The same refusals, counted. */
export function countedRefusals(
  refuse: (refusal: TransportRefusal) => Rejected,
  metrics: CallMetrics,
): (refusal: TransportRefusal) => Rejected {
  const codes = metrics.calls({ method: "", entity: "", store: "" });
  return (refusal) => {
    const rejected = refuse(refusal);
    if (beforehand.has(refusal)) codes.add(rejected.code);
    return rejected;
  };
}

/** What a transport notices, in the log: at debug, because a proxy that drops a header does so on every connection. */
export function loggedNotices(log: Pick<CallLog, "debug">): (notice: TransportNotice) => void {
  return ({ kind, requestId }) => {
    switch (kind) {
      case "te_missing":
        log.debug({ requestId }, "call without te: trailers, the first of its connection");
        break;
      default:
        kind satisfies never;
    }
  };
}
