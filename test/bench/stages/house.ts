/** The repository over a guarded store, as `compose.ts` puts it together. */

import { randomBytes } from "node:crypto";
import { guard } from "../../../src/adapter/decorators/guard.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import { dispatchEntity } from "../../../src/layer/dispatch/dispatch.ts";
import { createRepository } from "../../../src/repository/create-repository.ts";
import { createGenerators } from "../../../src/repository/write/generate.ts";
import { DEFAULT_LIMITS } from "../../../src/repository/limits.ts";
import { createSealer } from "../../../src/repository/pages/page-token.ts";
import { createRandom } from "../../../src/repository/write/random.ts";
import type { EntityDispatcher } from "../../../src/repository/dispatcher.ts";
import type { Repository } from "../../../src/repository/repository.ts";
import { openStore } from "../database.ts";

export interface OpenRepository {
  readonly repository: Repository;
  /** Without layers. */
  readonly dispatcher: EntityDispatcher;
  close(): Promise<void>;
}

export async function openRepository(file: string, entity: EntityModel): Promise<OpenRepository> {
  const adapter = guard(await openStore(file, entity), "default");
  const random = createRandom();
  const repository = createRepository({
    entity,
    adapter,
    store: "default",
    limits: DEFAULT_LIMITS,
    tokens: createSealer({ keys: [randomBytes(32)], random }),
    clock: systemClock,
    ids: createGenerators({ clock: systemClock, random, node: 1 }),
    scans: "refuse",
    restores: "refuse",
  });
  const dispatcher = dispatchEntity({ entity, layers: [], repository: () => repository });
  return { repository, dispatcher, close: () => adapter.close() };
}
