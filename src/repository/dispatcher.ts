/** Where services hand operations in. Every operation goes through all layers, and nothing leads past them. */

import type { Call } from "../model/call.ts";
import type { EntityModel } from "../model/entity.ts";
import type { AnswerOf, EntityMethod, Method, Operation, ScanFrame, ScanOperation, StoreMethod } from "./operation.ts";

/** Operations that are answered once; `All` are those it takes. */
export interface Dispatcher<All extends Method> {
  /** Throws or rejects with a Fault; anything else is a mistake of the sidecar's own. */
  perform<Of extends All>(operation: Operation<Of>, call: Call): Promise<AnswerOf<Of>>;
}

/** All operations of one entity. */
export interface EntityDispatcher extends Dispatcher<EntityMethod> {
  readonly entity: EntityModel;
  /** Pulled by its reader; leaving it early releases everything. Throws like `perform`, at once or when it is read. */
  scan(operation: ScanOperation, call: Call): AsyncIterable<ScanFrame>;
}

/** What is asked of the entities of one store together. */
export type StoreDispatcher = Dispatcher<StoreMethod>;
