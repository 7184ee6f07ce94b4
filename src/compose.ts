/** Configuration → schema → adapters → repositories → layers → services → transport: the whole house, put together in one place. */

import { randomUUID } from "node:crypto";
import type { Adapter } from "./adapter/adapter.ts";
import { openerOf, schemeOf } from "./adapter/registry.ts";
import type { Config, StoreConfig } from "./config/config.ts";
import { ownTokenKey } from "./config/token-keys.ts";
import { available } from "./layer/available.ts";
import type { Clock } from "./model/clock.ts";
import type { EntityModel } from "./model/entity.ts";
import { createRepository } from "./repository/create-repository.ts";
import { notCarried, unmetDemands, type Demand } from "./repository/demands.ts";
import { createGenerators } from "./repository/generate.ts";
import { DEFAULT_LIMITS } from "./repository/limits.ts";
import { createSealer } from "./repository/page-token.ts";
import { createRandom } from "./repository/random.ts";
import type { RepositoryOptions } from "./repository/scope.ts";
import { createTransactions } from "./repository/transactions.ts";
import type { Repository, Transactions } from "./repository/repository.ts";
import { compileCodec } from "./schema/codec/compile.ts";
import { withCallLog } from "./server/call-log.ts";
import { capabilityTexts } from "./server/capability-texts.ts";
import { createHealth, type Health } from "./server/health.ts";
import { reflectionService } from "./server/reflection.ts";
import { routedSchema, type RoutedEntity, type RoutedSchema, type RoutingOptions } from "./server/routed-schema.ts";
import { servingStatus } from "./server/serving.ts";
import { createStore, type Store } from "./server/store.ts";
import { adminService, type StoreCapabilityText } from "./service/admin-service.ts";
import { repositoryService } from "./service/repository-service.ts";
import { createRefusals, createRejecter } from "./service/status.ts";
import { transactionService } from "./service/transaction-service.ts";
import { createWire } from "./service/wire/create-wire.ts";
import type { Log } from "./telemetry/log.ts";
import { listenGrpc } from "./transport/grpc-js.ts";
import type { DuplexMethod, Listener, Method } from "./transport/transport.ts";

export interface ComposeOptions extends RoutingOptions {
  readonly log: Log;
  readonly clock: Clock;
}

/** Everything that runs, and the order it stops in. */
export interface Sidecar {
  readonly listener: Listener;
  readonly health: Health;
  readonly entities: readonly RoutedEntity[];
  /** Says NOT_SERVING, lets running calls finish inside the grace, closes the stores. */
  stop(): Promise<void>;
}

/** @throws StartRefused, SchemeRefused, AddressRefused, or a Fault of a store that no waiting mends */
export async function compose(options: ComposeOptions): Promise<Sidecar> {
  const { config, log } = options;
  const schema = await routedSchema(options);
  const health = createHealth();
  const sharing = await shared(options);
  const stores: ReadonlyMap<string, Store> = new Map(
    Array.from(config.stores.values(), (store) => [
      store.name,
      createStore({
        name: store.name,
        open: () => openStore(store, schema.routed, options),
        log,
        onChange: (serving) => onChange(store.name, serving),
      }),
    ]),
  );
  const services = schema.routed.map((entity) =>
    entityService(entity, () => adapterOf(stores, entity), { ...options, ...sharing }),
  );
  const onChange = servingStatus(health, services);
  await orClose(stores, () => Promise.all(Array.from(stores.values(), (store) => store.start())));
  const methods = allMethods({ schema, services, stores, health, config, log });
  const listening = { address: config.listen, methods, limits: config.limits, refuse: createRefusals() };
  const listener = await orClose(stores, () => listenGrpc(listening));
  return { listener, health, entities: schema.routed, stop: () => stop({ health, listener, stores, config }) };
}

export async function openStore(
  store: StoreConfig,
  routed: readonly RoutedEntity[],
  { config, log, clock }: ComposeOptions,
): Promise<Adapter> {
  const open = await openerOf(store.url);
  const entities = routed.filter((entity) => entity.store.name === store.name).map(({ model }) => model);
  const { name, url, tables, settings } = store;
  return open({
    store: name,
    url,
    dataDir: config.dataDir,
    entities,
    tables,
    settings,
    clock,
    log,
  });
}

/** A start that is refused leaves no store open. */
async function orClose<Result>(stores: ReadonlyMap<string, Store>, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    await Promise.allSettled(Array.from(stores.values(), (store) => store.close()));
    throw error;
  }
}

function adapterOf(stores: ReadonlyMap<string, Store>, { store }: RoutedEntity): Adapter {
  const found = stores.get(store.name);
  if (!found) throw new Error(`the store ${store.name} is not started`);
  return found.adapter();
}

type Shared = Awaited<ReturnType<typeof shared>>;

/** What all repositories have in common. */
async function shared({ config, clock }: ComposeOptions) {
  const random = createRandom();
  const { keys } = config.tokens;
  const { pageSize, maxPageSize, batchItems } = config.limits;
  return {
    tokens: createSealer({ keys: keys.length > 0 ? keys : [await ownTokenKey(config.dataDir)], random }),
    ids: createGenerators({ clock, random, node: config.snowflake.node }),
    repositoryLimits: { ...DEFAULT_LIMITS, pageSize, maxPageSize, batchItems },
  };
}

interface EntityService {
  readonly entity: RoutedEntity;
  readonly service: string;
  readonly store: string;
  /** What its repository is made of. @throws Fault while it has no store that can carry it */
  readonly options: () => RepositoryOptions;
  readonly repository: Repository;
  readonly wire: ReturnType<typeof createWire>;
  readonly missing: () => readonly Demand[];
  readonly isCarried: () => boolean;
}

function entityService(entity: RoutedEntity, adapter: () => Adapter, options: ComposeOptions & Shared): EntityService {
  const { model, store, service } = entity;
  const { filterDepth, filterTerms } = options.config.limits;
  const { unknownEntityFields } = options.config;
  const missing = (): readonly Demand[] => unmetDemands(model, adapter().capabilities);
  const carried = (): RepositoryOptions => {
    const [lacking] = missing();
    if (lacking) throw notCarried(model, store.name, lacking);
    return repositoryOptions(entity, adapter(), options);
  };
  const repository = once(() => createRepository(carried()));
  return {
    entity,
    service,
    store: store.name,
    options: carried,
    repository: available(model, repository),
    wire: createWire(compileCodec(model, { filterDepth, filterTerms, unknownEntityFields })),
    missing,
    isCarried: () => missing().length === 0,
  };
}

function repositoryOptions(
  { model, store }: RoutedEntity,
  adapter: Adapter,
  options: ComposeOptions & Shared,
): RepositoryOptions {
  const { tokens, ids, clock, config, repositoryLimits } = options;
  const scans = config.entities.get(model.name)?.scans ?? store.scans;
  return {
    entity: model,
    adapter,
    store: store.name,
    limits: repositoryLimits,
    tokens,
    clock,
    ids,
    scans,
    restores: store.restores,
  };
}

/** Remembers the first result; a failure is tried again. */
function once<Result extends object>(make: () => Result): () => Result {
  let made: Result | undefined;
  return () => (made ??= make());
}

interface Parts {
  readonly schema: RoutedSchema;
  readonly services: readonly EntityService[];
  readonly stores: ReadonlyMap<string, Store>;
  readonly health: Health;
  readonly config: Config;
  readonly log: Log;
}

function allMethods({
  schema,
  services,
  stores,
  health,
  config,
  log,
}: Parts): ReadonlyMap<string, Method | DuplexMethod> {
  const rejecter = createRejecter(log, randomUUID);
  const timeout = { fallback: config.limits.defaultTimeout, maximum: config.limits.maxTimeout };
  const options = { timeout, rejecter };
  const transactions = new Map(
    Array.from(stores.values(), (store) => [store.name, storeTransactions(store, services)]),
  );
  return withCallLog(
    new Map<string, Method | DuplexMethod>([
      ...services.flatMap(({ wire, repository }) => [...repositoryService({ wire, repository, ...options })]),
      ...transactionService({
        entities: services.map(({ wire, store }) => ({ wire, store })),
        transactions,
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
    log,
  );
}

/** Made when first asked for, over the entities that the store carries. */
function storeTransactions(store: Store, services: readonly EntityService[]): Transactions {
  const transactions = once(() => {
    store.adapter(); // its own Fault says why there is none
    return createTransactions(
      services
        .filter((service) => service.store === store.name && service.isCarried())
        .map((service) => service.options()),
    );
  });
  return { execute: async (request, call) => transactions().execute(request, call) };
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

async function stop({
  health,
  listener,
  stores,
  config,
}: Pick<Parts, "health" | "stores" | "config"> & { readonly listener: Listener }): Promise<void> {
  health.shutdown();
  await listener.drain(config.shutdown.grace);
  await Promise.all(Array.from(stores.values(), (store) => store.close()));
}
