/** pannier.v1.CollectionService: rows of several entities that lie in one partition, packed as Any. */

import { create, fromJson, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { StructSchema, type Any } from "@bufbuild/protobuf/wkt";
import {
  CollectionService,
  type CollectionItemSchema,
  type CollectionServiceQueryRequest,
  type CollectionServiceQueryResponseSchema,
} from "../gen/pannier/v1/collection_pb.ts";
import { ItemStatusSchema, type ItemStatus } from "../gen/pannier/v1/repository_pb.ts";
import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { StoreDispatcher } from "../repository/dispatcher.ts";
import type { CollectionItem, CollectionRequest } from "../repository/operation.ts";
import type { Meter } from "../schema/codec/meter.ts";
import { below } from "../schema/codec/fault-path.ts";
import type { IncomingCall, Method } from "../transport/transport.ts";
import { roomFor } from "./answer-room.ts";
import { protoMethod, type ProtoServiceOptions } from "./proto-method.ts";
import { CODES, metadataOf } from "./status.ts";
import type { TransactionEntity } from "./transaction-service.ts";
import { refuseTransaction } from "./transaction-metadata.ts";
import { consistencyOf } from "./wire/enums.ts";
import type { RepositoryWire } from "./wire/wire.ts";

export interface CollectionOptions extends ProtoServiceOptions {
  readonly entities: readonly TransactionEntity[];
  /** By store. */
  readonly dispatchers: ReadonlyMap<string, StoreDispatcher>;
}

export function collectionService(options: CollectionOptions): ReadonlyMap<string, Method> {
  const { query } = CollectionService.method;
  const known = new Map(options.entities.map((own) => [own.entity.name, own]));
  const context = { known, dispatchers: options.dispatchers };
  return new Map([
    [
      `/${CollectionService.typeName}/${query.name}`,
      protoMethod({ ...query, run: (request, call, meter) => run(request, { ...context, meter }, call) }, options),
    ],
  ]);
}

interface QueryContext extends Pick<CollectionOptions, "dispatchers"> {
  /** By full name. */
  readonly known: ReadonlyMap<string, TransactionEntity>;
  readonly meter: Meter;
}

async function run(
  request: CollectionServiceQueryRequest,
  context: QueryContext,
  call: IncomingCall,
): Promise<MessageInitShape<typeof CollectionServiceQueryResponseSchema>> {
  refuseTransaction(call);
  const { store, entities } = askedEntities(request, context);
  const asked: CollectionRequest = {
    entities: entities.map(({ entity }) => entity),
    isOpen: request.entities.length === 0,
    partition: partitionOf(request, context),
    index: request.index,
    sortKey: request.sortKey,
    descending: request.descending,
    pageSize: request.pageSize,
    pageToken: request.pageToken,
    showDeleted: request.showDeleted,
    consistency: consistencyOf(request.consistency),
    readMask: request.readMask?.paths,
  };
  const waits = roomFor(call);
  if (waits) await waits;
  const page = await store.perform({ method: "Query", entity: undefined, request: asked }, call);
  const wireOf = (entity: EntityModel): RepositoryWire => wire(context, entity.name);
  return {
    items: page.items.map((item) => itemMessage(item, wireOf)),
    nextPageToken: page.nextPageToken,
    partitionKey: page.partition,
  };
}

interface AskedEntities {
  readonly store: StoreDispatcher;
  readonly entities: readonly TransactionEntity[];
}

function askedEntities(request: CollectionServiceQueryRequest, context: QueryContext): AskedEntities {
  if (request.entities.length > 0 && request.store !== "")
    throw new Fault("FIELD_INVALID", "store is for a Query that names no entities; leave one of both out", {
      field: "store",
    });
  const entities = request.entities.map((name, i) => entityNamed(context, name, `entities[${i}]`));
  const twice = request.entities.findIndex((name, i) => request.entities.indexOf(name) !== i);
  if (twice >= 0)
    throw new Fault("FIELD_INVALID", "an entity is named twice; name each once", { field: `entities[${twice}]` });
  const [first] = entities;
  const name = first?.store ?? storeNamed(request.store, context);
  const other = entities.findIndex(({ store }) => store !== name);
  if (other >= 0)
    throw new Fault("STORES_MIXED", "the entities are of several stores; a collection lies in one", {
      field: `entities[${other}]`,
    });
  const store = context.dispatchers.get(name);
  if (!store)
    throw new Fault("STORE_UNKNOWN", "no store of that name is configured; ListStores has all of them", {
      field: "store",
    });
  return { store, entities: first ? entities : [...context.known.values()].filter((own) => own.store === name) };
}

/** May be left out where there is one. */
function storeNamed(name: string, { dispatchers }: QueryContext): string {
  const [only, ...others] = dispatchers.keys();
  if (name !== "" || only === undefined) return name;
  if (others.length === 0) return only;
  throw new Fault("FIELD_REQUIRED", "there are several stores; name entities, or the store", { field: "store" });
}

function entityNamed({ known }: QueryContext, name: string, field: string): TransactionEntity {
  const found = known.get(name);
  if (found) return found;
  throw new Fault("ENTITY_UNKNOWN", "no entity of that name is served; ListEntities has all of them", { field });
}

function partitionOf(
  { partition }: CollectionServiceQueryRequest,
  context: QueryContext,
): CollectionRequest["partition"] {
  switch (partition.case) {
    case "partitionKey":
      return { kind: "text", text: partition.value };
    case "partitionOf":
      return entityPartition(partition.value, context);
    case undefined:
      throw new Fault("FIELD_REQUIRED", "the request names no partition; send partition_key or partition_of", {
        field: "partition_key",
      });
  }
}

function entityPartition({ typeUrl, value }: Any, context: QueryContext): CollectionRequest["partition"] {
  const own = entityNamed(context, typeUrl.slice(typeUrl.lastIndexOf("/") + 1), "partition_of");
  try {
    return { kind: "entity", entity: own.entity, record: own.wire().record.decode(value, context.meter) };
  } catch (error) {
    throw below(error, "partition_of");
  }
}

function wire({ known }: QueryContext, name: string): RepositoryWire {
  const own = known.get(name);
  if (!own) throw new TypeError(`${name} is answered and not served`);
  return own.wire();
}

function itemMessage(
  item: CollectionItem,
  wireOf: (entity: EntityModel) => RepositoryWire,
): MessageInitShape<typeof CollectionItemSchema> {
  const { sortKey } = item;
  switch (item.kind) {
    case "entity": {
      const { entity } = item;
      return { value: packed(entity.name, wireOf(entity).record.encode(item)), entity: entity.name, sortKey };
    }
    case "unknown": {
      const struct = fromJson(StructSchema, JSON.parse(JSON.stringify(item.content)));
      return { value: packed(StructSchema.typeName, toBinary(StructSchema, struct)), entity: item.type, sortKey };
    }
    case "fault":
      return { entity: item.entity, sortKey, status: statusOf(item.fault) };
  }
}

function packed(type: string, value: Uint8Array): Pick<Any, "typeUrl" | "value"> {
  return { typeUrl: `type.googleapis.com/${type}`, value };
}

function statusOf(fault: Fault): ItemStatus {
  const { message, reason } = fault;
  return create(ItemStatusSchema, { code: CODES[fault.code], message, reason, metadata: metadataOf(fault.detail) });
}
