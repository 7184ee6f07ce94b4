/** Every method that is served: repositories, transactions, admin, health, reflection; each watched. */

import { randomUUID } from "node:crypto";
import { schemeOf } from "../adapter/registry.ts";
import type { Config, StoreConfig } from "../config/config.ts";
import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import type { Demand } from "../repository/demands.ts";
import type { Transactions } from "../repository/repository.ts";
import { createTransactions } from "../repository/execute/transactions.ts";
import { capabilityTexts } from "../server/capability-texts.ts";
import type { Health } from "../server/health.ts";
import type { LiveSettings } from "../server/live-settings.ts";
import { observedCalls } from "../server/observed-calls.ts";
import { reflectionService } from "../server/reflection.ts";
import type { RoutedSchema } from "../server/routed-schema.ts";
import type { Store } from "../server/store.ts";
import { adminService, type StoreCapabilityText } from "../service/admin-service.ts";
import { repositoryService } from "../service/repository-service.ts";
import { createRejecter } from "../service/status.ts";
import { transactionService } from "../service/transaction-service.ts";
import type { ProcessLog } from "../telemetry/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { DuplexMethod, Method } from "../transport/transport.ts";
import type { EntityService } from "./entity-service.ts";
import { once } from "./once.ts";

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
  const transactions = new Map(
    Array.from(stores.values(), (store) => [store.name, storeTransactions(store, services)]),
  );
  return observedCalls(
    new Map<string, Method | DuplexMethod>([
      ...services.flatMap(({ wire, repository }) => [...repositoryService({ wire, repository, ...options })]),
      ...transactionService({
        entities: services.map(({ wire, store }) => ({ wire, store })),
        transactions,
        limits: live.repositoryLimits,
        ...options,
      }),
      ...adminService({
        entities: services.map(servedEntity),
        stores: [...config.stores.values()].map((store) => servedStore(store, stores)),
        ...options,
      }),
      ...health.methods(options),
      ...reflectionService(schema.descriptors, rejecter),
    ]),
    {
      log,
      metrics: telemetry.calls,
      tracing: telemetry.tracing,
      slow: live.slowCalls,
      services: new Map(services.map(({ service, store, entity }) => [service, { entity: entity.model.name, store }])),
    },
  );
}

/** Made when first asked for, over the entities that the store carries; the others refuse with what it lacks. */
function storeTransactions(store: Store, services: readonly EntityService[]): Transactions {
  const made = once(() => {
    store.adapter(); // its own Fault says why there is none
    const own = services.filter((service) => service.store === store.name);
    const lacking = own.filter((service) => !service.isCarried());
    return {
      transactions: createTransactions(
        own.filter((service) => service.isCarried()).map((service) => service.options()),
      ),
      lacking: new Map(lacking.map((service) => [service.entity.model, service])),
    };
  });
  return {
    execute: async (request, call) => {
      const { transactions, lacking } = made();
      if (lacking.size > 0)
        request.operations.forEach(({ entity }, index) => refuseLacking(lacking.get(entity), index));
      return transactions.execute(request, call);
    },
  };
}

function refuseLacking(service: EntityService | undefined, index: number): void {
  try {
    service?.options();
  } catch (error) {
    throw error instanceof Fault ? error.within({ index, operation: "Execute" }) : error;
  }
}

function servedEntity({ entity, missing }: EntityService): {
  model: EntityModel;
  store: string;
  missing: () => readonly Demand[];
} {
  return { model: entity.model, store: entity.store.name, missing: whileOpen(missing) };
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
