/** Execute, operation by operation through the layers of each one's entity, in one call of the store. */

import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Operation, OperationResult, Projected, StepOperation, Written } from "../../repository/operation.ts";
import type { Transactions } from "../../repository/repository.ts";
import type { Layer } from "../layer.ts";
import { performParts, type PartAnswer, type PartOutcome } from "./parts.ts";

export interface StepLayers {
  /** Those that look at the parts of a whole. */
  readonly layersOf: (entity: EntityModel) => readonly Layer[];
  readonly transactions: Transactions;
}

export function execute(
  whole: Operation<"Execute">,
  { layersOf, transactions }: StepLayers,
  call: Call,
): Promise<readonly OperationResult[]> {
  const { request } = whole;
  return performParts<OperationResult>({
    call,
    parts: request.operations.map((operation, index) => ({ ...operation, within: { whole, index } })),
    layersOf: ({ entity }) => layersOf(entity),
    send: (passed, refused) => {
      throwFirst(request.operations, refused);
      const operations = request.operations.map((operation, index) => passed[index] ?? operation);
      return transactions.execute({ ...request, operations }, call);
    },
    outcomeOf,
    replaced,
  });
}

/** One that is refused fails the whole, before anything is sent. */
function throwFirst(operations: readonly StepOperation[], refused: ReadonlyMap<number, Fault>): void {
  operations.forEach(({ entity }, index) => {
    const fault = refused.get(index);
    if (fault) throw fault.within({ index, entity: entity.name, operation: "Execute" });
  });
}

function outcomeOf(result: OperationResult): PartOutcome {
  return { kind: "answer", answer: answerOf(result) };
}

function answerOf(result: OperationResult): PartAnswer {
  switch (result.method) {
    case "Get":
      return result.entity;
    case "Exists":
      return result.exists;
    case "Count":
      return result.count;
    case "Create":
    case "Update":
    case "Put":
    case "Delete":
    case "Undelete":
      return result.written;
  }
}

/** The transaction is committed, whatever is said of one of its parts now. */
function replaced(result: OperationResult, by: PartOutcome, index: number): OperationResult {
  if (by.kind === "error") throw by.error instanceof Fault ? by.error.within({ index }) : by.error;
  const { answer } = by;
  switch (result.method) {
    case "Get":
      if (isProjected(answer)) return { ...result, entity: answer };
      break;
    case "Exists":
      if (typeof answer === "boolean") return { ...result, exists: answer };
      break;
    case "Count":
      if (typeof answer === "number") return { ...result, count: answer };
      break;
    case "Create":
    case "Update":
    case "Put":
    case "Delete":
    case "Undelete":
      if (isWritten(answer)) return { ...result, written: answer };
  }
  throw new TypeError(`a layer answered a ${result.method} by what is none`);
}

function isProjected(answer: PartAnswer): answer is Projected {
  return typeof answer === "object" && "record" in answer;
}

function isWritten(answer: PartAnswer): answer is Written {
  return typeof answer === "object" && "created" in answer;
}
