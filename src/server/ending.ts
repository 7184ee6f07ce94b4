/** How an operation ended, for its span: a Fault below the services, a Rejected above them. */

import { Fault } from "../model/fault.ts";
import { CODE_NAMES } from "../telemetry/call-metrics.ts";
import type { Ending } from "../telemetry/tracing.ts";
import { Rejected } from "../transport/transport.ts";

/** The server's doing, as OpenTelemetry counts errors of servers: https://opentelemetry.io/docs/specs/semconv/rpc/grpc/. */
const errors: ReadonlySet<string> = new Set(["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"]); // prettier-ignore

export function endingOf(error: unknown): Ending {
  if (error instanceof Fault) return { code: error.code, reason: error.reason, isError: errors.has(error.code) };
  const code = error instanceof Rejected ? (CODE_NAMES[error.code] ?? "UNKNOWN") : "INTERNAL";
  return { code, isError: errors.has(code) };
}
