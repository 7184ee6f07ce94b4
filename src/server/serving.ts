/** What health says, kept true: the whole and readiness follow from the stores, each repository from its store and what it asks of it. */

import { AdminService } from "../gen/pannier/v1/admin_pb.ts";
import { CollectionService } from "../gen/pannier/v1/collection_pb.ts";
import { TransactionService } from "../gen/pannier/v1/transaction_pb.ts";
import { type Health, OVERALL, READINESS } from "./health.ts";

export interface ServingRepository {
  /** Full service name. */
  readonly service: string;
  readonly store: string;
  /** Whether its store, which answers, can carry it. */
  readonly isCarried: () => boolean;
  /** Whether its schema fits the store, which answers. */
  readonly fits: () => boolean;
}

/** Health names of stores, apart from those of services. */
export function storeHealthName(store: string): string {
  return `store.${store}`;
}

/**
 * Answers the function to call whenever a store begins or ceases to answer, or may carry other entities than before. Ready means that every store
 * answers and that every schema fits; the whole serves while any entity is served, because a caller of one entity is not helped by being sent away
 * for another's.
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
    const isUp = (name: string): boolean => stores.get(name) === true;
    const misfit = repositories.some((repository) => isUp(repository.store) && !repository.fits());
    health.set(READINESS, [...stores.values()].every(Boolean) && !misfit);
    const some = [...stores.keys()].some((name) => isUp(name) && servesAny(repositories, name));
    health.set(OVERALL, some);
    health.set(TransactionService.typeName, some);
    health.set(CollectionService.typeName, some);
    health.set(AdminService.typeName, true); // says what is configured, whether or not a store answers
  };
}

/** A store without entities serves whoever asks for the store itself. */
function servesAny(repositories: readonly ServingRepository[], store: string): boolean {
  const own = repositories.filter((repository) => repository.store === store);
  return own.length === 0 || own.some(({ isCarried }) => isCarried());
}
