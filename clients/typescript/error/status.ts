/** What became of a call, as the error that its caller gets. */

import { readMessage } from "../codec/message-codec.ts";
import type { FieldTable, MessageTable } from "../schema/tables.ts";
import { CallFailure } from "../transport/transport.ts";
import { ClientClosedError, ConnectionLostError, ConnectionUnavailableError, InvalidRequestError, ResponseInvalidError } from "./client-errors.ts"; // prettier-ignore
import { PannierError, type Code, type Failure, type FieldViolation } from "./pannier-error.ts";
import { CancelledError, DeadlineExceededError, REASON_CLASSES } from "./reasons.ts";

const CODES: readonly Code[] = [
  "UNKNOWN", // 0 is no failure
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];
/** Codes that may be answered when something was done. */
const unsure: ReadonlySet<Code> = new Set(["CANCELLED", "UNKNOWN", "DEADLINE_EXCEEDED", "INTERNAL", "DATA_LOSS"]);
/** Reasons that say so, whatever their code. */
const afterwards: ReadonlySet<string> = new Set(["RESPONSE_TOO_LARGE", "SLOW_CONSUMER"]);

const text = (name: string, number: number): FieldTable => ({ name, proto: name, number, kind: "string" });
const any: MessageTable = {
  name: "google.protobuf.Any",
  fields: [text("typeUrl", 1), { name: "value", proto: "value", number: 2, kind: "bytes" }],
};
const status: MessageTable = {
  name: "google.rpc.Status",
  fields: [text("message", 2), { name: "details", proto: "details", number: 3, kind: "message", list: true, message: () => any }], // prettier-ignore
};
const errorInfo: MessageTable = {
  name: "google.rpc.ErrorInfo",
  fields: [text("reason", 1), text("domain", 2), { ...text("metadata", 3), kind: "string", map: "string" }],
};
const violation: MessageTable = { name: "FieldViolation", fields: [text("field", 1), text("description", 2)] };
const badRequest: MessageTable = {
  name: "google.rpc.BadRequest",
  fields: [{ name: "violations", proto: "field_violations", number: 1, kind: "message", list: true, message: () => violation }], // prettier-ignore
};
const retryInfo: MessageTable = {
  name: "google.rpc.RetryInfo",
  fields: [{ name: "delay", proto: "retry_delay", number: 1, kind: "duration" }],
};

/** What a call was about, for errors without a word of the sidecar's. */
export interface Subject {
  readonly entity: string | undefined;
  readonly method: string;
}

export function errorOf(failure: CallFailure, { entity, method }: Subject): PannierError {
  const metadata = { operation: method, ...(entity === undefined ? {} : { entity }) };
  const common = { message: `${method}: ${failure.message}`, metadata, callId: failure.callId, cause: failure };
  switch (failure.kind) {
    case "status":
      return statusError(failure, { entity, method });
    case "unsent":
      return new ConnectionUnavailableError({ ...common, code: "UNAVAILABLE", reason: "CONNECTION_UNAVAILABLE", isUnexecuted: true }); // prettier-ignore
    case "lost":
      return new ConnectionLostError({ ...common, code: CODES[failure.code] ?? "UNKNOWN", reason: "CONNECTION_LOST" });
    case "invalid":
      return new ResponseInvalidError({
        ...common,
        code: CODES[failure.code] ?? "INTERNAL",
        reason: "RESPONSE_INVALID",
      });
    case "deadline":
      return new DeadlineExceededError({ ...common, code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED", isUnexecuted: !failure.wasSent }); // prettier-ignore
    case "cancelled":
      return new CancelledError({ ...common, code: "CANCELLED", reason: "CANCELLED", isUnexecuted: !failure.wasSent });
    case "closed":
      return new ClientClosedError({ ...common, code: "CANCELLED", reason: "CLIENT_CLOSED", isUnexecuted: !failure.wasSent }); // prettier-ignore
  }
}

function statusError(failure: CallFailure, subject: Subject): PannierError {
  const code = CODES[failure.code] ?? "UNKNOWN";
  const found = detailsOf(failure.details);
  const isOurs = found.reason !== undefined;
  const reason = found.reason ?? code;
  return made({
    code,
    reason,
    message: failure.message === "" ? `${subject.method} failed with ${reason}` : failure.message,
    metadata: { operation: subject.method, ...(subject.entity === undefined ? {} : { entity: subject.entity }), ...found.metadata }, // prettier-ignore
    violations: found.violations,
    retryAfter: failure.pushback ?? found.retryAfter,
    callId: failure.callId,
    isUnexecuted: isOurs && !unsure.has(code) && !afterwards.has(reason),
    cause: failure,
  });
}

function made(failure: Failure): PannierError {
  const Class = Object.hasOwn(REASON_CLASSES, failure.reason) ? REASON_CLASSES[failure.reason] : undefined;
  return new (Class ?? PannierError)(failure);
}

interface Details {
  reason?: string;
  metadata?: Readonly<Record<string, string>>;
  violations?: readonly FieldViolation[];
  retryAfter?: number;
}

/** Details that cannot be read are as good as none. */
function detailsOf(bytes: Uint8Array | undefined): Details {
  const found: Details = {};
  if (!bytes) return found;
  try {
    const { details } = readMessage(status, bytes) as { details: readonly { typeUrl: string; value: Uint8Array }[] };
    for (const { typeUrl, value } of details) readDetail(found, typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value);
  } catch {
    return found;
  }
  return found;
}

function readDetail(found: Details, type: string, value: Uint8Array): void {
  if (type === errorInfo.name) {
    const info = readMessage(errorInfo, value) as { reason: string; domain: string; metadata: Record<string, string> };
    if (info.domain !== "pannier") return;
    found.reason = info.reason;
    found.metadata = { ...info.metadata };
  } else if (type === badRequest.name)
    found.violations = (readMessage(badRequest, value) as { violations: readonly FieldViolation[] }).violations;
  else if (type === retryInfo.name) {
    const { delay } = readMessage(retryInfo, value) as { delay?: { toMilliseconds(): number } };
    if (delay) found.retryAfter = delay.toMilliseconds();
  }
}

/** As a batch or a scan says it of one item. */
export interface ItemStatus {
  readonly code: number;
  readonly message: string;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export const itemStatus: MessageTable<ItemStatus> = {
  name: "pannier.v1.ItemStatus",
  fields: [
    { ...text("code", 1), kind: "int32" },
    text("message", 2),
    text("reason", 3),
    { ...text("metadata", 4), kind: "string", map: "string" },
  ],
};

export function itemError({ code, message, reason, metadata }: ItemStatus, { entity, method }: Subject): PannierError {
  const name = CODES[code] ?? "UNKNOWN";
  return made({
    code: name,
    reason,
    message,
    metadata: { operation: method, ...(entity === undefined ? {} : { entity }), ...metadata },
    isUnexecuted: !unsure.has(name),
  });
}

/** What is refused before anything is sent, as the sidecar would. */
export function invalidRequest(reason: string, field: string, problem: string, subject: Subject): PannierError {
  const { entity, method } = subject;
  return new InvalidRequestError({
    code: "INVALID_ARGUMENT",
    reason,
    message: `${method}: ${field} ${problem}`,
    metadata: { operation: method, field, ...(entity === undefined ? {} : { entity }) },
    violations: [{ field, description: problem }],
    isUnexecuted: true,
  });
}
