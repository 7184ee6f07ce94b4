/** What services call: every operation through the layers, to the repository of its entity or the transactions of its store. */

import type { Call } from "../../model/call.ts";
import type { EntityModel } from "../../model/entity.ts";
import type { EntityDispatcher, StoreDispatcher } from "../../repository/dispatcher.ts";
import type { AnswerOf, Method, Operation } from "../../repository/operation.ts";
import type { Collections, Repository, Transactions } from "../../repository/repository.ts";
import { batchGet, batchWrite } from "./batches.ts";
import { execute } from "./execute.ts";
import { performThrough, scanThrough, seeingParts, type Layer, type Perform } from "../layer.ts";

/** An entity and the layers of its operations: one value for its calls and for its part in an Execute. */
export interface LayeredEntity {
  readonly entity: EntityModel;
  /** The outermost first. */
  readonly layers: readonly Layer[];
}

export interface EntityDispatch extends LayeredEntity {
  /** @throws Fault while there is none */
  readonly repository: () => Repository;
}

export function dispatchEntity({ entity, layers, repository }: EntityDispatch): EntityDispatcher {
  const items = { layers: seeingParts(layers), repository };
  const looksAtItems = items.layers.length > 0;
  const last = performOf({
    Create: ({ request }, call) => repository().create(request, call),
    Get: ({ request }, call) => repository().get(request, call),
    BatchGet: (operation, call) =>
      looksAtItems ? batchGet(operation, items, call) : repository().batchGet(operation.request, call),
    List: ({ request }, call) => repository().list(request, call),
    Count: ({ request }, call) => repository().count(request, call),
    Exists: ({ request }, call) => repository().exists(request, call),
    Update: ({ request }, call) => repository().update(request, call),
    Put: ({ request }, call) => repository().put(request, call),
    Delete: ({ request }, call) => repository().delete(request, call),
    Undelete: ({ request }, call) => repository().undelete(request, call),
    BatchWrite: (operation, call) =>
      looksAtItems ? batchWrite(operation, items, call) : repository().batchWrite(operation.request, call),
  });
  return {
    entity,
    perform: performThrough(layers, last),
    scan: scanThrough(layers, ({ request }, call) => repository().scan(request, call)),
  };
}

export interface StoreDispatch {
  /** Around an Execute or a Query as a whole; the outermost first. */
  readonly layers: readonly Layer[];
  /** All of the store: around each operation stand the layers of its entity. */
  readonly entities: readonly LayeredEntity[];
  readonly transactions: Transactions;
  readonly collections: Collections;
}

export function dispatchStore({ layers, entities, transactions, collections }: StoreDispatch): StoreDispatcher {
  const known = new Map(entities.map((own) => [own.entity, own]));
  const seeing = new Map<EntityModel, readonly Layer[]>(); // filled when an entity first takes part
  const layersOf = (entity: EntityModel): readonly Layer[] => {
    const found = seeing.get(entity);
    if (found) return found;
    const own = known.get(entity);
    if (!own) throw new TypeError(`${entity.name} is not of this store`);
    const layers = seeingParts(own.layers);
    seeing.set(entity, layers);
    return layers;
  };
  const steps = { layersOf, transactions };
  const last = performOf({
    Execute: (operation, call) =>
      operation.request.operations.some(({ entity }) => layersOf(entity).length > 0)
        ? execute(operation, steps, call)
        : transactions.execute(operation.request, call),
    Query: ({ request }, call) => collections.query(request, call),
  });
  return { perform: performThrough(layers, last) };
}

type Handlers = { readonly [Of in Method]?: (operation: Operation<Of>, call: Call) => Promise<AnswerOf<Of>> };

function performOf(handlers: Handlers): Perform {
  return (operation, call) => {
    const handle = handlers[operation.method];
    if (!handle) throw new TypeError(`${operation.method} is not served here`);
    return handle(operation, call);
  };
}
