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

export interface Beginning {
  /** The statements that start it. */
  readonly begin: readonly string[];
  /** What is said to the connection when it is over; absent is nothing. */
  readonly end?: readonly string[];
  readonly failures: ServerFailures;
}

export async function inTransaction<Result>(
  link: Link,
  { begin, end = [], failures }: Beginning,
  call: Call,
  body: (run: Run) => Promise<Verdict<Result>>,
): Promise<Result> {
  const say = (texts: readonly string[]): Promise<unknown> =>
    Promise.all(texts.map((text) => link.run({ text, parameters: [] })));
  let begun: Promise<unknown> | undefined;
  const run: Run = async (statement) => {
    if (call.aborted) throw new NotSent("the call ended before its transaction did");
    if (begun) return link.run(statement);
    begun = say(begin);
    const [, answer] = await Promise.all([begun, link.run(statement)]);
    return answer;
  };
  const undo = async (): Promise<void> => {
    if (begun && !link.isLost()) await say(["ROLLBACK"]).catch((error: unknown) => endedBy(link, error));
  };
  try {
    const { commit, result } = await bodyOrUndo(() => body(run), undo);
    if (!commit || call.aborted) await undo();
    if (!begun || !commit) return result;
    if (call.aborted) throw new NotSent("the call ended before its transaction did");
    try {
      await say(["COMMIT"]);
    } catch (error) {
      if (link.isInTransaction()) await undo().catch(() => {});
      throw unlessUncertain(failures, error);
    }
    return result;
  } finally {
    // A link on which nothing could be undone is at its end, so that this commits nothing.
    if (begun && !link.isLost()) await say(end).catch(() => link.end());
  }
}

async function bodyOrUndo<Result>(body: () => Promise<Result>, undo: () => Promise<void>): Promise<Result> {
  try {
    return await body();
  } catch (error) {
    await undo().catch(() => {}); // what the body failed with says more
    throw error;
  }
}

function endedBy(link: Link, error: unknown): never {
  link.end();
  throw error;
}
