/** A transaction on a connection: committed when its body is done and its call still lasts, and otherwise undone. */

import type { Call } from "../../../model/call.ts";
import { NotSent } from "../../adapter.ts";
import type { ServerFailures } from "./failure.ts";
import { unlessUncertain } from "./failure.ts";
import type { Answer, Link, Statement } from "./connection/link.ts";

/** Sends statements; the start of the transaction goes out together with the first of them. */
export type Run = (statement: Statement) => Promise<Answer>;

/** Sends writes that are transactions of their own. What may have happened nevertheless rejects with OutcomeUnknown. */
export function writingAlone(link: Link, failures: ServerFailures): Run {
  return async (statement) => {
    try {
      return await link.run(statement);
    } catch (error) {
      throw unlessUncertain(failures, error);
    }
  };
}

/** What a body answers in order to have everything undone, with what it found. */
export interface Verdict<Result> {
  readonly commit: boolean;
  readonly result: Result;
}

/** @param begin the statements that start it */
export async function inTransaction<Result>(
  link: Link,
  { begin, failures }: { readonly begin: readonly string[]; readonly failures: ServerFailures },
  call: Call,
  body: (run: Run) => Promise<Verdict<Result>>,
): Promise<Result> {
  let begun: Promise<unknown> | undefined;
  const run: Run = async (statement) => {
    if (call.aborted) throw new NotSent("the call ended before its transaction did");
    if (begun) return link.run(statement);
    begun = Promise.all(begin.map((text) => link.run({ text, parameters: [] })));
    const [, answer] = await Promise.all([begun, link.run(statement)]);
    return answer;
  };
  const undo = async (): Promise<void> => {
    if (begun && !link.isLost()) await link.run({ text: "ROLLBACK", parameters: [] });
  };
  let verdict: Verdict<Result>;
  try {
    verdict = await body(run);
  } catch (error) {
    await undo().catch(() => link.end());
    throw error;
  }
  const { commit, result } = verdict;
  if (!commit || call.aborted) await undo();
  if (!begun || !commit) return result;
  if (call.aborted) throw new NotSent("the call ended before its transaction did");
  try {
    await link.run({ text: "COMMIT", parameters: [] });
  } catch (error) {
    if (link.isInTransaction()) await undo().catch(() => link.end());
    throw unlessUncertain(failures, error);
  }
  return result;
}
