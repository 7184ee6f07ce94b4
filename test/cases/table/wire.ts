// Rows 1 to 18: connections, HTTP/2 and metadata.
import { answered, answersHttp, AUTHENTICATION, closes, refused, resets, waiting, type Rows } from "../row.ts";

const connections = ["wire/connections.test.ts"];
const floods = ["wire/floods.test.ts"];
const headers = ["wire/headers.test.ts"];

// Codes of HTTP/2.
const PROTOCOL = 1;
const FLOW_CONTROL = 3;
const FRAME_SIZE = 6;
const REFUSED_STREAM = 7;
const COMPRESSION = 9;
const CALM = 11;

export const WIRE_ROWS: Rows = {
  1: {
    input: "a connection that says nothing, or half of the preface",
    files: connections,
    facts: { "a connection that says nothing": closes(), "half of the preface": closes() },
  },
  2: {
    input: "TLS, or HTTP/1.1, where plain HTTP/2 is spoken",
    files: connections,
    facts: {
      "a TLS greeting": closes(),
      "a request of HTTP/1.1": closes(),
      "an upgrade from HTTP/1.1": closes(),
      "the preface, and then what is no frame": closes(),
    },
  },
  3: {
    input: "200,000 streams opened and reset at once; as many that the server resets for a mistake made on purpose",
    files: floods,
    facts: {
      "200,000 resets": closes(),
      "window updates of 0 that make the server reset": closes(CALM),
      "bodies longer than promised that make the server reset": closes(CALM),
      "headers without a name that make the server reset": closes(CALM),
    },
  },
  4: {
    input: "2,000 honest cancellations in ten seconds, and 1,400 at once",
    files: floods,
    facts: { "2,000 cancellations": answered, "1,400 cancellations at once": answered },
  },
  5: {
    input: "headers continued without end, with fields and with nothing",
    files: floods,
    facts: { "endless headers": closes(), "headers continued with nothing": closes(CALM) },
  },
  6: {
    input: "floods of SETTINGS whose acknowledgements nobody reads, of PING, and of frames that carry nothing; PINGs that measure bandwidth",
    files: floods,
    facts: {
      "a flood of SETTINGS": closes(),
      "a flood of PING": closes(),
      "a flood of PING, read": closes(CALM),
      "3,000 PINGs in one go": closes(CALM),
      "a PING for each of 5,000 answers": answered,
      "2,730 settings in a frame": closes(CALM),
      "SETTINGS that change the windows of 400 streams": closes(CALM),
      "a flood of empty DATA": closes(CALM),
      "priorities in a circle": closes(CALM),
      "a flood of GOAWAY": closes(CALM),
      "a flood of frames that nobody knows": closes(CALM),
      "a million window updates of a byte": answered,
    },
  },
  7: {
    input: "a connection window that overflows, on 2,000 connections; windows that open by a byte",
    files: floods,
    facts: { "2,000 overflowing windows": closes(FLOW_CONTROL), "answers taken byte by byte": resets(CALM) },
  },
  8: {
    input: "headers that unpack to a multiple of their size, with a window of 0",
    files: floods,
    facts: {
      "10 times 400 headers that unpack": resets(CALM),
      "10 times 400 headers, before SETTINGS are acknowledged": closes(CALM),
      "100 times 250 KB of table size updates": resets(PROTOCOL),
    },
  },
  9: {
    input: "more streams than SETTINGS allow",
    files: connections,
    facts: { "one stream too many": resets(REFUSED_STREAM) },
  },
  10: {
    input: "frames that HTTP/2 forbids: broken HPACK, even streams, idle streams, too long; forbidden headers",
    files: connections,
    facts: {
      "broken HPACK": closes(COMPRESSION),
      "an even stream": closes(PROTOCOL),
      "headers between those of another stream": closes(PROTOCOL),
      "DATA on an idle stream": closes(PROTOCOL),
      "a frame of more than 16 KiB": closes(FRAME_SIZE),
      "a header in capitals": resets(PROTOCOL),
      "a connection header": resets(PROTOCOL),
    },
  },
  11: { input: "GET, OPTIONS and PUT with a gRPC content type", files: headers, facts: { "other methods": answersHttp(405) } },
  12: { input: "no content type, JSON, plain text", files: headers, facts: { "other content types": answersHttp(415) } },
  13: {
    input: "content types that only look like gRPC, or that are not enabled",
    files: headers,
    facts: { "content types that look like gRPC": answersHttp(415) },
  },
  14: { input: "calls without te: trailers; the log says so once for each connection", files: headers, facts: { "no te": answered } },
  15: {
    input: "a path without a slash, with a query, of 8 KB",
    files: headers,
    facts: {
      "a path without a slash": resets(PROTOCOL),
      "a path with a query": refused(12, "METHOD_UNKNOWN"),
      "a path of 8 KB": refused(12, "METHOD_UNKNOWN"),
    },
  },
  16: {
    input: "20 to 128 KB of metadata; 1,000 headers, whose reset clients read as RESOURCE_EXHAUSTED",
    files: headers,
    facts: {
      "too many bytes of metadata": refused(8, "METADATA_TOO_LARGE"),
      "a value of 20 to 60 KB": refused(8, "METADATA_TOO_LARGE"),
      "a value of 100 KB": refused(8, "METADATA_TOO_LARGE"),
      "too many pairs of metadata": refused(8, "METADATA_TOO_LARGE"),
      "1,000 pairs of metadata": resets(CALM),
    },
  },
  17: {
    input: "metadata whose base64 is broken; two authorization headers",
    files: headers,
    facts: { "broken base64": refused(3, "METADATA_INVALID") },
    waits: `two authorization headers: ${AUTHENTICATION}`,
  },
  18: waiting("an authority or server name that is not allowed", "TLS"),
}; // prettier-ignore
