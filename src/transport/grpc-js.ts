/** The transport on @grpc/grpc-js. What the library offers no option for is in `serverOn`, and nowhere else. */

import type { Http2Server, Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { randomUUID } from "node:crypto";
import { Server, ServerCredentials, type ConnectionInjector } from "@grpc/grpc-js";
import { admit, LARGEST_HEADER_LIST, requestHead, timeoutOf } from "./call/admission.ts";
import { drainCalls } from "./drain.ts";
import { answerHttp, answerRefused } from "./node-http2/refuse.ts";
import { closeAbusiveConnection, watchConnections } from "./node-http2/connections.ts";
import { createHandlers, nameHeader, type Handlers } from "./grpc-js/handlers.ts";
import { createIntake } from "./node-http2/intake.ts";
import { OpenCalls } from "./call/open-calls.ts";
import { bind } from "./socket.ts";
import type { DuplexMethod, Listen, ListenOptions, Method, TransportLimits } from "./transport.ts";

/** @throws AddressRefused when the address cannot be listened on */
export const listenGrpc: Listen = async (options) => {
  const calls = new OpenCalls(options.limits);
  const state = { draining: false };
  const server = serverOn(options.limits);
  register(server.grpc, options.methods, createHandlers(calls, options));
  admitStreams(server.http2, calls, options, state);
  const bound = await bind(options.address, (socket) => server.injector.injectConnection(socket));
  bound.server.maxConnections = options.limits.connections;
  return {
    address: bound.address,
    drain: async (grace) => {
      state.draining = true;
      const begin = (): void => void bound.server.close();
      await drainCalls({ calls, begin, goAway: (left) => server.injector.drain(left) }, grace);
    },
  };
};

interface RunningServer {
  readonly grpc: Server;
  readonly injector: ConnectionInjector;
  readonly http2: Http2Server;
}

/**
 * A grpc-js server that we bring the connections to, with its http2 server at hand. The two members are private in grpc-js 1.14.7 and have no public
 * way in: the settings (a burst of honest cancels must not close the connection), and the streams (deadlines, limits and refusals are ours to decide).
 */
function serverOn(limits: TransportLimits): RunningServer {
  const grpc = new Server({
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": -1, // see intake.ts
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": limits.streamsPerConnection,
  });
  const http2Options: object = grpc["commonServerOptions"];
  Object.assign(http2Options, {
    streamResetBurst: 4_000,
    streamResetRate: 1_000,
    maxHeaderListPairs: limits.headerPairs + 16, // a few beyond the limit a status answers, then a reset
    settings: { maxConcurrentStreams: limits.streamsPerConnection, maxHeaderListSize: LARGEST_HEADER_LIST },
  });
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const servers: ReadonlyMap<Http2Server, unknown> = grpc["http2Servers"];
  const [http2] = servers.keys();
  if (!http2) throw new Error("grpc-js keeps its http2 server elsewhere than in 1.14.7");
  return { grpc, injector, http2 };
}

function register(server: Server, methods: ReadonlyMap<string, Method | DuplexMethod>, handlers: Handlers): void {
  const serialize = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const deserialize = (bytes: Buffer): Buffer => bytes;
  for (const [path, method] of methods) {
    switch (method.kind) {
      case "unary":
        server.register(path, handlers.unary(method), serialize, deserialize, "unary");
        break;
      case "server_stream":
        server.register(path, handlers.stream(method), serialize, deserialize, "serverStream");
        break;
      case "duplex":
        server.register(path, handlers.duplex(method), serialize, deserialize, "bidi");
        break;
      default:
        method satisfies never;
    }
  }
}

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: string[]) => void;

/** Puts our decision before grpc-js: it sees only admitted calls, and never `grpc-timeout`, which it would overflow. */
function admitStreams(
  server: Http2Server,
  calls: OpenCalls,
  options: ListenOptions,
  state: { readonly draining: boolean },
): void {
  const library = server.listeners("stream");
  server.removeAllListeners("stream");
  const connections = watchConnections(server, { limits: options.limits, isBusy: (session) => calls.isBusy(session) });
  const intake = createIntake(calls, options);
  const noticeTe = teNotice(options);
  const onStream: OnStream = (stream, headers, flags, raw) => {
    stream.on("error", () => {}); // whoever reads it learns from its closing
    connections.used(stream.session);
    const head = requestHead(raw, (name) => textOf(headers[name]));
    if (head.bytes > LARGEST_HEADER_LIST) return closeAbusiveConnection(stream.session); // from a peer that has not acknowledged SETTINGS
    const method = options.methods.get(head.path);
    const arrival = { open: calls, isDraining: state.draining, isKnown: method !== undefined };
    const admission = admit(head, arrival, options.limits);
    if (admission.kind === "http") return answerHttp(stream, admission.status);
    const requestId = head.requestId ?? randomUUID();
    if (!head.hasTe) noticeTe(stream.session, requestId);
    if (admission.kind === "refused") return answerRefused(stream, options.refuse(admission.refusal), requestId);
    if (!method) throw new Error("an unknown method was admitted");
    const waits = method.kind === "duplex";
    const limit = method.kind === "unary" ? method.timeout : undefined;
    const open = calls.add({ stream, timeout: timeoutOf(limit, admission.timeout), requestId, waits });
    intake({ stream, open, single: !waits });
    delete headers["grpc-timeout"];
    delete headers["grpc-encoding"];
    headers[nameHeader] = open.name;
    for (const listener of library) listener.call(server, stream, headers, flags, raw);
  };
  server.on("stream", onStream);
}

/** Once for each connection: who leaves it out does so in every call. */
function teNotice({ onNotice }: ListenOptions): (session: Http2Session | undefined, requestId: string) => void {
  const told = new WeakSet<Http2Session>();
  return (session, requestId) => {
    if (!session || told.has(session)) return;
    told.add(session);
    onNotice?.({ kind: "te_missing", requestId });
  };
}

/** Node joins the values of most names; of those it does not, several make none that is well formed. */
function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}
