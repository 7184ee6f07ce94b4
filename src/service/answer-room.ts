/** What is set aside for a call whose answer may hold many rows. */

import type { IncomingCall } from "../transport/transport.ts";

/** Bytes: the most that such an answer has. */
const ROOM = 2 * 1_048_576;

/** Undefined where there is room at once. */
export function roomFor(call: IncomingCall): Promise<void> | undefined {
  return call.reserve(ROOM);
}
