/** One log line for each call: method, code, milliseconds, request id. Calls that went well are told at level debug. */

import type { DuplexMethod, IncomingCall, Method, UnaryMethod } from "../transport/transport.ts";
import { Rejected } from "../transport/transport.ts";

export interface CallLog {
  debug(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  isLevelEnabled(level: string): boolean;
}

/** Codes that are the server's doing: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const serverSide: ReadonlySet<number> = new Set([2, 13, 14, 15]);

export function withCallLog<M extends Method | DuplexMethod>(
  methods: ReadonlyMap<string, M>,
  log: CallLog,
): ReadonlyMap<string, M | Method | DuplexMethod> {
  return new Map(
    Array.from(methods, ([path, method]) => [path, method.kind === "unary" ? loggedUnary(path, method, log) : method]),
  );
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
        tell(log, { path, call, started, code: error instanceof Rejected ? error.code : 13 });
        throw error;
      }
    },
  };
}

interface Told {
  readonly path: string;
  readonly call: IncomingCall;
  readonly started: number;
  readonly code: number;
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
