/** The methods of one entity's repository: decode → repository → encode. */

import type { Call } from "../model/call.ts";
import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { Repository } from "../repository/repository.ts";
import { serviceName } from "../schema/naming.ts";
import type { IncomingCall, Method, Timeout } from "../transport/transport.ts";
import type { Rejecter } from "./status.ts";
import { refuseTransaction } from "./transaction-metadata.ts";
import type { MethodCodec, RepositoryMethod, RepositoryWire } from "./wire/wire.ts";

export interface RepositoryServiceOptions {
  readonly wire: RepositoryWire;
  readonly repository: Repository;
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

/** By full path. */
export function repositoryService({
  wire,
  repository,
  timeout,
  rejecter,
}: RepositoryServiceOptions): ReadonlyMap<string, Method> {
  const { entity } = wire;
  const unary = <Request, Result>(
    codec: MethodCodec<Request, Result>,
    run: (request: Request, call: Call) => Promise<Result>,
  ): ((name: string) => Method) => {
    return (operation) => ({
      kind: "unary",
      timeout,
      handle: async (bytes, call) => {
        try {
          refuseTransaction(call);
          return codec.encode(await run(codec.decode(bytes), call));
        } catch (error) {
          throw rejected(rejecter, error, entity, operation, call);
        }
      },
    });
  };
  const methods: { readonly [Name in RepositoryMethod]: (name: string) => Method } = {
    Create: unary(wire.Create, (request, call) => repository.create(request, call)),
    Get: unary(wire.Get, (request, call) => repository.get(request, call)),
    BatchGet: unary(wire.BatchGet, (request, call) => repository.batchGet(request, call)),
    List: unary(wire.List, (request, call) => repository.list(request, call)),
    Scan: (operation) => ({
      kind: "server_stream",
      handle: async function* (bytes, call) {
        try {
          refuseTransaction(call);
          for await (const frame of repository.scan(wire.Scan.decode(bytes), call)) yield wire.Scan.encode(frame);
        } catch (error) {
          throw rejected(rejecter, error, entity, operation, call);
        }
      },
    }),
    Count: unary(wire.Count, (request, call) => repository.count(request, call)),
    Exists: unary(wire.Exists, (request, call) => repository.exists(request, call)),
    Update: unary(wire.Update, (request, call) => repository.update(request, call)),
    Put: unary(wire.Put, (request, call) => repository.put(request, call)),
    Delete: unary(wire.Delete, (request, call) => repository.delete(request, call)),
    Undelete: unary(wire.Undelete, (request, call) => repository.undelete(request, call)),
    BatchWrite: unary(wire.BatchWrite, (request, call) => repository.batchWrite(request, call)),
  };
  return new Map(
    repositoryMethods(entity).map((name) => [`/${serviceName(entity.name)}/${name}`, methods[name](name)]),
  );
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
