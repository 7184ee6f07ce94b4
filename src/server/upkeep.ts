/** What keeps a serving process in order: the operations port, the configuration's changes, the watchdog; each as a step of its life. */

import { watchFile } from "../config/watch.ts";
import type { Config, LoadedConfiguration } from "../config/config.ts";
import { Fault } from "../model/fault.ts";
import type { Metric } from "../telemetry/exposition.ts";
import type { StartStep } from "./lifecycle.ts";
import { reloadMetrics, storeMetrics } from "./operations-metrics.ts";
import { listenOperations, type OperationsListener } from "./operations.ts";
import { createReadiness, type HealthCheck } from "./readiness.ts";
import { Reloading, type ReloadingLog } from "./reloading.ts";
import type { Store } from "./store.ts";
import type { Watchdog } from "./watchdog.ts";

/** How the configuration is read again. */
export interface ReloadSource {
  readonly loaded: LoadedConfiguration;
  readonly load: () => Promise<LoadedConfiguration>;
  /** Absolute path of pannier.yaml, which need not exist. */
  readonly file: string;
  /** Calls the listener whenever somebody asks for a reload. */
  readonly onRequest: (listener: () => void) => void;
}

export interface UpkeepOptions {
  readonly config: Config;
  readonly log: ReloadingLog;
  readonly stores: ReadonlyMap<string, Store>;
  /** The first entity of a store that answers whose schema does not fit it. */
  readonly misfit: (store: string) => string | undefined;
  /** Of calls and of the process. */
  readonly metrics: readonly Metric[];
  readonly apply: (config: Config) => void;
  /** Undefined where nobody can change it, as in tests. */
  readonly source: ReloadSource | undefined;
  /** Whether the process is about to end. */
  readonly isStopping: () => boolean;
}

export interface Upkeep {
  /** In the order they start. */
  readonly steps: readonly StartStep<void>[];
  /** As bound. @throws Error before its step has started */
  operationsAddress(): string;
}

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { config, source } = options;
  const reloading = source && new Reloading({ ...source, apply: options.apply, log: options.log });
  let listener: OperationsListener | undefined;
  let watchdog: Watchdog | undefined;
  const operations: StartStep<void> = {
    name: "operations",
    start: async () => {
      listener = await listenOperations({
        address: config.operations.listen,
        metrics: [...options.metrics, ...storeMetrics(options.stores), ...(reloading ? reloadMetrics(reloading.counts) : [])],
        readiness: createReadiness(healthChecks(options, reloading)),
      }); // prettier-ignore
    },
    stop: () => listener?.close(),
  };
  const guarded: StartStep<void> = {
    name: "watchdog",
    start: async () => {
      const { startWatchdog } = await import("./watchdog.ts"); // brings the debugger with it
      watchdog = startWatchdog(config.watchdog);
    },
    stop: () => watchdog?.stop(),
  };
  return {
    steps: [
      operations,
      ...(config.watchdog.timeout > 0 ? [guarded] : []),
      ...(source && reloading ? [configuration(source, reloading, options)] : []),
    ],
    operationsAddress: () => {
      if (!listener) throw new Error("the operations port is not open");
      return listener.address;
    },
  };
}

function configuration(source: ReloadSource, reloading: Reloading, { config, log }: UpkeepOptions): StartStep<void> {
  let stopWatching = (): void => {};
  return {
    name: "configuration changes",
    start: () => {
      source.onRequest(() => void reloading.now("SIGHUP")); // never rejects
      if (config.reload.watch === "off") return;
      const problem = (error: unknown): void =>
        log.warn({ file: source.file, err: error }, "the configuration file cannot be watched; SIGHUP is the way to reload it"); // prettier-ignore
      const watch = watchFile(source.file, () => reloading.soon("file"), problem);
      stopWatching = () => watch?.stop();
    },
    stop: async () => {
      stopWatching();
      await reloading.stop();
    },
  };
}

function healthChecks(
  { stores, misfit, isStopping }: UpkeepOptions,
  reloading: Reloading | undefined,
): readonly HealthCheck[] {
  return [
    { name: "process", check: async () => { if (isStopping()) throw stopping(); return undefined; } },
    ...Array.from(stores.values(), (store): HealthCheck => ({
      name: `store.${store.name}`,
      check: async (call) => {
        await store.check(call);
        const entity = misfit(store.name);
        if (entity !== undefined) throw new Fault("SCHEMA_DRIFT", "the schema does not fit the store", { entity });
        return undefined;
      },
    })),
    ...(reloading ? [{ name: "configuration", check: async () => configurationDetail(reloading) }] : []),
  ]; // prettier-ignore
}

/** No reason to send callers away: what serves is as good as it was. */
function configurationDetail({ counts: { refusedAt } }: Reloading): string | undefined {
  return refusedAt === undefined ? undefined : `a change was refused at ${refusedAt}; the earlier configuration serves`;
}

function stopping(): Fault {
  return new Fault("DRAINING", "the server is stopping");
}
