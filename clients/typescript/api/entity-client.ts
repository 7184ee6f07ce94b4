/** The repository of one entity, as callers see it. */

import type { CallOptions, FieldOptions, GuardOptions, ReadOptions, WriteOptions } from "./options.ts";
import type { BatchWriteOptions, Operation, WriteOperation } from "./operation.ts";
import type { ItemResult, Page, Scan, Written } from "./page.ts";
import type { CountQuery, ExistsQuery, Filter, FirstQuery, ListQuery, ScanQuery } from "./query.ts";

/** The types that a generated module makes for one entity; they exist for the compiler alone. */
export interface EntityTypes {
  /** As it is answered. */
  readonly entity: object;
  readonly key: object;
  /** The key, and the version where there is one, which is then expected. */
  readonly target: object;
  /** What Create and Put take. */
  readonly init: object;
  /** What Update takes. */
  readonly changes: object;
  readonly where: object;
  /** Fields that an order may name. */
  readonly sortable: string;
  /** Fields that every answer holds: the key, and the version where there is one. */
  readonly always: string;
}

/** Names of fields that an answer may be cut to. */
export type FieldOf<T extends EntityTypes> = keyof T["entity"] & string;

/** The entity with the fields asked for, the key and the version. */
export type Selected<T extends EntityTypes, F extends FieldOf<T>> = [FieldOf<T>] extends [F]
  ? T["entity"]
  : Pick<T["entity"], F | (T["always"] & FieldOf<T>)>;

type Where<T extends EntityTypes> = Filter<T["where"]>;

export interface CreateMethod<T extends EntityTypes> {
  /** @throws KeyExistsError, UniqueViolationError */
  <F extends FieldOf<T> = FieldOf<T>>(entity: T["init"], options?: WriteOptions & FieldOptions<F>): Promise<Selected<T, F>>; // prettier-ignore
  /** The same for `transaction` and `batchWrite`. */
  op(entity: T["init"]): WriteOperation<T, T["entity"]>;
}

export interface GetMethod<T extends EntityTypes> {
  /** @throws RowNotFoundError; see `find` */
  <F extends FieldOf<T> = FieldOf<T>>(key: T["key"], options?: ReadOptions & FieldOptions<F>): Promise<Selected<T, F>>;
  op(key: T["key"], options?: { readonly showDeleted?: boolean }): Operation<T["entity"]>;
}

export interface UpdateMethod<T extends EntityTypes> {
  /**
   * Changes what is named: a value is set, null clears, `increment`, `append` and `remove` are atomic, undefined is left
   * alone. @throws RowNotFoundError, VersionMismatchError, ConditionFailedError
   */
  <F extends FieldOf<T> = FieldOf<T>>(
    target: T["target"],
    changes: T["changes"],
    options?: WriteOptions & GuardOptions<Where<T>> & FieldOptions<F>,
  ): Promise<Selected<T, F>>;
  op(target: T["target"], changes: T["changes"], options?: GuardOptions<Where<T>>): WriteOperation<T, T["entity"]>;
}

export interface UpsertMethod<T extends EntityTypes> {
  /** Sets what is named in the row, or makes it. */
  <F extends FieldOf<T> = FieldOf<T>>(
    entity: T["key"] & T["changes"],
    options?: WriteOptions & Pick<GuardOptions<Where<T>>, "condition"> & FieldOptions<F>,
  ): Promise<Written<Selected<T, F>>>;
  op(entity: T["key"] & T["changes"]): WriteOperation<T, Written<T["entity"]>>;
}

export interface PutOptions<Where> extends WriteOptions, GuardOptions<Where> {
  /** Stores managed fields as given, for imports, where the store's configuration allows it. */
  readonly restore?: boolean | undefined;
}

export interface PutMethod<T extends EntityTypes> {
  /** Replaces the whole row, or makes it. An entity with a version replaces that version only. */
  <F extends FieldOf<T> = FieldOf<T>>(
    entity: T["target"] & T["init"],
    options?: PutOptions<Where<T>> & FieldOptions<F>,
  ): Promise<Written<Selected<T, F>>>;
  op(entity: T["target"] & T["init"], options?: GuardOptions<Where<T>>): WriteOperation<T, Written<T["entity"]>>;
}

export interface DeleteOptions<Where> extends WriteOptions, GuardOptions<Where> {
  /** Removes the row of an entity with soft delete for good. */
  readonly permanent?: boolean | undefined;
}

export interface DeleteMethod<T extends EntityTypes> {
  /** The entity as it was left. @throws RowNotFoundError, VersionMismatchError, ConditionFailedError */
  <F extends FieldOf<T> = FieldOf<T>>(
    target: T["target"],
    options?: DeleteOptions<Where<T>> & FieldOptions<F> & { readonly allowMissing?: false },
  ): Promise<Selected<T, F>>;
  /** Undefined where there was no such row. */
  <F extends FieldOf<T> = FieldOf<T>>(
    target: T["target"],
    options: DeleteOptions<Where<T>> & FieldOptions<F> & { readonly allowMissing: boolean },
  ): Promise<Selected<T, F> | undefined>;
  op(
    target: T["target"],
    options?: GuardOptions<Where<T>> & { readonly allowMissing?: boolean; readonly permanent?: boolean },
  ): WriteOperation<T, T["entity"] | undefined>;
}

export interface CountMethod<T extends EntityTypes> {
  (query?: CountQuery<T["where"]>): Promise<number>;
  op(query?: CountQuery<T["where"]>): Operation<number>;
}

export interface ExistsMethod<T extends EntityTypes> {
  (query: ExistsQuery<T["key"], T["where"]>): Promise<boolean>;
  op(query: ExistsQuery<T["key"], T["where"]>): Operation<boolean>;
}

export interface EntityClient<T extends EntityTypes> {
  /** Makes a row, and answers it as it was stored. */
  readonly create: CreateMethod<T>;
  /** The row of a key. */
  readonly get: GetMethod<T>;
  /** Changes fields of a row, under a condition if need be. */
  readonly update: UpdateMethod<T>;
  /** Changes a row, or makes it. */
  readonly upsert: UpsertMethod<T>;
  /** Replaces a row, or makes it. */
  readonly put: PutMethod<T>;
  /** Deletes a row: marks it, where the entity has soft delete. */
  readonly delete: DeleteMethod<T>;
  /** How many rows a query has. */
  readonly count: CountMethod<T>;
  /** Whether there is a row of a key, or any that a filter lets through. */
  readonly exists: ExistsMethod<T>;

  /** As `get`, but undefined where there is no such row. */
  find<F extends FieldOf<T> = FieldOf<T>>(
    key: T["key"],
    options?: ReadOptions & FieldOptions<F>,
  ): Promise<Selected<T, F> | undefined>;

  /** Every key is answered, in order. */
  batchGet<F extends FieldOf<T> = FieldOf<T>>(
    keys: readonly T["key"][],
    options?: ReadOptions & FieldOptions<F>,
  ): Promise<readonly ItemResult<Selected<T, F>>[]>;

  /** Every write is answered, in order; they fail alone unless `atomic`. */
  batchWrite(
    writes: readonly WriteOperation<T, unknown>[],
    options?: BatchWriteOptions & CallOptions,
  ): Promise<readonly ItemResult<T["entity"]>[]>;

  /** @throws ScanRequiredError where no index serves the query, and `allowScan` is not set */
  list<F extends FieldOf<T> = FieldOf<T>>(
    query?: ListQuery<T["where"], T["sortable"], F>,
  ): Promise<Page<Selected<T, F>>>;

  /** The pages of a query, one after the other. */
  pages<F extends FieldOf<T> = FieldOf<T>>(
    query?: ListQuery<T["where"], T["sortable"], F>,
  ): AsyncIterable<Page<Selected<T, F>>>;

  /** The first row of a query; undefined where it has none. */
  findFirst<F extends FieldOf<T> = FieldOf<T>>(
    query?: FirstQuery<T["where"], T["sortable"], F>,
  ): Promise<Selected<T, F> | undefined>;

  /** Reads everything that the filter lets through, however much that is. */
  scan<F extends FieldOf<T> = FieldOf<T>>(query?: ScanQuery<T["where"], T["sortable"], F>): Scan<Selected<T, F>>;
}

export interface UndeleteMethod<T extends EntityTypes> {
  /** Restores a row that is marked deleted. @throws RowNotFoundError, UniqueViolationError */
  <F extends FieldOf<T> = FieldOf<T>>(
    target: T["target"],
    options?: Omit<WriteOptions, "validateOnly"> & Pick<GuardOptions<never>, "expectedVersion"> & FieldOptions<F>,
  ): Promise<Selected<T, F>>;
  op(target: T["target"], options?: Pick<GuardOptions<never>, "expectedVersion">): Operation<T["entity"]>;
}

/** Of an entity with soft delete. */
export interface SoftDeleteClient<T extends EntityTypes> extends EntityClient<T> {
  readonly undelete: UndeleteMethod<T>;
}
