/** What is set aside for a call whose answer may hold many rows. */

import type { IncomingCall } from "../transport/transport.ts";

/** Bytes of the largest answer three times: its rows, the messages made of them, and the one message that is sent. */
const ROOM = 6 * 1_048_576;

/** Undefined where there is room at once. */
export function roomFor(call: IncomingCall): Promise<void> | undefined {
  return call.reserve(ROOM);
}
