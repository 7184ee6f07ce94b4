/** google.protobuf.Timestamp and google.protobuf.Duration as nanoseconds. */

import { Fault } from "../../model/fault.ts";
import { bigintOf, type ElementCodec, type OnUnknown } from "./element-codec.ts";
import { mistyped } from "./fault-path.ts";
import { fromNanoseconds, toNanoseconds, type Instant } from "../../model/int64.ts";
import { WIRE, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const SECONDS_TAG = 8;
const NANOS_TAG = 16;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;
/** 10,000 years, as google/protobuf/duration.proto has it. */
const LONGEST_DURATION = 315_576_000_000;
const NANOS = 1_000_000_000;
const START: Instant = { seconds: 0, nanos: 0 };

export function timestampCodec(unknown: OnUnknown): ElementCodec {
  return {
    wireType: WIRE.length,
    read(reader, earlier) {
      const before = typeof earlier === "bigint" ? fromNanoseconds(earlier) : START;
      const { seconds, nanos } = readParts(reader, before, "google.protobuf.Timestamp", unknown);
      if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
        throw new Fault("TIMESTAMP_INVALID", "A timestamp must lie in the years 0001 to 9999.");
      if (nanos < 0 || nanos >= NANOS)
        throw new Fault("TIMESTAMP_INVALID", "A timestamp's nanos must be between 0 and 999999999.");
      return toNanoseconds(seconds, nanos);
    },
    write(writer, value) {
      const { seconds, nanos } = fromNanoseconds(bigintOf(value));
      writeInstant(writer, seconds, nanos);
    },
  };
}

export function durationCodec(unknown: OnUnknown): ElementCodec {
  return {
    wireType: WIRE.length,
    read(reader, earlier) {
      const before = typeof earlier === "bigint" ? durationParts(earlier) : START;
      const { seconds, nanos } = readParts(reader, before, "google.protobuf.Duration", unknown);
      if (Math.abs(seconds) > LONGEST_DURATION || Math.abs(nanos) >= NANOS)
        throw new Fault("FIELD_INVALID", "A duration must be within 315576000000 seconds, and its nanos below 1e9.");
      if (seconds * nanos < 0)
        throw new Fault("FIELD_INVALID", "A duration's seconds and nanos must have the same sign.");
      return toNanoseconds(seconds, nanos);
    },
    write(writer, value) {
      const { seconds, nanos } = durationParts(bigintOf(value));
      writeInstant(writer, seconds, nanos);
    },
  };
}

/** Both parts have the sign of the whole. */
function durationParts(value: bigint): Instant {
  if (value >= 0n) return fromNanoseconds(value);
  const { seconds, nanos } = fromNanoseconds(-value);
  return { seconds: 0 - seconds, nanos: 0 - nanos };
}

function readParts(reader: Reader, earlier: Instant, message: string, unknown: OnUnknown): Instant {
  let { seconds, nanos } = earlier;
  const outer = reader.enter(reader.length());
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === SECONDS_TAG) seconds = reader.smallInt64();
    else if (tag === NANOS_TAG) nanos = reader.int32();
    else if (tag >>> 3 <= 2) throw mistyped(message, tag >>> 3 === 1 ? "seconds" : "nanos", tag >>> 3);
    else unknown(reader, tag, message);
  }
  reader.leave(outer);
  return { seconds, nanos };
}

function writeInstant(writer: Writer, seconds: number, nanos: number): void {
  const mark = writer.open();
  if (seconds !== 0) {
    writer.uint32(SECONDS_TAG);
    writer.smallInt64(seconds);
  }
  if (nanos !== 0) {
    writer.uint32(NANOS_TAG);
    writer.int32(nanos);
  }
  writer.close(mark);
}
