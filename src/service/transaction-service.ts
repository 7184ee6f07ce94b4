/** pannier.v1.TransactionService: Execute, with the repositories' own messages packed as Any. Interactive transactions come with their issue. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  Isolation as WireIsolation,
  TransactionService,
  type TransactionServiceExecuteRequest,
  type TransactionServiceExecuteResponseSchema,
} from "../gen/pannier/v1/transaction_pb.ts";
import { Fault } from "../model/fault.ts";
import type { Isolation } from "../model/query.ts";
import type { StoreDispatcher } from "../repository/dispatcher.ts";
import type { StepOperation, OperationResult } from "../repository/operation.ts";
import type { EntityModel } from "../model/entity.ts";
import type { Meter } from "../schema/codec/meter.ts";
import type { IncomingCall, Method } from "../transport/transport.ts";
import { roomFor } from "./answer-room.ts";
import { protoMethod, protoStream, type ProtoServiceOptions } from "./proto-method.ts";
import { refuseTransaction } from "./transaction-metadata.ts";
import type { RepositoryWire } from "./wire/wire.ts";

/** An entity that can take part. */
export interface TransactionEntity {
  readonly entity: EntityModel;
  /** Made when it is first asked for. */
  readonly wire: () => RepositoryWire;
  readonly store: string;
}

export interface TransactionOptions extends ProtoServiceOptions {
  readonly entities: readonly TransactionEntity[];
  /** By store; one that cannot run transactions refuses by itself. */
  readonly dispatchers: ReadonlyMap<string, StoreDispatcher>;
  /** Most operations of one Execute. */
  readonly limits: { readonly batchItems: number };
}

export function transactionService(options: TransactionOptions): ReadonlyMap<string, Method> {
  const { execute, begin, commit, rollback } = TransactionService.method;
  const path = (method: { readonly name: string }): string => `/${TransactionService.typeName}/${method.name}`;
  const operations = packedOperations(options.entities);
  const later = (): never => {
    throw new Fault("CAPABILITY_MISSING", "no store has interactive transactions yet; use Execute", {
      metadata: { capability: "begin" },
    });
  };
  return new Map([
    [
      path(execute),
      protoMethod(
        { ...execute, run: (request, call, meter) => run(request, { ...options, operations, meter }, call) },
        options,
      ),
    ],
    [path(begin), protoStream({ ...begin, run: later }, options)],
    [path(commit), protoMethod({ ...commit, run: later }, options)],
    [path(rollback), protoMethod({ ...rollback, run: later }, options)],
  ]);
}

interface Running extends Pick<TransactionOptions, "dispatchers" | "limits"> {
  /** By the full name of the request message. */
  readonly operations: ReadonlyMap<string, PackedOperation>;
  /** One for all operations. */
  readonly meter: Meter;
}

async function run(
  request: TransactionServiceExecuteRequest,
  { operations: known, dispatchers, limits, meter }: Running,
  call: IncomingCall,
): Promise<MessageInitShape<typeof TransactionServiceExecuteResponseSchema>> {
  refuseTransaction(call);
  if (request.operations.length === 0)
    throw new Fault("BATCH_EMPTY", "operations is empty; send at least one", { field: "operations" });
  if (request.operations.length > limits.batchItems)
    throw new Fault(
      "BATCH_TOO_LARGE",
      `operations holds ${request.operations.length}; ${limits.batchItems} is the most, so send several requests`,
      { field: "operations" },
    );
  const packed = request.operations.map((any, index) => find(known, any, index));
  const store = oneStore(packed);
  const operations = packed.map((operation, index) =>
    indexed(index, () => decodeStep(operation, bytesOf(request.operations, index), meter)),
  );
  const waits = roomFor(call);
  if (waits) await waits;
  const executing = { operations, isolation: isolationOf(request.isolation), requestId: request.requestId };
  const results = await storeDispatcher(dispatchers, store).perform(
    { method: "Execute", entity: undefined, request: executing },
    call,
  );
  return {
    results: results
      .map((result, index) => packed[index] && encodeStep(packed[index], result))
      .filter((any) => any !== undefined),
    trimmed: results.flatMap((result, index) => ("trimmed" in result && result.trimmed ? [index] : [])),
  };
}

function bytesOf(operations: readonly Any[], index: number): Uint8Array {
  return operations[index]?.value ?? new Uint8Array();
}

function find(known: ReadonlyMap<string, PackedOperation>, any: Any, index: number): PackedOperation {
  const type = any.typeUrl.slice(any.typeUrl.lastIndexOf("/") + 1);
  const operation = known.get(type);
  if (operation) return operation;
  throw new Fault(
    "OPERATION_INVALID",
    "an operation is a request of Create, Get, Update, Put, Delete, Undelete, Exists or Count of an entity served here",
    { field: `operations[${index}]`, index },
  );
}

function oneStore(packed: readonly PackedOperation[]): string {
  const [first] = packed;
  const other = packed.findIndex((operation) => operation.of.store !== first?.of.store);
  if (other === -1) return first?.of.store ?? "";
  throw new Fault(
    "STORES_MIXED",
    "the operations concern entities of several stores; only those of one can be done together",
    {
      index: other,
      field: `operations[${other}]`,
    },
  );
}

function storeDispatcher(dispatchers: ReadonlyMap<string, StoreDispatcher>, store: string): StoreDispatcher {
  const found = dispatchers.get(store);
  if (found) return found;
  throw new Fault("CAPABILITY_MISSING", "this store has no transactions", {
    store,
    metadata: { capability: "execute" },
  });
}

function indexed<Result>(index: number, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw error instanceof Fault ? error.within({ index }) : error;
  }
}

function isolationOf(isolation: WireIsolation): Isolation | undefined {
  switch (isolation) {
    case WireIsolation.UNSPECIFIED:
      return undefined;
    case WireIsolation.READ_COMMITTED:
      return "read_committed";
    case WireIsolation.REPEATABLE_READ:
      return "repeatable_read";
    case WireIsolation.SNAPSHOT:
      return "snapshot";
    case WireIsolation.SERIALIZABLE:
      return "serializable";
    default:
      throw new Fault("ENUM_UNKNOWN", "isolation has no such value", { field: "isolation" });
  }
}

/** One kind of operation of one entity. */
interface PackedOperation {
  readonly method: StepOperation["method"];
  readonly of: TransactionEntity;
}

const stepMethods: readonly StepOperation["method"][] = [
  "Create", "Get", "Update", "Put", "Delete", "Undelete", "Exists", "Count",
]; // prettier-ignore

/** By the full name of the request message. */
function packedOperations(entities: readonly TransactionEntity[]): ReadonlyMap<string, PackedOperation> {
  const known = new Map<string, PackedOperation>();
  for (const of of entities) {
    for (const method of stepMethods) {
      if (method === "Undelete" && of.entity.managed.deletedAt === undefined) continue;
      known.set(`${of.entity.service}${method}Request`, { method, of });
    }
  }
  return known;
}

function decodeStep({ method, of }: PackedOperation, bytes: Uint8Array, meter: Meter): StepOperation {
  const { entity } = of;
  const wire = of.wire();
  switch (method) {
    case "Create":
      return { method, entity, request: wire.Create.decode(bytes, meter) };
    case "Get":
      return { method, entity, request: wire.Get.decode(bytes, meter) };
    case "Update":
      return { method, entity, request: wire.Update.decode(bytes, meter) };
    case "Put":
      return { method, entity, request: wire.Put.decode(bytes, meter) };
    case "Delete":
      return { method, entity, request: wire.Delete.decode(bytes, meter) };
    case "Undelete":
      return { method, entity, request: wire.Undelete.decode(bytes, meter) };
    case "Exists":
      return { method, entity, request: wire.Exists.decode(bytes, meter) };
    case "Count":
      return { method, entity, request: wire.Count.decode(bytes, meter) };
    default:
      return method satisfies never;
  }
}

function encodeStep({ method, of }: PackedOperation, result: OperationResult): Pick<Any, "typeUrl" | "value"> {
  const typeUrl = `type.googleapis.com/${of.entity.service}${method}Response`;
  return { typeUrl, value: encodeResult(of.wire(), result) };
}

function encodeResult(wire: RepositoryWire, result: OperationResult): Uint8Array {
  switch (result.method) {
    case "Get":
      return wire.Get.encode(result.entity);
    case "Exists":
      return wire.Exists.encode(result.exists);
    case "Count":
      return wire.Count.encode(result.count);
    case "Create":
    case "Update":
    case "Put":
    case "Delete":
    case "Undelete":
      return wire[result.method].encode(result.written);
    default:
      return result satisfies never;
  }
}
