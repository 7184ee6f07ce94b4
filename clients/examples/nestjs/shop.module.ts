/** The client as a provider: connected before the application listens, closed when it ends. */

import { Inject, Module, type OnApplicationShutdown } from "@nestjs/common";
import type { Database } from "pannier/client";
import { connect, type Packages } from "./gen/index.ts";
import { DATABASE, ProductsController } from "./products.controller.ts";

@Module({ controllers: [ProductsController], providers: [{ provide: DATABASE, useFactory: () => connect() }] })
export class ShopModule implements OnApplicationShutdown {
  readonly #db: Database<Packages>;

  constructor(@Inject(DATABASE) db: Database<Packages>) {
    this.#db = db;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#db.close();
  }
}
