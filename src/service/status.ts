/** The only place where a failure becomes a gRPC status: a Fault as google.rpc.Status, and anything else as INTERNAL with an incident id. */

import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack, type Any } from "@bufbuild/protobuf/wkt";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";
import { Fault, type FaultDetail, type FieldViolation } from "../model/fault.ts";
import type { Code, Reason } from "../model/reason.ts";
import { Rejected, type TransportRefusal } from "../transport/transport.ts";

/** Numbers of google.rpc.Code. */
export const CODES: { readonly [Name in Code]: number } = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
};

export const DOMAIN = "pannier";

const longestStatus = 4_096; // bytes of the encoded details: together with other trailers they must pass every client's header limit
const longestMessage = 1_024; // code points
const shortMessage = 256;

/** Where incidents are logged in full. Never row values or secrets beyond what the error itself holds. */
export interface IncidentLog {
  error(fields: object, text: string): void;
}

export interface Rejecter {
  /** What a method throws for whatever went wrong in it. */
  reject(error: unknown, where: { readonly operation: string; readonly requestId: string }): Rejected;
}

/** `newId` names an incident, in the log and in the answer. */
export function createRejecter(log: IncidentLog, newId: () => string): Rejecter {
  return {
    reject: (error, where) => {
      if (error instanceof Rejected) return error;
      if (error instanceof Fault && !isIncident(error)) return rejectedOf(error.within({ operation: where.operation }));
      const incident = newId();
      log.error(
        { incident, ...where, err: error instanceof Fault ? (error.detail.cause ?? error) : error },
        "a call failed inside",
      );
      return rejectedOf(incidentFault(error, incident).within({ operation: where.operation }));
    },
  };
}

/** Bytes that are no protobuf are the caller's doing, whatever gRPC calls the code. */
function isIncident({ code, reason }: Fault): boolean {
  return code === "INTERNAL" && reason !== "MESSAGE_MALFORMED";
}

function incidentFault(error: unknown, incident: string): Fault {
  const metadata = { incident };
  if (error instanceof Fault) {
    return new Fault(error.reason, error.message, {
      ...error.detail,
      metadata: { ...error.detail.metadata, ...metadata },
    });
  }
  return new Fault("INTERNAL", `something failed inside; the log tells more under incident ${incident}`, { metadata });
}

export function rejectedOf(fault: Fault): Rejected {
  const { code, message, details } = statusOf(fault);
  return new Rejected(code, message, details, pushbackOf(fault));
}

function pushbackOf({ reason, detail }: Fault): number | undefined {
  return detail.neverResend === true || reason === "WRITE_OUTCOME_UNKNOWN" ? -1 : detail.retryAfter;
}

interface EncodedStatus {
  readonly code: number;
  readonly message: string;
  readonly details: Uint8Array;
}

/** Says less, step by step, until it fits. */
function statusOf(fault: Fault): EncodedStatus {
  const violations = violationsOf(fault);
  for (const attempt of [
    { length: longestMessage, violations },
    { length: longestMessage, violations: violations.slice(0, 1) },
    { length: shortMessage, violations: [] },
  ]) {
    const encoded = encode(fault, attempt);
    if (encoded.details.length < longestStatus) return encoded;
  }
  const bare = new Fault(fault.reason, "");
  return { ...encode(bare, { length: 0, violations: [] }), message: cut(fault.message, shortMessage) };
}

function encode(
  fault: Fault,
  { length, violations }: { length: number; violations: readonly FieldViolation[] },
): EncodedStatus {
  const code = CODES[fault.code];
  const message = cut(fault.message, length);
  const details: Any[] = [
    anyPack(
      ErrorInfoSchema,
      create(ErrorInfoSchema, { reason: fault.reason, domain: DOMAIN, metadata: metadataOf(fault.detail) }),
    ),
  ];
  if (violations.length > 0) {
    const fieldViolations = violations.map(({ field, description }) => ({
      field,
      description: cut(description, shortMessage),
    }));
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  const { retryAfter } = fault.detail;
  if (retryAfter !== undefined && retryAfter >= 0) {
    const retryDelay = {
      seconds: BigInt(Math.floor(retryAfter / 1_000)),
      nanos: Math.floor(retryAfter % 1_000) * 1_000_000,
    };
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return { code, message, details: toBinary(StatusSchema, create(StatusSchema, { code, message, details })) };
}

function violationsOf({ code, message, detail }: Fault): readonly FieldViolation[] {
  if (code !== "INVALID_ARGUMENT" && code !== "OUT_OF_RANGE") return [];
  if (detail.violations && detail.violations.length > 0) return detail.violations;
  return detail.field === undefined ? [] : [{ field: detail.field, description: message }];
}

/** For ErrorInfo.metadata, and for pannier.v1.ItemStatus, which says the same. */
export function metadataOf(detail: FaultDetail): { [name: string]: string } {
  const metadata: { [name: string]: string } = {};
  for (const name of ["entity", "field", "constraint", "store", "operation"] as const) {
    const value = detail[name];
    if (value !== undefined) metadata[name] = value.toWellFormed();
  }
  if (detail.index !== undefined) metadata["index"] = String(detail.index);
  for (const [name, value] of Object.entries(detail.metadata ?? {})) metadata[name] = value.toWellFormed();
  return metadata;
}

/** Well formed, and cut between code points. */
function cut(text: string, length: number): string {
  const whole = text.toWellFormed();
  return whole.length <= length ? whole : Array.from(whole).slice(0, length).join("");
}

const retrySoon = 100; // milliseconds

const refusals: {
  readonly [Refusal in TransportRefusal]: {
    readonly reason: Reason;
    readonly text: string;
    readonly retryAfter?: number;
    readonly neverResend?: boolean;
  };
} = {
  timeout_invalid: {
    reason: "TIMEOUT_INVALID",
    text: "grpc-timeout is one to eight digits and one of H, M, S, m, u, n; send it once",
  },
  metadata_too_large: {
    reason: "METADATA_TOO_LARGE",
    text: "the call has more metadata than this server takes; send fewer or shorter entries",
  },
  metadata_invalid: { reason: "METADATA_INVALID", text: "metadata whose name ends in -bin must be base64" },
  message_too_large: {
    reason: "MESSAGE_TOO_LARGE",
    text: "the request message is larger than this server takes; send less at once",
  },
  calls_exhausted: {
    reason: "CALLS_EXHAUSTED",
    text: "the server has as many calls in flight as it takes; try again shortly",
    retryAfter: retrySoon,
  },
  bytes_exhausted: {
    reason: "BYTES_EXHAUSTED",
    text: "the server holds as many bytes of calls in flight as it takes; try again shortly",
    retryAfter: retrySoon,
  },
  message_count: { reason: "MESSAGE_COUNT", text: "this method takes exactly one request message" },
  read_timeout: { reason: "READ_TIMEOUT", text: "the request did not come whole in time; nothing was done" },
  slow_consumer: {
    reason: "SLOW_CONSUMER",
    text: "the reader left a frame untaken for too long; read faster or ask for smaller pages",
  },
  draining: { reason: "DRAINING", text: "the server is stopping and takes no calls", retryAfter: 1_000 },
  deadline: { reason: "DEADLINE_EXCEEDED", text: "the call's deadline has passed", neverResend: true },
  cancelled: { reason: "CANCELLED", text: "the caller has cancelled the call" },
  malformed: { reason: "MESSAGE_MALFORMED", text: "the request is not a gRPC message" },
  method_unknown: {
    reason: "METHOD_UNKNOWN",
    text: "no such service or method is served here; reflection lists what is",
  },
  encoding_unsupported: {
    reason: "ENCODING_UNSUPPORTED",
    text: "compressed requests are not taken; send them as they are (grpc-encoding: identity)",
  },
  internal: { reason: "INTERNAL", text: "something failed inside" },
};

/** The status of what the transport itself refuses; made once for each. */
export function createRefusals(): (refusal: TransportRefusal) => Rejected {
  const made = new Map<TransportRefusal, Rejected>();
  return (refusal) => {
    const known = made.get(refusal);
    if (known) return known;
    const { reason, text, ...detail } = refusals[refusal];
    const rejected = rejectedOf(new Fault(reason, text, detail));
    made.set(refusal, rejected);
    return rejected;
  };
}
