/** Every method that is served: repositories, transactions, admin, health, reflection; each watched. */

import { randomUUID } from "node:crypto";
import { schemeOf } from "../adapter/registry.ts";
import type { Config, StoreConfig } from "../config/config.ts";
import { Fault } from "../model/fault.ts";
import type { Transactions } from "../repository/repository.ts";
import { createTransactions } from "../repository/execute/transactions.ts";
import { capabilityTexts } from "../server/capability-texts.ts";
import type { Health } from "../server/health.ts";
import type { LiveSettings } from "../server/live-settings.ts";
import { observedCalls } from "../server/observed-calls.ts";
import { reflectionService } from "../server/reflection.ts";
import type { RoutedSchema } from "../server/routed-schema.ts";
import type { Store } from "../server/store.ts";
import { adminService, type ServedEntity, type StoreCapabilityText } from "../service/admin-service.ts";
import { repositoryService } from "../service/repository-service.ts";
import { createRejecter } from "../service/status.ts";
import { transactionService } from "../service/transaction-service.ts";
import type { ProcessLog } from "../telemetry/log.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { DuplexMethod, Method } from "../transport/transport.ts";
import type { EntityService } from "./entity-service.ts";

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

/** Made anew whenever other entities are carried; those that are not refuse with the reason. */
function storeTransactions(store: Store, services: readonly EntityService[]): Transactions {
  const own = services.filter((service) => service.store === store.name);
  let made: { readonly carried: string; readonly transactions: Transactions } | undefined;
  const current = (): Transactions => {
    store.adapter(); // its own Fault says why there is none
    const carried = own.filter((service) => service.isCarried());
    const names = carried.map(({ service }) => service).join(" ");
    if (made?.carried !== names) {
      made = { carried: names, transactions: createTransactions(carried.map((service) => service.options())) };
    }
    return made.transactions;
  };
  return {
    execute: async (request, call) => {
      const transactions = current();
      request.operations.forEach(({ entity }, index) => {
        const service = own.find((candidate) => candidate.entity.model === entity);
        if (service && !service.isCarried()) refuseLacking(service, index);
      });
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
