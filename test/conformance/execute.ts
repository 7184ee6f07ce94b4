/** Execute as a clause uses it: operations in, plain answers out. */

import type { StepOperation, OperationResult, Projected } from "../../src/repository/operation.ts";
import { plain, type Plain } from "./plain.ts";
import { testCall } from "./rows.ts";
import type { Subject } from "./subject.ts";

export type OperationAnswer =
  | { readonly row: Plain | undefined; readonly created: boolean }
  | { readonly exists: boolean }
  | { readonly count: number };

/** Answers operations[i] at [i]. */
export async function execute(
  subject: Subject,
  operations: readonly StepOperation[],
  requestId = "",
): Promise<readonly OperationAnswer[]> {
  const request = { operations, isolation: undefined, requestId };
  const results = await subject.transactions.execute(request, testCall());
  return results.map((result, i) => answerOf(operations[i]!, result));
}

function answerOf({ entity }: StepOperation, result: OperationResult): OperationAnswer {
  const shown = (item: Projected): Plain => plain(entity.message, item.record, item.fields);
  if (result.method === "Get") return { row: shown(result.entity), created: false };
  if (result.method === "Exists") return { exists: result.exists };
  if (result.method === "Count") return { count: result.count };
  const { entity: written, created } = result.written;
  return { row: written && shown(written), created };
}
