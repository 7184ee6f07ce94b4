/** What every operation of one repository works with: the entity, its store, and what was derived of both at load. */

import type { Adapter, Transaction } from "../adapter/adapter.ts";
import { TransientSet } from "../containers/transient-set.ts";
import type { Call } from "../model/call.ts";
import type { Clock } from "../model/clock.ts";
import type { EntityModel } from "../model/entity.ts";
import type { Visibility } from "../model/query.ts";
import { pause as sleep, type Pause } from "./attempt.ts";
import type { Generators } from "./write/generate.ts";
import type { RepositoryLimits } from "./limits.ts";
import type { TokenSealer } from "./pages/page-token.ts";
import { compileEntityLayout, type EntityLayout } from "./entity-layout.ts";
import { precisionOf, truncateTime } from "./timestamps.ts";

export interface RepositoryOptions {
  readonly entity: EntityModel;
  /** Guarded (see `adapter/decorators/guard.ts`). */
  readonly adapter: Adapter;
  /** Name of the store in the configuration. */
  readonly store: string;
  readonly limits: RepositoryLimits;
  readonly tokens: TokenSealer;
  readonly clock: Clock;
  readonly ids: Generators;
  /** Whether reads without a range are served without being asked for. */
  readonly scans: "refuse" | "allow";
  /** Whether Put.restore may be used. */
  readonly restores: "refuse" | "allow";
  /** How attempts wait; tests do not. */
  readonly pause?: Pause;
  /** The transaction that a call has joined, guarded; undefined where it has joined none. Without it no call joins one. */
  readonly joined?: (call: Call) => Transaction | undefined;
}

export interface Scope extends RepositoryOptions {
  /** Whether `adapter` reads and writes in a transaction that the caller ends: nothing is done again inside. */
  readonly isInTransaction?: boolean;
  readonly layout: EntityLayout;
  readonly pause: Pause;
  /** Of those that the store has given out for this request (`write/numbers.ts`); absent where it was asked for none. */
  readonly nextNumber?: (ordinal: number) => bigint;
  /** request_ids whose write is under way in this process. */
  readonly inFlight: TransientSet<string>;
}

export function createScope(options: RepositoryOptions): Scope {
  const layout = compileEntityLayout(options.entity, precisionOf(options.adapter.capabilities));
  return {
    ...options,
    get scans() {
      return options.scans; // may change while it serves
    },
    layout,
    pause: options.pause ?? sleep,
    inFlight: new TransientSet(),
  };
}

/**
 * Where an operation of this call runs: at the store, or in the transaction that the call has joined. Planning, classifying
 * and capabilities stay the store's; what begins something of its own (a snapshot, a one-shot transaction) is not there inside.
 */
export function scopeOf(scope: Scope, call: Call): Scope {
  const transaction = scope.joined?.(call);
  if (!transaction) return scope;
  const { adapter: store } = scope;
  const unitCost = store.unitCost?.bind(store);
  const count = transaction.count?.bind(transaction);
  const modify = transaction.modify?.bind(transaction);
  const numbers = store.numbers?.bind(store); // they are nobody else's, whatever becomes of the transaction
  const adapter: Adapter = {
    capabilities: store.capabilities,
    plan: (query) => store.plan(query),
    classify: (error) => store.classify(error),
    ping: (within) => store.ping(within),
    close: () => store.close(),
    ...(unitCost && { unitCost }),
    read: (request, within) => transaction.read(request, within),
    scan: (plan, window, within) => transaction.scan(plan, window, within),
    write: (request, within) => transaction.write(request, within),
    ...(count && { count }),
    ...(modify && { modify }),
    ...(numbers && { numbers }),
  };
  return { ...scope, adapter, isInTransaction: true };
}

/** The moment a call happens at, in the precision of the store. */
export function nowOf(scope: Scope): bigint {
  return truncateTime(scope.clock.now(), scope.layout.precision);
}

/** The clock is asked only where a row can expire. */
export function visibility(scope: Scope, showDeleted: boolean): Visibility {
  return { deleted: showDeleted, now: scope.entity.managed.expiresAt === undefined ? 0n : scope.clock.now() };
}
