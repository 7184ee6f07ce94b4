/**
 * Writes with a request_id: their outcomes, recorded in the transaction of the write and given again for 24 hours. The record is
 * the first thing a transaction writes, so that an equal request waits for the one that runs, and then finds its outcome.
 */

import type { EntityModel } from "../../../model/entity.ts";
import type { ExecuteResult, RecordedRequest, StepOutcome } from "../../adapter.ts";
import { KEPT, outcomesOf, outcomesText } from "../../document/recorded-outcomes.ts";
import { microseconds } from "../storage.ts";
import type { Statement } from "./link.ts";
import { REQUESTS } from "./meta.ts";
import type { ServerDialect } from "./server-dialect.ts";
import type { Run } from "./transaction.ts";

type Entities = readonly (EntityModel | undefined)[];

/** Undefined where the request is new, and is now ours. */
export async function recallOrBegin(
  dialect: ServerDialect,
  run: Run,
  request: RecordedRequest,
  entities: Entities,
): Promise<ExecuteResult | undefined> {
  const { quote, parameter: p } = dialect;
  const table = quote(REQUESTS);
  const id = request.id;
  const old = microseconds(request.now - KEPT);
  await run({ text: `DELETE FROM ${table} WHERE id = ${p} AND at <= ${p}`, parameters: [id, old], repeated: true });
  const begun = await run({
    text: `INSERT INTO ${table} (id, digest, at, outcome) VALUES (${p}, ${p}, ${p}, ${p}) ${dialect.insertUnlessAny}`,
    parameters: [id, request.digest, microseconds(request.now), ""],
    repeated: true,
  });
  if (begun.affected === 1) return undefined;
  const known = await run({
    text: `SELECT digest = ${p}, outcome FROM ${table} WHERE id = ${p}`,
    parameters: [request.digest, id],
    repeated: true,
  });
  const [isEqual, outcome] = known.rows[0] ?? [];
  if (isEqual !== "t" && Number(isEqual) !== 1) return { kind: "reused" };
  return { kind: "replayed", outcomes: outcomesOf(String(outcome), entities) };
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
export function forgetStatement({ quote, parameter: p }: ServerDialect, now: bigint, limit: number): Statement {
  const table = quote(REQUESTS);
  const text = `DELETE FROM ${table} WHERE id IN (SELECT id FROM (SELECT id FROM ${table} WHERE at <= ${p} LIMIT ${limit}) AS old)`;
  return { text, parameters: [microseconds(now - KEPT)], repeated: true };
}
