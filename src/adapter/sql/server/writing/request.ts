/**
 * Writes with a request_id: their outcomes, recorded in the transaction of the write and given again for 24 hours. The record is
 * the first thing a transaction writes, so that an equal request waits for the one that runs, and then finds its outcome.
 */

import type { EntityModel } from "../../../../model/entity.ts";
import { Fault } from "../../../../model/fault.ts";
import type { ExecuteResult, RecordedRequest, StepOutcome } from "../../../adapter.ts";
import { outcomesOf, outcomesText } from "../../../document/recorded-outcomes.ts";
import { forgottenAt, recall } from "../../../writing/recorded-request.ts";
import { isTrue } from "../../sql-value.ts";
import { microseconds } from "../../storage.ts";
import type { ServerFailures } from "../failure.ts";
import type { Statement } from "../connection/link.ts";
import { REQUESTS } from "../tables/meta.ts";
import type { ServerDialect } from "../server-dialect.ts";
import type { Run } from "../transaction.ts";

type Entities = readonly (EntityModel | undefined)[];

/** Undefined where the request is new, and is now ours. */
export async function recallOrBegin(
  { dialect, failures }: { readonly dialect: ServerDialect; readonly failures: ServerFailures },
  run: Run,
  request: RecordedRequest,
  entities: Entities,
): Promise<ExecuteResult | undefined> {
  const { quote, parameter: p } = dialect;
  const table = quote(REQUESTS);
  const id = request.id;
  const at = microseconds(request.now);
  const forgotten = microseconds(forgottenAt(request.now));
  const insert = {
    text: `INSERT INTO ${table} (id, digest, at, outcome) VALUES (${p}, ${p}, ${p}, ${p}) ${dialect.insertUnlessAny}`,
    parameters: [id, request.digest, at, ""],
    repeated: true,
  };
  if (await isInserted(run, failures, insert)) return undefined;
  // Only now, and without a lock: a lock on the place where there is none, or one that others share, would keep them from it.
  const known = await run({
    text: `SELECT digest = ${p}, at <= ${p}, outcome FROM ${table} WHERE id = ${p}`,
    parameters: [request.digest, forgotten, id],
    repeated: true,
  });
  const [isEqual, isForgotten, outcome] = known.rows[0] ?? [];
  const gone = new Fault("TRANSACTION_CONFLICT", "an old request_id was just removed or used anew; ask again");
  if (isForgotten === undefined) throw gone;
  const recalled = recall({
    isForgotten: isTrue(isForgotten),
    isEqual: isTrue(isEqual),
    outcomes: () => outcomesOf(String(outcome), entities),
  });
  if (recalled) return recalled;
  const text = `UPDATE ${table} SET digest = ${p}, at = ${p}, outcome = ${p} WHERE id = ${p} AND at <= ${p}`;
  const parameters = [request.digest, at, "", id, forgotten];
  if ((await run({ text, parameters, repeated: true })).affected === 1) return undefined;
  throw gone;
}

async function isInserted(run: Run, failures: ServerFailures, statement: Statement): Promise<boolean> {
  try {
    return (await run(statement)).affected === 1;
  } catch (error) {
    const code = failures.codeOf(error);
    if (code !== undefined && failures.isUnique(code)) return false;
    throw error;
  }
}

export async function recordOutcomes(
  { quote, parameter: p }: ServerDialect,
  run: Run,
  request: RecordedRequest,
  outcomes: readonly StepOutcome[],
  entities: Entities,
): Promise<void> {
  const text = `UPDATE ${quote(REQUESTS)} SET outcome = ${p} WHERE id = ${p}`;
  await run({ text, parameters: [outcomesText(outcomes, entities), request.id], repeated: true });
}

/** Removes outcomes that are too old, so many at most. */
export function forgetStatement(dialect: ServerDialect, now: bigint, limit: number): Statement {
  const table = dialect.quote(REQUESTS);
  const where = `at <= ${dialect.parameter}`;
  const text = dialect.removeSome({ table, key: "id", where, orderBy: "at", limit });
  return { text, parameters: [microseconds(forgottenAt(now))], repeated: true };
}
