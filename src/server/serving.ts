/** What health says, kept true: the whole and readiness follow from the stores, each repository from its store and what it asks of it. */

import { AdminService } from "../gen/pannier/v1/admin_pb.ts";
import { TransactionService } from "../gen/pannier/v1/transaction_pb.ts";
import { OVERALL, READINESS, type Health } from "./health.ts";

export interface ServingRepository {
  /** Full service name. */
  readonly service: string;
  readonly store: string;
  /** Whether its store, which answers, can carry it. */
  readonly isCarried: () => boolean;
}

/** Health names of stores stand apart from those of services. */
export function storeHealthName(store: string): string {
  return `store.${store}`;
}

/**
 * Answers the function to call whenever a store begins or ceases to answer. Ready means that every store answers; the whole serves while any does,
 * because a caller of one entity is not helped by being sent away for another's.
 */
export function servingStatus(
  health: Health,
  repositories: readonly ServingRepository[],
): (store: string, serving: boolean) => void {
  const stores = new Map<string, boolean>();
  return (store, serving) => {
    stores.set(store, serving);
    health.set(storeHealthName(store), serving);
    for (const repository of repositories) {
      if (repository.store === store) health.set(repository.service, serving && repository.isCarried());
    }
    const all = [...stores.values()];
    health.set(READINESS, all.every(Boolean));
    const some = all.some(Boolean);
    health.set(OVERALL, some);
    health.set(TransactionService.typeName, some);
    health.set(AdminService.typeName, true); // tells what is configured, whether or not a store answers
  };
}
