/** Metadata by which a call joins an interactive transaction. No store has these yet, and a call that believes itself in one must not run alone. */

import { Fault } from "../model/fault.ts";
import type { IncomingCall } from "../transport/transport.ts";

const TRANSACTION_ID = "pannier-transaction-id";

/** @throws Fault CAPABILITY_MISSING for a call that names a transaction */
export function refuseTransaction(call: IncomingCall): void {
  if (call.metadata(TRANSACTION_ID) === undefined) return;
  throw new Fault("CAPABILITY_MISSING", "no store has interactive transactions yet; send the call without one", {
    field: TRANSACTION_ID,
    metadata: { capability: "begin" },
  });
}
