/** BatchGet and BatchWrite, item by item through the layers, in one call of the repository. */

import type { Call } from "../../model/call.ts";
import { Fault } from "../../model/fault.ts";
import type { BatchItem, ItemResult, Operation, StepOperation } from "../../repository/operation.ts";
import type { Repository } from "../../repository/repository.ts";
import type { Layer } from "../layer.ts";
import { performParts, type PartOutcome } from "./parts.ts";

export interface ItemLayers {
  readonly layers: readonly Layer[];
  readonly repository: () => Repository;
}

export function batchGet(
  whole: Operation<"BatchGet">,
  { layers, repository }: ItemLayers,
  call: Call,
): Promise<readonly ItemResult[]> {
  const { entity, request } = whole;
  const { keys, readMask, showDeleted, consistency } = request;
  return performParts<ItemResult>({
    call,
    parts: keys.map((key, index) => {
      if (key instanceof Fault) return undefined;
      return { method: "Get", entity, request: { key, readMask, showDeleted, consistency }, within: { whole, index } };
    }),
    layersOf: () => layers,
    send: (passed, refused) => {
      const asked = keys.map((key, i) => refused.get(i) ?? keyOf(passed[i]) ?? key);
      return repository().batchGet({ ...request, keys: asked }, call);
    },
    outcomeOf: (result) =>
      result.kind === "entity" ? { kind: "answer", answer: result.entity } : writtenOutcome(result),
    replaced,
  });
}

function keyOf(part: StepOperation | undefined): Operation<"Get">["request"]["key"] {
  return part?.method === "Get" ? part.request.key : undefined;
}

export function batchWrite(
  whole: Operation<"BatchWrite">,
  { layers, repository }: ItemLayers,
  call: Call,
): Promise<readonly ItemResult[]> {
  const { request } = whole;
  const { writes } = request;
  return performParts<ItemResult>({
    call,
    parts: writes.map((item, index) => partOf(whole, item, index)),
    layersOf: () => layers,
    send: (passed, refused) => {
      const asked = writes.map((item, i) => itemOf(passed[i], refused.get(i)) ?? item);
      return repository().batchWrite({ ...request, writes: asked }, call);
    },
    outcomeOf: writtenOutcome,
    replaced,
  });
}

function partOf(whole: Operation<"BatchWrite">, item: BatchItem, index: number): StepOperation | undefined {
  const of = { entity: whole.entity, within: { whole, index } };
  switch (item.kind) {
    case "create":
      return { method: "Create", request: item.request, ...of };
    case "update":
      return { method: "Update", request: item.request, ...of };
    case "put":
      return { method: "Put", request: item.request, ...of };
    case "delete":
      return { method: "Delete", request: item.request, ...of };
    case "invalid":
    case "none":
      return undefined;
  }
}

function itemOf(part: StepOperation | undefined, refused: Fault | undefined): BatchItem | undefined {
  if (refused) return { kind: "invalid", fault: refused };
  switch (part?.method) {
    case "Create":
      return { kind: "create", request: part.request };
    case "Update":
      return { kind: "update", request: part.request };
    case "Put":
      return { kind: "put", request: part.request };
    case "Delete":
      return { kind: "delete", request: part.request };
    case "Get":
    case "Undelete":
    case "Exists":
    case "Count":
    case undefined:
      return undefined;
  }
}

const NOTHING = { entity: undefined, created: false };

/** An item's result is the answer of its write. */
function writtenOutcome(result: ItemResult): PartOutcome {
  switch (result.kind) {
    case "entity":
      return { kind: "answer", answer: result };
    case "nothing":
      return { kind: "answer", answer: NOTHING };
    case "fault":
      return { kind: "error", error: result.fault };
  }
}

function replaced(result: ItemResult, by: PartOutcome): ItemResult {
  if (by.kind === "error") {
    if (by.error instanceof Fault) return { kind: "fault", fault: by.error };
    throw by.error;
  }
  const { answer } = by;
  const trimmed = result.kind === "entity" && result.trimmed;
  if (typeof answer !== "object") throw new TypeError("a layer answered an item by what is none");
  if ("record" in answer) return { kind: "entity", entity: answer, created: false, trimmed };
  const { entity, created } = answer;
  return entity ? { kind: "entity", entity, created, trimmed } : { kind: "nothing" };
}
