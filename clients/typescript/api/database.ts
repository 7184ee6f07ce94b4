/** A connected client. */

import type { CollectionItem, CollectionMembers, CollectionPage, CollectionQuery, MemberField } from "./collection.ts";
import type { Operation, ResultsOf, TransactionOptions } from "./operation.ts";
import type { CallOptions } from "./options.ts";

export interface HealthOptions extends CallOptions {
  /** A store, a repository service, `liveness` or `readiness`; the sidecar as a whole when absent. */
  readonly service?: string | undefined;
}

export type Health = "serving" | "notServing" | "unknown";

export interface Connected extends AsyncDisposable {
  /**
   * All operations, in order, or none, over the entities of one store; answers each. The sidecar repeats it when the store
   * reports a conflict. @example const [order, product] = await db.transaction([db.shop.orders.create.op(o), db.shop.products.update.op(p, c)]);
   */
  transaction<const Operations extends readonly Operation<unknown>[]>(
    operations: Operations,
    options?: TransactionOptions,
  ): Promise<ResultsOf<Operations>>;
  /**
   * The rows of several entities that lie in one partition by their item templates, in the order of their sort keys. Each item says by
   * `entity` which member it is. @example const page = await db.collection({ user: User, order: Order }, { partition: { user: { id } } });
   */
  collection<const Members extends CollectionMembers, Field extends MemberField<Members> = MemberField<Members>>(
    members: Members,
    query: CollectionQuery<Members, Field>,
  ): Promise<CollectionPage<CollectionItem<Members, Field>>>;
  health(options?: HealthOptions): Promise<Health>;
  /** Lets calls that are under way end, up to the default timeout, then closes the connection. Later calls are refused. */
  close(): Promise<void>;
}

/** The members of generated packages stand beside those of `Connected`. */
export type Database<Packages> = Connected & Packages;
