/** One entity on its way up: model and adapter → repository → layers, and the codec of its wire. */

import type { Adapter } from "../adapter/adapter.ts";
import type { ContractState } from "../adapter/schema.ts";
import { available } from "../layer/available.ts";
import { dispatchEntity, type EntityDispatch } from "../layer/dispatch/dispatch.ts";
import { observe } from "../layer/observe.ts";
import type { Interceptor } from "../model/interceptor.ts";
import type { Clock } from "../model/clock.ts";
import { Fault } from "../model/fault.ts";
import { createRepository } from "../repository/create-repository.ts";
import { notCarried, unmetDemands, type Demand } from "../repository/demands.ts";
import type { Generators } from "../repository/write/generate.ts";
import type { EntityDispatcher } from "../repository/dispatcher.ts";
import type { EntityMethod } from "../repository/operation.ts";
import type { RepositoryOptions } from "../repository/scope.ts";
import type { CodecLimits } from "../schema/codec/codec.ts";
import { compileCodec } from "../schema/codec/compile.ts";
import type { LiveSettings } from "../server/live-settings.ts";
import type { RoutedEntity } from "../server/routed-schema.ts";
import { createWire } from "../service/wire/create-wire.ts";
import type { RepositoryWire } from "../service/wire/wire.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { levelsOf } from "./open-store.ts";
import { once } from "./once.ts";

const methods: readonly EntityMethod[] = [
  "Create", "Get", "BatchGet", "List", "Count", "Exists", "Update", "Put", "Delete", "Undelete", "BatchWrite",
]; // prettier-ignore

/** What all entities have in common. */
export interface Shared {
  readonly live: LiveSettings;
  readonly ids: Generators;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface EntityService {
  readonly entity: RoutedEntity;
  readonly service: string;
  readonly store: string;
  /** What its repository is made of. @throws Fault while it has no store that can carry it, or its schema does not fit */
  readonly options: () => RepositoryOptions;
  /** Its repository with all that is around it, for its own calls and for its part in an Execute. */
  readonly dispatch: EntityDispatch;
  /** Like `wire`, made when it is first asked for. */
  readonly dispatcher: () => EntityDispatcher;
  readonly wire: () => RepositoryWire;
  readonly missing: () => readonly Demand[];
  /** Undefined where its store remembers nothing of it. @throws Fault while the store is not open */
  readonly contract: () => ContractState | undefined;
  readonly isCarried: () => boolean;
  /** Whether the schema fits the store; where not, every call fails. @throws Fault while the store is not open */
  readonly fits: () => boolean;
}

export function entityService(entity: RoutedEntity, adapter: () => Adapter, options: Shared): EntityService {
  const { model, store } = entity;
  const { live, telemetry } = options;
  const missing = (): readonly Demand[] => unmetDemands(model, adapter(), levelsOf(entity.own));
  const contract = (): ContractState | undefined => adapter().schema?.contract?.(model);
  const fits = (): boolean => (contract()?.drift ?? []).length === 0;
  const assertFits = (): void => {
    const { drift, digest } = contract() ?? { drift: [], digest: "" };
    if (digest === "") return; // not reached yet: the store is asked, and says so
    if (drift.length > 0) throw driftFault(model.name, store.name, drift);
  };
  const carried = once((): RepositoryOptions => {
    const [lacking] = missing();
    if (lacking) throw notCarried(model, store.name, lacking);
    return repositoryOptions(entity, adapter(), options);
  });
  const repository = once(() => createRepository(carried()));
  const intercept = (method: string): Interceptor =>
    telemetry.interceptor({ stage: "repository", method, entity: model.name, store: store.name });
  const layers = once(() => [observe(methods, intercept), available(() => (assertFits(), repository()))]);
  const dispatch: EntityDispatch = {
    entity: model,
    get layers() {
      return layers();
    },
    repository,
  };
  return {
    entity,
    service: model.service,
    store: store.name,
    options: () => (assertFits(), carried()),
    dispatch,
    dispatcher: once(() => dispatchEntity(dispatch)),
    wire: once(() => createWire(compileCodec(model, codecLimits(live)))),
    missing,
    contract,
    isCarried: () => missing().length === 0 && fits(),
    fits,
  };
}

/** The first change is shown for all, because a status is short. */
function driftFault(entity: string, store: string, [first = "", ...more]: readonly string[]): Fault {
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  const text = `${entity} is not served, because its schema does not fit the store: ${first}${others}; pannier migrate plan says what to do`;
  return new Fault("SCHEMA_DRIFT", text, { entity, store });
}

function repositoryOptions({ model, store }: RoutedEntity, adapter: Adapter, options: Shared): RepositoryOptions {
  const { live, ids, clock } = options;
  return {
    entity: model,
    adapter,
    store: store.name,
    limits: live.repositoryLimits,
    tokens: live.tokens,
    clock,
    ids: adapter.nodeNumbers ? ids.within(adapter.nodeNumbers) : ids,
    get scans() {
      return live.scansOf(model.name, store.name);
    },
    restores: store.restores,
  };
}

/** Change in place, like the limits they come from. */
function codecLimits({ limits, repositoryLimits, unknownEntityFields }: LiveSettings): CodecLimits {
  return {
    get filterDepth() {
      return limits.filterDepth;
    },
    get filterTerms() {
      return limits.filterTerms;
    },
    get batchItems() {
      return repositoryLimits.batchItems;
    },
    unknownEntityFields,
  };
}
