/** What every operation of one repository works with: the entity, its store, and what was derived of both at load. */

import type { Adapter } from "../adapter/adapter.ts";
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
  /** Guarded (see `adapter/guard.ts`). */
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
}

export interface Scope extends RepositoryOptions {
  readonly layout: EntityLayout;
  readonly pause: Pause;
  /** request_ids whose write is under way in this process. */
  readonly inFlight: Set<string>;
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
    inFlight: new Set(),
  };
}

/** The moment a call happens at, in the precision of the store. */
export function nowOf(scope: Scope): bigint {
  return truncateTime(scope.clock.now(), scope.layout.precision);
}

/** The clock is asked only where a row can expire. */
export function visibility(scope: Scope, showDeleted: boolean): Visibility {
  return { deleted: showDeleted, now: scope.entity.managed.expiresAt === undefined ? 0n : scope.clock.now() };
}
