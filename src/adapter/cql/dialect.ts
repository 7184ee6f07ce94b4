/** What differs between the databases that speak CQL. A database fills it in its own folder. */

import type { OrderTerm } from "../../model/entity.ts";
import type { FieldType } from "../../model/field.ts";
import type { Ask } from "./cluster/driver.ts";

export interface CqlDialect {
  /**
   * Which fields of an index the database has an index for.
   *
   * @param found whether a field is found without one, as all of the partition key is
   */
  indexed(parts: readonly OrderTerm[], found: (term: OrderTerm) => boolean): readonly OrderTerm[];
  /** Whether a column of this type can have an index. */
  canIndex(type: FieldType): boolean;
  /** Whether lt, lte, gt and gte go through an index on a column of this type. */
  canRange(type: FieldType): boolean;
  /** Most bytes of a text in an indexed column; a row with a longer one is refused by the database. */
  readonly mostIndexedBytes: number;
  /** Text that makes the index where it is missing. */
  createIndex(place: IndexPlace): string;
  /** Whether queries can go through all of a keyspace's indexes: one that is new is filled first. */
  areIndexesReady(ask: Ask, keyspace: string): Promise<boolean>;
  /** Behind a SELECT that goes through an index and asks for more than that says. */
  readonly manyIndexes: string;
  /** Whether unique indexes are kept in a table beside (`unique.ts`): a setting of the store, not the database's doing. */
  readonly keepsUnique?: boolean;
  /** Whether EACH_QUORUM is a level of reads too. */
  readonly readsEachQuorum: boolean;
  /** What a keyspace that is made has behind its replication; nothing where it is left out. */
  keyspaceOptions?(ask: Ask): Promise<string>;
}

/** Names are quoted. */
export interface IndexPlace {
  readonly name: string;
  readonly table: string;
  readonly column: string;
}
