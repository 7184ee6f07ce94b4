/** How the entities lie in the file, as the serving thread knows it: replaced whole when somebody looked again. */

import type { EntityModel } from "../../../model/entity.ts";
import { CODE, SqliteFailure } from "../failure.ts";
import type { EntityState } from "./survey.ts";
import type { Table } from "../../sql/table.ts";
import { tableOf } from "./table.ts";

export interface Placed {
  /** @throws SqliteFailure where the entity waits for its tables */
  readonly tableFor: (entity: EntityModel) => Table;
  readonly stateOf: (entity: EntityModel) => EntityState;
  /** Of the contracts and tables that the states were made from; see `schemaMark`. */
  mark: string | undefined;
  /** In the order of the entities. */
  readonly adopt: (states: readonly EntityState[]) => void;
}

export function createPlaced(entities: readonly EntityModel[], first: readonly EntityState[]): Placed {
  let states = new Map<EntityModel, EntityState>();
  let tables = new Map<EntityModel, Table>(); // each made when it is first needed
  const adopt = (next: readonly EntityState[]): void => {
    const pairs = entities.flatMap((entity, i) => {
      const state = next[i];
      return state ? [[entity, state] as const] : [];
    });
    states = new Map(pairs);
    tables = new Map();
  };
  adopt(first);
  const stateOf = (entity: EntityModel): EntityState => {
    const state = states.get(entity);
    if (!state) throw new TypeError(`${entity.name} is not of this store`);
    return state;
  };
  return {
    tableFor: (entity) => {
      const known = tables.get(entity);
      if (known) return known;
      const { drift, layout, entity: name } = stateOf(entity);
      if (drift.length > 0) throw new SqliteFailure(CODE.schema, { entity: name });
      const table = tableOf(entity, layout);
      tables.set(entity, table);
      return table;
    },
    stateOf,
    adopt,
    mark: undefined,
  };
}
