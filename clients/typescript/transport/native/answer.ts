/** What the header fields of an answer say in gRPC. */

import type { MessageHead } from "../../../../src/http2/message-head.ts";
import { CallFailure } from "../transport.ts";

/** How a head is judged, once for each block that repeats. */
export interface AnswerHead {
  /** What makes it no answer of gRPC. */
  readonly flaw: CallFailure | undefined;
}

const grpc = /^application\/grpc(?:\+proto)?(?:$|;)/;

/** What an answer without gRPC says by its HTTP status, as gRPC has it; UNKNOWN for all others. */
const codes: ReadonlyMap<string, number> = new Map([
  ["400", 13],
  ["401", 16],
  ["403", 7],
  ["404", 12],
  ["429", 14],
  ["502", 14],
  ["503", 14],
  ["504", 14],
]);

export function answerHead({ pseudo: { status = "" }, section }: MessageHead): AnswerHead {
  if (status !== "200") return flawed(`the answer has the HTTP status ${status}`, codes.get(status) ?? 2);
  const type = section.fields.find(({ name }) => name === "content-type")?.value ?? "";
  if (!grpc.test(type))
    return flawed(`the answer is of type ${JSON.stringify(type.slice(0, 100))}, and not of gRPC`, 2);
  return { flaw: undefined };
}

function flawed(message: string, code: number): AnswerHead {
  return { flaw: new CallFailure("invalid", message, { code }) };
}

/** Undefined for OK. */
export function failureOf({ section: { fields } }: MessageHead): CallFailure | undefined {
  let status: string | undefined;
  for (const { name, value } of fields) if (name === "grpc-status") status = value;
  if (status === "0") return undefined;
  const get = (wanted: string): string | undefined => fields.find(({ name }) => name === wanted)?.value;
  if (status === undefined || !/^\d{1,2}$/.test(status))
    return new CallFailure("invalid", "the answer ends without a status");
  const details = get("grpc-status-details-bin");
  return new CallFailure("status", unescaped(get("grpc-message") ?? ""), {
    code: Number(status) > 16 ? 2 : Number(status),
    details: details === undefined ? undefined : Buffer.from(details, "base64"),
    pushback: pushbackOf(get("grpc-retry-pushback-ms")),
    callId: get("x-request-id"),
  });
}

/** What cannot be read means never, as gRPC has it. */
function pushbackOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

/** Percent signs in front of what is no byte stay. */
function unescaped(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
