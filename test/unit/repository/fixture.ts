/** An entity with every feature, its repository on memory, and requests with their defaults. */

import { open } from "../../../src/adapter/memory/open.ts";
import { guard } from "../../../src/adapter/decorators/guard.ts";
import type { Adapter } from "../../../src/adapter/adapter.ts";
import { createCall, type Call } from "../../../src/model/call.ts";
import type { Clock } from "../../../src/model/clock.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import { Fault } from "../../../src/model/fault.ts";
import type { Field } from "../../../src/model/field.ts";
import type { Filter } from "../../../src/model/filter.ts";
import type { EntityRecord, Value } from "../../../src/model/value.ts";
import { createRepository } from "../../../src/repository/create-repository.ts";
import { createGenerators } from "../../../src/repository/write/generate.ts";
import { DEFAULT_LIMITS, type RepositoryLimits } from "../../../src/repository/limits.ts";
import { createSealer, type TokenSealer } from "../../../src/repository/pages/page-token.ts";
import { createRandom } from "../../../src/repository/write/random.ts";
import type {
  CountRequest,
  CreateRequest,
  DeleteRequest,
  ExistsRequest,
  GetRequest,
  ListRequest,
  Projected,
  PutRequest,
  ScanRequest,
  UndeleteRequest,
  UpdateRequest,
} from "../../../src/repository/operation.ts";
import type { Repository, Transactions } from "../../../src/repository/repository.ts";
import { createTransactions } from "../../../src/repository/execute/transactions.ts";
import type { RepositoryOptions } from "../../../src/repository/scope.ts";
import {
  entityOf,
  int32,
  int64,
  list,
  map,
  money,
  ordinalOf,
  set,
  sparseOf,
  text,
  timestamp,
} from "../model/sample.ts";

const base = entityOf({
  name: "test.Order",
  fields: {
    tenant: { type: text, plain: true },
    id: { type: text, plain: true },
    customer: text,
    number: { type: text, immutable: true },
    status: int32,
    total: money,
    attempts: int64,
    tags: set(text),
    notes: list(text),
    counts: map(int64),
    card: text,
    cash: text,
    due: timestamp,
    title: { type: text, required: true },
    code: text,
    plain: { type: int32, plain: true },
    created_at: timestamp,
    updated_at: timestamp,
    deleted_at: timestamp,
    expires_at: timestamp,
    version: { type: int64, plain: true },
  },
  key: ["tenant", "id"],
  indexes: [["customer", "created_at desc"], ["due"]],
  unique: [["number"]],
  managed: {
    createdAt: "created_at",
    updatedAt: "updated_at",
    deletedAt: "deleted_at",
    expiresAt: "expires_at",
    version: "version",
  },
});

const MORE: { readonly [name: string]: Partial<Field> } = {
  id: { generate: "uuid_v7", maxLength: 40 },
  code: { generate: "ulid" },
  card: { oneof: 0 },
  cash: { oneof: 0 },
  customer: { maxLength: 10 },
};

function withMore(entity: EntityModel): EntityModel {
  const fields = entity.fields.map((field) => ({ ...field, ...MORE[field.name] }));
  return { ...entity, fields, message: { ...entity.message, fields } };
}

export const order: EntityModel = withMore(base);

/** Like it, in another store's hands. */
export const other: EntityModel = { ...order, name: "test.Other", table: "others" };

export function at(name: string): number {
  return ordinalOf(order, name);
}

export function sparse(values: { readonly [name: string]: Value }): EntityRecord {
  return sparseOf(order, values);
}

/** Stands still until moved. */
export interface HeldClock extends Clock {
  moment: bigint;
}

export const START = 1_800_000_000_000_000_000n;

/** Of a row made at START, whose entity has expiry: versions count from the present in microseconds. */
export function nthVersion(n: bigint): bigint {
  return START / 1_000n + n - 1n;
}

export interface Fixture {
  readonly repository: Repository;
  readonly adapter: Adapter;
  readonly options: RepositoryOptions;
  readonly clock: HeldClock;
  readonly call: Call;
}

export interface FixtureOptions {
  readonly profile?: "weak" | "partitioned";
  readonly limits?: Partial<RepositoryLimits>;
  readonly more?: Partial<RepositoryOptions>;
  /** Wraps the adapter, to change one thing about it. */
  readonly wrap?: (adapter: Adapter) => Adapter;
}

export function freshCall(timeout = 20_000): Call {
  return createCall({ timeout, requestId: "test" }).call;
}

export const sealer: TokenSealer = createSealer({ keys: [new Uint8Array(32).fill(7)], random: createRandom() });

export async function fixture(given: FixtureOptions = {}): Promise<Fixture> {
  const clock: HeldClock = {
    moment: START,
    now() {
      return this.moment;
    },
  };
  const url = new URL(given.profile ? `memory:?profile=${given.profile}` : "memory:");
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const opened = await open({
    store: "main",
    url,
    dataDir: "",
    entities: [order, other],
    tables: "auto",
    settings: {},
    clock,
    log: quiet,
  });
  const adapter = guard(given.wrap ? given.wrap(opened) : opened, "main");
  const options: RepositoryOptions = {
    entity: order,
    adapter,
    store: "main",
    limits: { ...DEFAULT_LIMITS, ...given.limits },
    tokens: sealer,
    clock,
    ids: createGenerators({ clock, random: createRandom(), node: 1 }),
    scans: "refuse",
    restores: "refuse",
    pause: () => Promise.resolve(true),
    ...given.more,
  };
  return { repository: createRepository(options), adapter, options, clock, call: freshCall() };
}

/** Over the repositories that are made of these. */
export function transactionsOf(...made: readonly RepositoryOptions[]): Transactions {
  return createTransactions((entity) => made.find((options) => options.entity === entity));
}

const WRITE = { requestId: "", readMask: undefined, consistency: undefined } as const;
const GUARD = { ...WRITE, condition: undefined, expectedVersion: undefined } as const;
const READ = { readMask: undefined, showDeleted: false, consistency: undefined } as const;

type Values = { readonly [name: string]: Value };

export function row(values: Values = {}): EntityRecord {
  return sparse({ tenant: "t", title: "a title", ...values });
}

export function creating(values: Values = {}, more: Partial<CreateRequest> = {}): CreateRequest {
  return { ...WRITE, validateOnly: false, entity: row(values), ...more };
}

export function putting(values: Values, more: Partial<PutRequest> = {}): PutRequest {
  return { ...GUARD, validateOnly: false, restore: false, entity: row(values), ...more };
}

export function updating(values: Values, more: Partial<UpdateRequest> = {}): UpdateRequest {
  return {
    ...GUARD,
    validateOnly: false,
    allowMissing: false,
    updateMask: undefined,
    increment: undefined,
    append: undefined,
    remove: undefined,
    entity: sparse({ tenant: "t", ...values }),
    ...more,
  };
}

export function deleting(id: string, more: Partial<DeleteRequest> = {}): DeleteRequest {
  return { ...GUARD, validateOnly: false, allowMissing: false, permanent: false, key: ["t", id], ...more };
}

export function undeleting(id: string, more: Partial<UndeleteRequest> = {}): UndeleteRequest {
  return { ...WRITE, expectedVersion: undefined, key: ["t", id], ...more };
}

export function getting(id: string, more: Partial<GetRequest> = {}): GetRequest {
  return { ...READ, key: ["t", id], ...more };
}

export function listing(more: Partial<ListRequest> = {}): ListRequest {
  const page = { where: undefined, orderBy: "", pageSize: 0, pageToken: "", skip: 0 } as const;
  return { ...READ, ...page, total: "none", allowScan: false, ...more };
}

export function scanning(more: Partial<ScanRequest> = {}): ScanRequest {
  const page = { where: undefined, orderBy: "", pageSize: 0, resumeToken: "", parallelism: 0 } as const;
  return { ...READ, ...page, onError: "stop", maxRetries: undefined, ...more };
}

export function counting(more: Partial<CountRequest> = {}): CountRequest {
  return { where: undefined, showDeleted: false, allowScan: false, consistency: undefined, ...more };
}

export function existing(more: Partial<ExistsRequest> = {}): ExistsRequest {
  return { ...counting(), key: undefined, target: "none", ...more };
}

export function eq(name: string, value: Value): Filter {
  return { kind: "condition", op: "eq", ordinal: at(name), value };
}

export function field(projected: Projected | undefined, name: string): Value | undefined {
  return projected?.record[at(name)];
}

export function idOf(projected: Projected | undefined): string {
  const id = field(projected, "id");
  if (typeof id !== "string") throw new Error("an entity without id");
  return id;
}

/** The Fault a promise rejects with; its absence is an error. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The Fault that work throws at once. */
export function faultIn(work: () => unknown): Fault {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
