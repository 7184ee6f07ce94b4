// Rows 19 to 33: timeouts, frames, encodings, and peers that stand still.
import { answered, refused, resets, waiting, type Rows } from "../row.ts";

const files = ["wire/messages.test.ts"];
const headers = ["wire/headers.test.ts"];
const slow = ["wire/slow.test.ts"];

const malformed = refused(13, "MESSAGE_MALFORMED");
const compressed = refused(12, "ENCODING_UNSUPPORTED");
const CALM = 11;

export const FRAME_ROWS: Rows = {
  19: {
    input: "timeouts that are no timeouts: negative, letters, a blank, nine digits, an unknown unit, empty, twice",
    files: headers,
    facts: { "timeouts that are none": refused(3, "TIMEOUT_INVALID"), "a timeout twice": refused(3, "TIMEOUT_INVALID") },
  },
  20: {
    input: "timeouts of 0 and of one nanosecond",
    files: headers,
    facts: { "timeouts that are over": refused(4, "DEADLINE_EXCEEDED") },
  },
  21: {
    input: "timeouts of weeks and of thousands of years",
    files: headers,
    facts: { "timeouts beyond a timer": answered },
  },
  22: {
    input: "a message length of 4 GiB, of one byte over the limit, of exactly the limit",
    files,
    facts: {
      "a length of 4 GiB": refused(8, "MESSAGE_TOO_LARGE"),
      "one byte over the limit": refused(8, "MESSAGE_TOO_LARGE"),
      "exactly the limit": answered,
    },
  },
  23: {
    input: "no message, and two, on a unary method",
    files,
    facts: { "no message": refused(12, "MESSAGE_COUNT"), "two messages": refused(12, "MESSAGE_COUNT"), "two messages in frames of their own": refused(12, "MESSAGE_COUNT") },
  },
  24: {
    input: "half a prefix, or half a message, and then the end",
    files,
    facts: { "half a prefix": malformed, "half a message": malformed },
  },
  25: waiting("a client stream whose last message is cut", "client streams"),
  26: waiting("a client stream without its commit, or with a wrong count", "client streams"),
  27: {
    input: "a compressed flag without an encoding; a reserved flag",
    files,
    facts: { "a compressed flag without an encoding": malformed, "reserved flags": malformed },
  },
  28: {
    input: "an encoding that is unknown or switched off",
    files,
    facts: { "encodings that are not taken": compressed },
  },
  29: {
    input: "gzip that is corrupt, cut, or has something behind it; it is never unpacked, as long as no encoding is taken",
    files,
    facts: { "broken gzip under its name": compressed, "broken gzip without a name": malformed },
  },
  30: {
    input: "gzip of 260 KB that unpacks to 256 MB; a hundred of 4 MB",
    files,
    facts: { "gzip that unpacks to 256 MB": compressed, "a hundred that unpack to 4 MB": compressed },
  },
  31: {
    input: "many gzip bombs in one window, while nobody reads",
    files,
    facts: { "gzip bombs in one window": compressed },
  },
  32: {
    input: "a call that never ends its message, or sends a byte now and then, or nothing",
    files: slow,
    facts: {
      "a request that never ends": refused(4, "READ_TIMEOUT"),
      "a byte now and then": refused(4, "READ_TIMEOUT"),
      "a request that never begins": refused(4, "READ_TIMEOUT"),
    },
  },
  33: {
    input: "readers who stop reading: their call is over; one who reads again is told why, others have their streams reset",
    files: slow,
    facts: {
      "a stream nobody reads": resets(CALM),
      "20 streams nobody reads": resets(CALM),
      "answers nobody reads": resets(CALM),
      "a reader who wakes": refused(8, "SLOW_CONSUMER"),
    },
  },
}; // prettier-ignore
