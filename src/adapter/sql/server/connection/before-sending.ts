/** What a call waits for before anything of it is sent. */

import type { Call } from "../../../../model/call.ts";
import { NotSent } from "../../../adapter.ts";

/** Rejects with NotSent in the turn in which the call ends, so that it is told that nothing was sent; the work goes on for others. */
export function beforeSending<Result>(call: Call, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const off = call.onAbort(() => reject(new NotSent("the call ended before its statement was sent")));
    void work.then(resolve, reject).finally(off);
  });
}
