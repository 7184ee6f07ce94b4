/** The methods of one entity's repository: decode → dispatch → encode. */

import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { EntityDispatcher } from "../repository/dispatcher.ts";
import type { AnswerOf, EntityMethod, RequestOf } from "../repository/operation.ts";
import type { IncomingCall, Method, Timeout } from "../transport/transport.ts";
import { roomFor } from "./answer-room.ts";
import type { Rejecter } from "./status.ts";
import { refuseTransaction } from "./transaction-metadata.ts";
import type { MethodCodec, RepositoryMethod, RepositoryWire } from "./wire/wire.ts";

export interface RepositoryServiceOptions {
  readonly wire: RepositoryWire;
  readonly dispatcher: EntityDispatcher;
  readonly timeout: Timeout;
  readonly rejecter: Rejecter;
}

/** Names of the methods an entity's repository has, in the order they are declared. */
export function repositoryMethods(entity: EntityModel): readonly RepositoryMethod[] {
  const soft = entity.managed.deletedAt !== undefined;
  return soft ? everyMethod : everyMethod.filter((method) => method !== "Undelete");
}

const everyMethod: readonly RepositoryMethod[] = [
  "Create", "Get", "BatchGet", "List", "Scan", "Count", "Exists", "Update", "Put", "Delete", "Undelete", "BatchWrite",
]; // prettier-ignore

/** Those whose answers hold many rows. */
const manyRows: ReadonlySet<RepositoryMethod> = new Set<RepositoryMethod>(["BatchGet", "List", "BatchWrite"]);

/** The kinds of its methods, by full path. */
export function repositoryPaths(entity: EntityModel): ReadonlyMap<string, Method["kind"]> {
  return new Map(
    repositoryMethods(entity).map((name) => [pathOf(entity, name), name === "Scan" ? "server_stream" : "unary"]),
  );
}

function pathOf(entity: EntityModel, method: RepositoryMethod): string {
  return `/${entity.service}/${method}`;
}

/** By full path. */
export function repositoryService({
  wire,
  dispatcher,
  timeout,
  rejecter,
}: RepositoryServiceOptions): ReadonlyMap<string, Method> {
  const { entity } = wire;
  const unary = <Of extends EntityMethod>(method: Of, codec: MethodCodec<RequestOf<Of>, AnswerOf<Of>>): Method => {
    const isOfMany = manyRows.has(method);
    return {
      kind: "unary",
      timeout,
      handle: async (bytes, call) => {
        try {
          refuseTransaction(call);
          const waits = isOfMany ? roomFor(call) : undefined;
          if (waits) await waits;
          return codec.encode(await dispatcher.perform({ method, entity, request: codec.decode(bytes) }, call));
        } catch (error) {
          throw rejected(rejecter, error, entity, method, call);
        }
      },
    };
  };
  const methods: { readonly [Name in RepositoryMethod]: Method } = {
    Create: unary("Create", wire.Create),
    Get: unary("Get", wire.Get),
    BatchGet: unary("BatchGet", wire.BatchGet),
    List: unary("List", wire.List),
    Scan: {
      kind: "server_stream",
      handle: async function* (bytes, call) {
        try {
          refuseTransaction(call);
          const operation = { method: "Scan", entity, request: wire.Scan.decode(bytes) } as const;
          for await (const frame of dispatcher.scan(operation, call)) yield wire.Scan.encode(frame);
        } catch (error) {
          throw rejected(rejecter, error, entity, "Scan", call);
        }
      },
    },
    Count: unary("Count", wire.Count),
    Exists: unary("Exists", wire.Exists),
    Update: unary("Update", wire.Update),
    Put: unary("Put", wire.Put),
    Delete: unary("Delete", wire.Delete),
    Undelete: unary("Undelete", wire.Undelete),
    BatchWrite: unary("BatchWrite", wire.BatchWrite),
  };
  return new Map(repositoryMethods(entity).map((name) => [pathOf(entity, name), methods[name]]));
}

function rejected(
  rejecter: Rejecter,
  error: unknown,
  entity: EntityModel,
  operation: string,
  call: IncomingCall,
): Error {
  const told = error instanceof Fault ? error.within({ entity: entity.name }) : error;
  return rejecter.reject(told, { operation, requestId: call.requestId });
}
