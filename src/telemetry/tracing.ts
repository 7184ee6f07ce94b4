/**
 * Traces by OpenTelemetry, configured by its standard environment variables. Its packages are loaded when an endpoint is named, and
 * not before: without one nothing here costs anything. Spans say what was asked of which entity and what it came to, never a value.
 */

import type { Attributes, Context, Span, SpanKind, TraceAPI } from "@opentelemetry/api";
import type { Interceptor } from "../model/interceptor.ts";
import type { Call } from "../model/call.ts";
import { parseTraceparent } from "./traceparent.ts";

export type Stage = "service" | "repository" | "adapter";

/** What a span is about. */
export interface Traced {
  readonly stage: Stage;
  readonly method: string;
  /** Full service name; of calls alone. */
  readonly service?: string;
  /** Empty or absent where there is none, and so the store. */
  readonly entity?: string;
  readonly store?: string;
}

/** A call that brings its caller's metadata. */
export interface RemoteCall extends Call {
  metadata(name: string): string | undefined;
}

/** How an operation ended, for a span. */
export interface Ending {
  /** Name of google.rpc.Code. */
  readonly code: string;
  readonly reason?: string;
  /** Whether the server is to blame. */
  readonly isError: boolean;
}

export interface Tracing {
  /** A span inside the one that is open for the call, or for the call it is part of. */
  interceptor(traced: Traced): Interceptor;
  /** The first span of a call, inside its caller's. */
  callInterceptor(traced: Traced): Interceptor<RemoteCall>;
  traceIdOf(call: Call): string | undefined;
  /** Sends what is left. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Where OTEL_SERVICE_NAME says nothing. */
  readonly service: string;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly endingOf: (error: unknown) => Ending;
}

/** Undefined where the environment asks for no traces. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { environment, log } = options;
  if (!isWanted(environment)) return undefined;
  const protocol = environment["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? environment["OTEL_EXPORTER_OTLP_PROTOCOL"];
  if (protocol !== undefined && protocol !== "" && protocol !== "http/protobuf")
    log.warn({ protocol }, "traces are sent as http/protobuf; no other protocol is built in");
  const [api, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace-base"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
    import("@opentelemetry/resources"),
  ]);
  const problem = (text: string): void => log.warn({ problem: text.slice(0, 200) }, "traces cannot be sent");
  const quiet = (): void => {};
  api.diag.setLogger(
    { error: problem, warn: problem, info: quiet, debug: quiet, verbose: quiet },
    api.DiagLogLevel.WARN,
  );
  const told = resources.detectResources({ detectors: [resources.envDetector] });
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes({ "service.name": options.service }).merge(told),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  }); // prettier-ignore
  log.info({}, "traces are sent by OTLP");
  const tracer = provider.getTracer("pannier");
  return createTracing({
    trace: api.trace,
    root: api.ROOT_CONTEXT,
    begin: (name, kind, attributes, within) => tracer.startSpan(name, { kind: api.SpanKind[kind], attributes }, within),
    errorStatus: api.SpanStatusCode.ERROR,
    endingOf: options.endingOf,
    stop: () => lastSpans(provider.shutdown()),
  });
}

const longestFlush = 2_000; // milliseconds

/** A collector that does not answer must not hold up the end; what could not be sent is reported by diag. */
async function lastSpans(sent: Promise<void>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, longestFlush);
  await Promise.race([sent.catch(() => {}), over.promise]);
  clearTimeout(timer);
}

function isWanted(environment: NodeJS.ProcessEnv): boolean {
  if (environment["OTEL_SDK_DISABLED"]?.toLowerCase() === "true") return false;
  if (environment["OTEL_TRACES_EXPORTER"] === "none") return false;
  const endpoint =
    environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || environment["OTEL_EXPORTER_OTLP_ENDPOINT"] || "";
  return endpoint !== "";
}

interface Means {
  readonly trace: TraceAPI;
  readonly root: Context;
  readonly begin: (name: string, kind: keyof typeof SpanKind, attributes: Attributes, within: Context) => Span;
  readonly errorStatus: number;
  readonly endingOf: (error: unknown) => Ending;
  readonly stop: () => Promise<void>;
}

function createTracing(means: Means): Tracing {
  const { trace, root } = means;
  /** The innermost span that is open for a call. */
  const open = new WeakMap<Call, Span>();
  const spanOf = (call: Call | undefined): Span | undefined =>
    call === undefined ? undefined : (open.get(call) ?? spanOf(call.within));
  const inside = (call: Call): Context => {
    const parent = spanOf(call);
    return parent ? trace.setSpan(root, parent) : root;
  };
  const insideCaller = (call: RemoteCall): Context => {
    const sent = parseTraceparent(call.metadata("traceparent"));
    if (!sent) return root;
    const { traceId, spanId, flags: traceFlags } = sent;
    return trace.setSpanContext(root, { traceId, spanId, traceFlags, isRemote: true });
  };
  const spans = <Of extends Call>(traced: Traced, kind: keyof typeof SpanKind, context: (call: Of) => Context): Interceptor<Of> => {
    const name = traced.service === undefined ? `${traced.stage} ${traced.method}` : `${traced.service}/${traced.method}`;
    const attributes = attributesOf(traced);
    const begin = (call: Of): Running => {
      const before = open.get(call);
      const span = means.begin(name, kind, attributes, context(call));
      open.set(call, span);
      return { call, span, before };
    };
    const end = ({ call, span, before }: Running, ending: Ending | undefined): void => {
      if (before) open.set(call, before);
      finish(span, ending, means);
    };
    return {
      run: async (call, action) => {
        const running = begin(call);
        try {
          const result = await action();
          end(running, undefined);
          return result;
        } catch (error) {
          end(running, means.endingOf(error));
          throw error;
        }
      },
      stream: async function* (call, frames) {
        const running = begin(call);
        let ending: Ending | undefined;
        try {
          yield* frames;
        } catch (error) {
          ending = means.endingOf(error);
          throw error;
        } finally {
          end(running, ending);
        }
      },
    };
  }; // prettier-ignore
  return {
    interceptor: (traced) => spans(traced, "INTERNAL", inside),
    callInterceptor: (traced) => spans(traced, "SERVER", insideCaller),
    traceIdOf: (call) => spanOf(call)?.spanContext().traceId,
    stop: means.stop,
  };
}

interface Running {
  readonly call: Call;
  readonly span: Span;
  readonly before: Span | undefined;
}

function attributesOf({ stage, method, service, entity, store }: Traced): Attributes {
  return {
    "pannier.stage": stage,
    "pannier.method": method,
    ...(service === undefined ? {} : { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method }),
    ...(entity ? { "pannier.entity": entity } : {}),
    ...(store ? { "pannier.store": store } : {}),
  };
}

function finish(span: Span, ending: Ending | undefined, { errorStatus }: Means): void {
  span.setAttribute("pannier.code", ending?.code ?? "OK");
  if (ending?.reason !== undefined) span.setAttribute("error.type", ending.reason);
  if (ending?.isError === true) span.setStatus({ code: errorStatus });
  span.end();
}
