/** What every operation of one memory store works with. */

import type { EntityModel } from "../../model/entity.ts";
import type { StepOutcome, WriteOutcome } from "../adapter.ts";
import type { Derivations } from "../derivation.ts";
import type { Gate } from "./gate.ts";
import type { Pace } from "./pace.ts";
import type { Profile } from "./profile.ts";
import type { RequestLog } from "./request-log.ts";
import type { Table } from "./table.ts";

export interface Core {
  /** Name in the configuration. */
  readonly store: string;
  readonly profile: Profile;
  readonly pace: Pace;
  readonly gate: Gate;
  readonly derivations: Derivations;
  readonly tables: ReadonlyMap<string, Table>;
  /** Outcomes by request_id, of writes and of Execute. */
  readonly writes: RequestLog<WriteOutcome>;
  readonly executions: RequestLog<StepOutcome>;
}

export function tableOf({ tables, store }: Core, entity: EntityModel): Table {
  const table = tables.get(entity.name);
  if (!table) throw new TypeError(`${entity.name} is not in the store ${store}`);
  return table;
}
