/** A look at a request before the library decodes it, which counts nothing. */

import { Fault } from "../../model/fault.ts";
import type { Meter } from "./meter.ts";
import { Reader, WIRE } from "./reader.ts";

/**
 * Counts its fields, and those of the messages in it, as deep as the requests of the shared services are. Bytes that are
 * no protobuf are left for the decoder to refuse.
 *
 * @param messages numbers of its fields that are messages
 * @throws Fault MESSAGE_TOO_COMPLEX
 */
export function prescan(bytes: Uint8Array, messages: ReadonlySet<number>, meter: Meter): void {
  const reader = new Reader(bytes, meter);
  try {
    while (reader.more()) {
      const tag = reader.tag();
      const isMessage = (tag & 7) === WIRE.length && messages.has(tag >>> 3);
      if (isMessage) skipFields(reader);
      else reader.skip(tag);
    }
  } catch (error) {
    if (!(error instanceof Fault) || error.reason !== "MESSAGE_MALFORMED") throw error;
  }
}

function skipFields(reader: Reader): void {
  const outer = reader.enter(reader.length());
  while (reader.more()) reader.skip(reader.tag());
  reader.leave(outer);
}
