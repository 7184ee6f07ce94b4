/** A connected client. */

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
  health(options?: HealthOptions): Promise<Health>;
  /** Lets calls that are under way end, up to the default timeout, then closes the connection. Later calls are refused. */
  close(): Promise<void>;
}

/** The members of generated packages stand beside those of `Connected`. */
export type Database<Packages> = Connected & Packages;
