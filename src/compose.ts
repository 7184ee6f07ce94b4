/** Configuration → schema → adapters → repositories → layers → services → transport: the whole house, put together in one place. */

import { randomUUID } from "node:crypto";
import type { Adapter, OpenOptions } from "./adapter/adapter.ts";
import { observeAdapter } from "./adapter/observe.ts";
import { openerOf, schemeOf } from "./adapter/registry.ts";
import type { Config, LoadedConfiguration, StoreConfig } from "./config/config.ts";
import { ownTokenKey } from "./config/token-keys.ts";
import { available } from "./layer/available.ts";
import { observe } from "./layer/observe.ts";
import type { Around } from "./model/around.ts";
import type { Clock } from "./model/clock.ts";
import type { EntityModel } from "./model/entity.ts";
import { createRepository } from "./repository/create-repository.ts";
import { notCarried, unmetDemands, type Demand } from "./repository/demands.ts";
import { createGenerators } from "./repository/generate.ts";
import { createRandom } from "./repository/random.ts";
import type { RepositoryOptions } from "./repository/scope.ts";
import { createTransactions } from "./repository/transactions.ts";
import type { Repository, Transactions } from "./repository/repository.ts";
import type { CodecLimits } from "./schema/codec/codec.ts";
import { compileCodec } from "./schema/codec/compile.ts";
import { capabilityTexts } from "./server/capability-texts.ts";
import { endingOf } from "./server/ending.ts";
import { createHealth, type Health } from "./server/health.ts";
import { createLifecycle, type Step } from "./server/lifecycle.ts";
import { liveSettings, type LiveSettings } from "./server/live-settings.ts";
import { countedRefusals, observedCalls } from "./server/observed-calls.ts";
import { reflectionService } from "./server/reflection.ts";
import { routedSchema, type RoutedEntity, type RoutedSchema, type RoutingOptions } from "./server/routed-schema.ts";
import { servingStatus } from "./server/serving.ts";
import { createStore, type Store } from "./server/store.ts";
import { createUpkeep, type ReloadSource } from "./server/upkeep.ts";
import { productVersion } from "./server/version.ts";
import { adminService, type StoreCapabilityText } from "./service/admin-service.ts";
import { repositoryService } from "./service/repository-service.ts";
import { createRefusals, createRejecter } from "./service/status.ts";
import { transactionService } from "./service/transaction-service.ts";
import { createWire } from "./service/wire/create-wire.ts";
import type { ProcessLog } from "./telemetry/log.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { listenGrpc } from "./transport/grpc-js.ts";
import type { DuplexMethod, Listener, Method } from "./transport/transport.ts";

export interface ComposeOptions extends RoutingOptions {
  readonly log: ProcessLog;
  readonly clock: Clock;
  /** Says whether traces are sent, and where; nothing without it. */
  readonly environment?: NodeJS.ProcessEnv;
  /** How the configuration is read again while it serves; never without it. */
  readonly reload?: ReloadSource;
}

/** Everything that runs, and the order it stops in. */
export interface Sidecar {
  readonly listener: Listener;
  /** As bound. */
  readonly operationsAddress: string;
  readonly health: Health;
  readonly entities: readonly RoutedEntity[];
  /** Says NOT_SERVING, lets running calls finish inside the grace, closes the stores. */
  stop(): Promise<void>;
}

/** @throws StartRefused, SchemeRefused, AddressRefused, or a Fault of a store that no waiting mends */
export async function compose(options: ComposeOptions): Promise<Sidecar> {
  const { log } = options;
  const config = await withTokenKeys(options.config);
  const lifecycle = createLifecycle(log);
  const telemetry = await lifecycle.start(telemetryStep(options));
  const schema = await lifecycle.start({ name: "descriptors", start: () => routedSchema(options) });
  const health = createHealth();
  const sharing = shared({ ...options, config });
  const stores: ReadonlyMap<string, Store> = new Map(
    Array.from(config.stores.values(), (store) => [
      store.name,
      createStore({
        name: store.name,
        open: () => openStore(store, schema.routed, options),
        around: (adapter) =>
          observeAdapter(adapter, (method) => telemetry.around({ storey: "adapter", method, store: store.name })),
        log,
        onChange: (serving) => onChange(store.name, serving),
      }),
    ]),
  );
  const services = schema.routed.map((entity) =>
    entityService(entity, () => adapterOf(stores, entity), { ...options, ...sharing, telemetry }),
  );
  const onChange = servingStatus(health, services);
  for (const store of stores.values())
    await lifecycle.start({ name: `store ${store.name}`, start: () => store.start(), stop: () => store.close() });
  const { live } = sharing;
  const apply = (next: Config): void => {
    live.apply(next);
    log.setLevel(next.log.level);
  };
  let isStopping = false;
  const upkeep = createUpkeep({
    config,
    log,
    stores,
    metrics: telemetry.metrics,
    apply,
    source: options.reload && withKeys(options.reload),
    isStopping: () => isStopping,
  });
  const methods = allMethods({ schema, services, stores, health, config, log, telemetry, live });
  const refuse = countedRefusals(createRefusals(), telemetry.calls);
  const listening = { address: config.listen, methods, limits: live.limits, refuse };
  let listener: Listener | undefined;
  const grpc = {
    name: "gRPC",
    start: async () => {
      listener = await listenGrpc(listening);
    },
    stop: async (_: void, left: number) => {
      await listener?.drain(Math.max(0, left - Math.min(left / 5, afterCalls)));
    },
  };
  await lifecycle.together([...upkeep.steps, grpc]);
  if (!listener) throw new Error("gRPC is not listened to");
  return {
    listener,
    operationsAddress: upkeep.operationsAddress(),
    health,
    entities: schema.routed,
    stop: async () => {
      isStopping = true;
      health.shutdown();
      await lifecycle.stop(live.grace());
    },
  };
}

/** Milliseconds of the grace that calls leave to the stores and to what is still to be sent. */
const afterCalls = 2_000;

function telemetryStep({ environment = {}, config, log }: ComposeOptions): Step<Telemetry> {
  return {
    name: "telemetry",
    start: async () =>
      startTelemetry({
        environment,
        service: config.service.name,
        version: await productVersion(),
        log,
        endingOf,
      }),
    stop: (telemetry) => telemetry.stop(),
  };
}

/** Where none is configured, the data directory's own. */
async function withTokenKeys(config: Config): Promise<Config> {
  if (config.tokens.keys.length > 0) return config;
  return { ...config, tokens: { keys: [await ownTokenKey(config.dataDir)] } };
}

function withKeys(source: ReloadSource): ReloadSource {
  const load = async (): Promise<LoadedConfiguration> => {
    const loaded = await source.load();
    return { ...loaded, config: await withTokenKeys(loaded.config) };
  };
  return { ...source, load };
}

export async function openStore(
  store: Omit<StoreConfig, "tables"> & Pick<OpenOptions, "tables">,
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

function adapterOf(stores: ReadonlyMap<string, Store>, { store }: RoutedEntity): Adapter {
  const found = stores.get(store.name);
  if (!found) throw new Error(`the store ${store.name} is not started`);
  return found.adapter();
}

type Shared = ReturnType<typeof shared>;

/** What all repositories have in common. */
function shared({ config, clock }: ComposeOptions) {
  const random = createRandom();
  return {
    live: liveSettings(config, random),
    ids: createGenerators({ clock, random, node: config.snowflake.node }),
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

function entityService(
  entity: RoutedEntity,
  adapter: () => Adapter,
  options: ComposeOptions & Shared & { readonly telemetry: Telemetry },
): EntityService {
  const { model, store, service } = entity;
  const { live, telemetry } = options;
  const missing = (): readonly Demand[] => unmetDemands(model, adapter().capabilities);
  const carried = (): RepositoryOptions => {
    const [lacking] = missing();
    if (lacking) throw notCarried(model, store.name, lacking);
    return repositoryOptions(entity, adapter(), options);
  };
  const repository = once(() => createRepository(carried()));
  const around = (method: string): Around =>
    telemetry.around({ storey: "repository", method, entity: model.name, store: store.name });
  return {
    entity,
    service,
    store: store.name,
    options: carried,
    repository: observe(available(model, repository), around),
    wire: createWire(compileCodec(model, codecLimits(live))),
    missing,
    isCarried: () => missing().length === 0,
  };
}

function repositoryOptions(
  { model, store }: RoutedEntity,
  adapter: Adapter,
  options: ComposeOptions & Shared,
): RepositoryOptions {
  const { live, ids, clock } = options;
  return {
    entity: model,
    adapter,
    store: store.name,
    limits: live.repositoryLimits,
    tokens: live.tokens,
    clock,
    ids,
    get scans() {
      return live.scansOf(model.name, store.name);
    },
    restores: store.restores,
  };
}

/** Change in place, like the limits they come from. */
function codecLimits({ limits, unknownEntityFields }: LiveSettings): CodecLimits {
  return {
    get filterDepth() {
      return limits.filterDepth;
    },
    get filterTerms() {
      return limits.filterTerms;
    },
    unknownEntityFields,
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
  readonly log: ProcessLog;
  readonly telemetry: Telemetry;
  readonly live: LiveSettings;
}

function allMethods({
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
