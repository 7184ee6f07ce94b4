/** What a start or an inspection writes to the log about the tables. */

import type { OpenOptions } from "../opening.ts";

export interface EntityDrift {
  readonly entity: string;
  /** Why it is not served, a line each; empty where it is. */
  readonly drift: readonly string[];
}

type Listener = Pick<OpenOptions, "log" | "store">;

/** What was done to bring tables in order, a text each. */
export function tellApplied({ log, store }: Listener, applied: readonly string[]): void {
  if (applied.length > 0) log.info({ store, changes: applied.length }, "tables were brought in order");
  for (const text of applied) log.debug({ store }, `schema: ${text}`);
}

/** Of which entities the schema does not fit, and why. */
export function tellDrift({ log, store }: Listener, states: readonly EntityDrift[]): void {
  for (const { entity, drift: plan } of states) {
    if (plan.length === 0) continue;
    log.error({ store, entity, plan }, "the schema does not fit the store; the entity is not served until it does");
  }
}
