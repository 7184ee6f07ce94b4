/** What a header block says once it is unpacked, judged by the rules for messages (RFC 9113, section 8): which pseudo-header fields, and what is malformed. */

import type { Field } from "./fields.ts";
import type { FieldSection } from "./hpack-decoder.ts";

/** The side of a connection. */
export type Role = "client" | "server";

/** A block as the head of a message, or as its trailers: which of the two it is, is the stream's matter. */
export interface MessageHead {
  readonly section: FieldSection;
  /** By name with its colon: one each, `:status` in answers, the others in requests. */
  readonly pseudo: PseudoFields;
  /** Whether it cannot be the head of a message. */
  readonly isMalformed: boolean;
  /** Whether it cannot be trailers. */
  readonly isMalformedAsTrailers: boolean;
  /** Bytes that `content-length` promises; −1 where it does not. */
  readonly contentLength: number;
}

export interface PseudoFields {
  method?: string;
  scheme?: string;
  authority?: string;
  path?: string;
  status?: string;
}

/** Fields of a connection, which HTTP/2 has not (RFC 9113, 8.2.2). */
const connectionFields: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** `receiver`: the side that reads the block. */
export function readHead(section: FieldSection, receiver: Role): MessageHead {
  const reading = { pseudo: {}, isFlawed: false, hasPseudo: false, contentLength: -1 };
  let isBehind = false; // a pseudo-header field may not follow others (8.3)
  for (const field of section.fields) {
    if (field.isFlawed) reading.isFlawed = true;
    else if (field.name.charCodeAt(0) === 58) {
      reading.hasPseudo = true;
      if (isBehind || !take(reading.pseudo, field)) reading.isFlawed = true;
    } else {
      isBehind = true;
      readRegular(reading, field);
    }
  }
  const { pseudo, isFlawed, contentLength } = reading;
  return {
    section,
    pseudo,
    isMalformed: isFlawed || !(receiver === "server" ? isRequest(pseudo) : isResponse(pseudo)),
    isMalformedAsTrailers: isFlawed || reading.hasPseudo,
    contentLength,
  };
}

interface Reading {
  isFlawed: boolean;
  contentLength: number;
}

function readRegular(reading: Reading, { name, value }: Field): void {
  if (name === "te") {
    if (value !== "trailers") reading.isFlawed = true;
  } else if (name === "content-length") {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    if (length < 0 || (reading.contentLength >= 0 && reading.contentLength !== length)) reading.isFlawed = true;
    reading.contentLength = length;
  } else if (connectionFields.has(name)) reading.isFlawed = true;
}

/** False for one that is not known, or is there already. */
function take(pseudo: PseudoFields, { name, value }: Field): boolean {
  switch (name) {
    case ":method":
      if (pseudo.method !== undefined) return false;
      pseudo.method = value;
      return true;
    case ":scheme":
      if (pseudo.scheme !== undefined) return false;
      pseudo.scheme = value;
      return true;
    case ":authority":
      if (pseudo.authority !== undefined) return false;
      pseudo.authority = value;
      return true;
    case ":path":
      if (pseudo.path !== undefined) return false;
      pseudo.path = value;
      return true;
    case ":status":
      if (pseudo.status !== undefined) return false;
      pseudo.status = value;
      return true;
    default:
      return false;
  }
}

/** Section 8.3.1; CONNECT has neither scheme nor path (8.5). */
function isRequest({ method, scheme, path, authority, status }: PseudoFields): boolean {
  if (status !== undefined || method === undefined || method === "") return false;
  if (method === "CONNECT") return scheme === undefined && path === undefined && authority !== undefined;
  if (scheme === undefined || scheme === "" || path === undefined) return false;
  return path.startsWith("/") || (method === "OPTIONS" && path === "*");
}

function isResponse({ method, scheme, path, authority, status }: PseudoFields): boolean {
  const isOther = method !== undefined || scheme !== undefined || path !== undefined || authority !== undefined;
  return !isOther && status !== undefined && /^[1-9]\d\d$/.test(status);
}
