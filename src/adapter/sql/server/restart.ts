/** Work that the server undid and asks to be done again. */

import { setTimeout as wait } from "node:timers/promises";
import type { Call } from "../../../model/call.ts";
import { Fault } from "../../../model/fault.ts";
import type { ServerFailures } from "./failure.ts";

/** Beside what the repository does again of a whole call, as long as it lasts. */
const MOST = 10;

const FIRST_PAUSE = 4; // milliseconds
const LONGEST_PAUSE = 250;

/** Does it so often at most, while the call lasts; `work` must leave its connection without a transaction. */
export async function restarting<Result>(
  { codeOf, isRestart }: Pick<ServerFailures, "codeOf" | "isRestart">,
  call: Call,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      // What reads of one state fail with comes back through the guard, which has said already what it means.
      const code = codeOf(error instanceof Fault ? error.detail.cause : error);
      if (code === undefined || !isRestart?.(code) || tries === MOST || call.aborted) throw error;
      // A random part of the time, so that those who met do not meet again.
      await wait(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries) * (0.5 + Math.random() / 2));
    }
  }
}
