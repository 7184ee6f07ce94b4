/** One log line for each call, when it ends: method, code, milliseconds, request id. Calls that went well are told at level debug. */

import type { DuplexMethod, IncomingCall, Method, StreamMethod, UnaryMethod } from "../transport/transport.ts";
import { Rejected } from "../transport/transport.ts";

export interface CallLog {
  debug(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  isLevelEnabled(level: string): boolean;
}

/** Codes that are the server's doing: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const serverSide: ReadonlySet<number> = new Set([2, 13, 14, 15]);

export function withCallLog(
  methods: ReadonlyMap<string, Method | DuplexMethod>,
  log: CallLog,
): ReadonlyMap<string, Method | DuplexMethod> {
  return new Map(Array.from(methods, ([path, method]) => [path, logged(path, method, log)]));
}

function logged(path: string, method: Method | DuplexMethod, log: CallLog): Method | DuplexMethod {
  switch (method.kind) {
    case "unary":
      return loggedUnary(path, method, log);
    case "server_stream":
      return loggedStream(path, method, log);
    case "duplex":
      return loggedDuplex(path, method, log);
    default:
      return method satisfies never;
  }
}

function loggedStream(path: string, method: StreamMethod, log: CallLog): StreamMethod {
  const handle: StreamMethod["handle"] = (request, call) =>
    loggedFrames(method.handle(request, call), { path, call, started: performance.now() }, log);
  return { ...method, handle };
}

function loggedDuplex(path: string, method: DuplexMethod, log: CallLog): DuplexMethod {
  const handle: DuplexMethod["handle"] = (requests, call) =>
    loggedFrames(method.handle(requests, call), { path, call, started: performance.now() }, log);
  return { ...method, handle };
}

/** Told when the stream ends, whoever ends it. */
async function* loggedFrames(
  frames: AsyncIterable<Uint8Array>,
  running: Running,
  log: CallLog,
): AsyncGenerator<Uint8Array> {
  let code = 0;
  try {
    yield* frames;
  } catch (error) {
    code = codeOf(error);
    throw error;
  } finally {
    tell(log, { ...running, code });
  }
}

function loggedUnary(path: string, method: UnaryMethod, log: CallLog): UnaryMethod {
  return {
    ...method,
    handle: async (request, call) => {
      const started = performance.now();
      try {
        const answer = await method.handle(request, call);
        if (log.isLevelEnabled("debug")) tell(log, { path, call, started, code: 0 });
        return answer;
      } catch (error) {
        tell(log, { path, call, started, code: codeOf(error) });
        throw error;
      }
    },
  };
}

interface Running {
  readonly path: string;
  readonly call: IncomingCall;
  readonly started: number;
}

interface Told extends Running {
  readonly code: number;
}

function codeOf(error: unknown): number {
  return error instanceof Rejected ? error.code : 13;
}

function tell(log: CallLog, { path, call, started, code }: Told): void {
  const fields = {
    method: path,
    code,
    ms: Math.round((performance.now() - started) * 100) / 100,
    requestId: call.requestId,
  };
  if (serverSide.has(code)) log.warn(fields, "call failed");
  else if (log.isLevelEnabled("debug")) log.debug(fields, code === 0 ? "call" : "call refused");
}
