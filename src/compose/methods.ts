/** Every method that is served: repositories, transactions, admin, health, reflection; each watched. */

import { randomUUID } from "node:crypto";
import { schemeOf } from "../adapter/registry.ts";
import type { Config, StoreConfig } from "../config/config.ts";
import { available } from "../layer/available.ts";
import { dispatchStore } from "../layer/dispatch/dispatch.ts";
import { observe } from "../layer/observe.ts";
import type { Interceptor } from "../model/interceptor.ts";
import type { StoreDispatcher } from "../repository/dispatcher.ts";
import { createCollections } from "../repository/collection/collections.ts";
import { createTransactions } from "../repository/execute/transactions.ts";
import { capabilityTexts } from "../server/capability-texts.ts";
import type { Health } from "../server/health.ts";
import type { LiveSettings } from "../server/live-settings.ts";
import { observedCalls } from "../server/observed-calls.ts";
import { reflectionService } from "../server/reflection.ts";
import type { RoutedSchema } from "../server/routed-schema.ts";
import type { Store } from "../server/store.ts";
import { adminService, type ServedEntity, type StoreCapabilityText } from "../service/admin-service.ts";
import { repositoryPaths, repositoryService } from "../service/repository-service.ts";
import { collectionService } from "../service/collection-service.ts";
import { createRejecter } from "../service/status.ts";
import { transactionService } from "../service/transaction-service.ts";
import type { ProcessLog } from "../telemetry/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { DuplexMethod, Method } from "../transport/transport.ts";
import type { EntityService } from "./entity-service.ts";
import { methodsOnDemand } from "./methods-on-demand.ts";

/** What the methods are made of. */
export interface Parts {
  readonly schema: RoutedSchema;
  readonly services: readonly EntityService[];
  readonly stores: ReadonlyMap<string, Store>;
  readonly health: Health;
  readonly config: Config;
  readonly log: ProcessLog;
  readonly telemetry: Telemetry;
  readonly live: LiveSettings;
}

/** Everything that is served, by full path. */
export function allMethods({
  schema,
  services,
  stores,
  health,
  config,
  log,
  telemetry,
  live,
}: Parts): ReadonlyMap<string, Method | DuplexMethod> {
  const rejecter = createRejecter(log, randomUUID);
  const options = { timeout: live.timeout, rejecter };
  const dispatchers = new Map(
    Array.from(stores.values(), (store) => [store.name, dispatcherOf(store, services, telemetry)]),
  );
  const observed = { log, metrics: telemetry.calls, tracing: telemetry.tracing, slow: live.slowCalls };
  const repositories = services.flatMap(({ entity: { model }, store, wire, dispatcher }) => [
    ...methodsOnDemand(repositoryPaths(model), live.timeout, () =>
      observedCalls(repositoryService({ wire: wire(), dispatcher: dispatcher(), ...options }), {
        ...observed,
        of: { entity: model.name, store },
      }),
    ),
  ]);
  const entities = services.map(({ entity, wire, store }) => ({ entity: entity.model, wire, store }));
  const others = observedCalls(
    new Map<string, Method | DuplexMethod>([
      ...transactionService({ entities, dispatchers, limits: live.repositoryLimits, ...options }),
      ...collectionService({ entities, dispatchers, ...options }),
      ...adminService({
        entities: services.map(servedEntity),
        stores: [...config.stores.values()].map((store) => servedStore(store, stores)),
        ...options,
      }),
      ...health.methods(options),
      ...reflectionService(schema.descriptors, rejecter),
    ]),
    observed,
  );
  return new Map([...repositories, ...others]);
}

/** Over the entities of one store. */
function dispatcherOf(store: Store, services: readonly EntityService[], telemetry: Telemetry): StoreDispatcher {
  const own = new Map(
    services.filter((service) => service.store === store.name).map((service) => [service.entity.model, service]),
  );
  const intercept = (method: string): Interceptor =>
    telemetry.interceptor({ stage: "repository", method, store: store.name });
  return dispatchStore({
    layers: [observe(["Execute", "Query"], intercept), available(() => void store.adapter())],
    entities: [...own.values()].map(({ dispatch }) => dispatch),
    transactions: createTransactions((entity) => own.get(entity)?.options()),
    collections: createCollections((entity) => own.get(entity)?.options()),
  });
}

function servedEntity({ entity, missing, contract, isCarried }: EntityService): ServedEntity {
  return {
    model: entity.model,
    store: entity.store.name,
    missing: whileOpen(missing),
    contract: whileKnown(contract),
    isCarried: () => whileKnown(isCarried)() ?? true,
  };
}

/** A store that is not open has nothing to say yet. */
function whileKnown<Known>(read: () => Known): () => Known | undefined {
  return () => {
    try {
      return read();
    } catch {
      return undefined;
    }
  };
}

function servedStore({ name, url }: StoreConfig, stores: ReadonlyMap<string, Store>) {
  const capabilities = (): readonly StoreCapabilityText[] => {
    const store = stores.get(name);
    return store ? capabilityTexts(store.adapter()) : [];
  };
  return {
    name,
    scheme: schemeOf(url),
    serving: () => stores.get(name)?.isServing() === true,
    capabilities: whileOpen(capabilities),
  };
}

function whileOpen<Item>(read: () => readonly Item[]): () => readonly Item[] {
  return () => {
    try {
      return read();
    } catch {
      return []; // a store that is not open has nothing to say yet
    }
  };
}
