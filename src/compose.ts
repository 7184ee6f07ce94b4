/** Configuration → schema → adapters → repositories → layers → services → transport: the whole house, put together in one place. */

import { observeAdapter } from "./adapter/decorators/observe.ts";
import type { Adapter } from "./adapter/adapter.ts";
import { entityService, type EntityService } from "./compose/entity-service.ts";
import { allMethods } from "./compose/methods.ts";
import { openStore } from "./compose/open-store.ts";
import type { Config, LoadedConfiguration } from "./config/config.ts";
import { ownTokenKey } from "./config/token-keys.ts";
import type { Clock } from "./model/clock.ts";
import { createGenerators } from "./repository/write/generate.ts";
import { createRandom } from "./repository/write/random.ts";
import { endingOf } from "./server/ending.ts";
import { Health } from "./server/health.ts";
import { Lifecycle, type StartStep } from "./server/lifecycle.ts";
import { liveSettings } from "./server/live-settings.ts";
import { countedRefusals, loggedNotices } from "./server/observed-calls.ts";
import { contractMetrics, type ContractSample } from "./server/operations-metrics.ts";
import { routedSchema, type RoutedEntity, type RoutedSchema, type RoutingOptions } from "./server/routed-schema.ts";
import { servingStatus } from "./server/serving.ts";
import { Store } from "./server/store.ts";
import { createUpkeep, type ReloadSource } from "./server/upkeep.ts";
import { productVersion } from "./server/version.ts";
import { createRefusals } from "./service/status.ts";
import type { ProcessLog } from "./telemetry/log.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import type { Listen, Listener, ListenOptions } from "./transport/transport.ts";

export interface ComposeOptions extends RoutingOptions {
  readonly log: ProcessLog;
  readonly clock: Clock;
  /** Says whether traces are sent, and where; nothing without it. */
  readonly environment?: NodeJS.ProcessEnv;
  /** How the configuration is read again while it serves; never without it. */
  readonly reload?: ReloadSource;
  /** A layer around all methods; for tests of applications. */
  readonly around?: (methods: Methods) => Methods;
}

type Methods = ReturnType<typeof allMethods>;

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
  const { log, clock } = options;
  const config = await withTokenKeys(options.config);
  const lifecycle = new Lifecycle(log);
  const telemetry = await lifecycle.start(telemetryStep(options));
  const schema = await lifecycle.start({ name: "descriptors", start: () => routedSchema(options) });
  const health = new Health();
  const random = createRandom();
  const live = liveSettings(config, random);
  const ids = createGenerators({ clock, random, node: config.snowflake.node });
  const stores = storesOf(config, schema, { ...options, telemetry, onChange: (store, up) => onChange(store, up) });
  const services = schema.routed.map((entity) =>
    entityService(entity, () => adapterOf(stores, entity), { live, ids, clock, telemetry }),
  );
  const onChange = servingStatus(health, services);
  for (const store of stores.values())
    await lifecycle.start({ name: `store ${store.name}`, start: () => store.start(), stop: () => store.close() });
  log.info({ contracts: contractsOf(services) }, "contracts");
  let isStopping = false;
  const upkeep = createUpkeep({
    config,
    log,
    stores,
    misfit: (store) => services.find((own) => own.store === store && !own.fits())?.entity.model.name,
    metrics: [...telemetry.metrics, ...contractMetrics(services.map(contractSample))],
    apply: (next) => {
      live.apply(next);
      log.setLevel(next.log.level);
    },
    source: options.reload && withKeys(options.reload),
    isStopping: () => isStopping,
  });
  const methods = allMethods({ schema, services, stores, health, config, log, telemetry, live });
  const grpc = grpcStep(config.transport, {
    address: config.listen,
    methods: options.around?.(methods) ?? methods,
    limits: live.limits,
    refuse: countedRefusals(createRefusals(), telemetry.calls),
    onNotice: loggedNotices(log),
  });
  await lifecycle.together([...upkeep.steps, grpc]);
  return {
    listener: grpc.listener(),
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

function contractSample({ entity, store, contract }: EntityService): ContractSample {
  const known = (): ReturnType<ContractSample["contract"]> => {
    try {
      return contract();
    } catch {
      return undefined; // its store is not open
    }
  };
  return { entity: entity.model.name, store, contract: known };
}

/** By entity, the digest of its contract and the revision in its store. */
function contractsOf(services: readonly EntityService[]): object {
  return Object.fromEntries(
    services.map(contractSample).flatMap(({ entity, contract }) => {
      const known = contract();
      return known ? [[entity, `${known.digest.slice(0, 16)} at revision ${known.revision}`]] : [];
    }),
  );
}

interface StoreOptions extends ComposeOptions {
  readonly telemetry: Telemetry;
  readonly onChange: (store: string, serving: boolean) => void;
}

function storesOf(config: Config, schema: RoutedSchema, options: StoreOptions): ReadonlyMap<string, Store> {
  const { telemetry, log, clock, onChange } = options;
  return new Map(
    Array.from(config.stores.values(), (store) => [
      store.name,
      new Store({
        name: store.name,
        open: () => openStore(store, schema.routed, { dataDir: config.dataDir, log, clock }),
        decorate: (adapter) =>
          observeAdapter(adapter, (method) => telemetry.interceptor({ stage: "adapter", method, store: store.name })),
        log,
        onChange: (serving) => onChange(store.name, serving),
      }),
    ]),
  );
}

/** Milliseconds of the grace that calls leave to the stores and to what is still to be sent. */
const afterCalls = 2_000;

/** The transports, each loaded where it is the one that listens. */
const transports: { readonly [Name in Config["transport"]]: () => Promise<Listen> } = {
  "grpc-js": async () => (await import("./transport/grpc-js.ts")).listenGrpc,
  native: async () => (await import("./transport/native.ts")).listenNative,
};

function grpcStep(
  transport: Config["transport"],
  listening: ListenOptions,
): StartStep<void> & { listener(): Listener } {
  let bound: Listener | undefined;
  return {
    name: "gRPC",
    start: async () => {
      const listen = await transports[transport]();
      bound = await listen(listening);
    },
    stop: (_, left) => bound?.drain(Math.max(0, left - Math.min(left / 5, afterCalls))),
    listener: () => {
      if (!bound) throw new Error("gRPC is not listened to");
      return bound;
    },
  };
}

function telemetryStep({ environment = {}, config, log }: ComposeOptions): StartStep<Telemetry> {
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

function adapterOf(stores: ReadonlyMap<string, Store>, { store }: RoutedEntity): Adapter {
  const found = stores.get(store.name);
  if (!found) throw new Error(`the store ${store.name} is not started`);
  return found.adapter();
}
