/** Write requests, checked and made into mutations. Everything here happens before any I/O. */

import { Fault } from "../../model/fault.ts";
import type { Filter } from "../../model/filter.ts";
import type { Precondition, Mutation } from "../../model/mutation.ts";
import { has } from "../../adapter/capabilities.ts";
import type { MutableRecord, EntityRecord } from "../../model/value.ts";
import { requireCapability } from "../capability.ts";
import { changesOf, givenBy } from "./changes.ts";
import { foldCondition } from "../read/filter.ts";
import { generateFor, stampCreate, withoutManaged } from "./managed-fields.ts";
import { writeMask, type Shown } from "../mask.ts";
import type { CreateRequest, DeleteRequest, PutRequest, UndeleteRequest, UpdateRequest } from "../operation.ts";
import { requireShowable } from "../row-size.ts";
import type { Scope } from "../scope.ts";
import { checkFields, checkSize, normaliseEntity, requireEntity } from "./validate-entity.ts";
import { keyWithin, requireKey } from "../validate-key.ts";

/** One write, ready for the store, and what its answer shows. */
export interface Prepared {
  readonly mutation: Mutation;
  readonly shown: Shown;
}

/** A write request with the method it came by. */
export type WriteRequest =
  | { readonly kind: "create"; readonly request: CreateRequest }
  | { readonly kind: "update"; readonly request: UpdateRequest }
  | { readonly kind: "put"; readonly request: PutRequest }
  | { readonly kind: "delete"; readonly request: DeleteRequest }
  | { readonly kind: "undelete"; readonly request: UndeleteRequest };

const NOTHING_GENERATED: ReadonlySet<number> = new Set();

/** `now` is in the store's precision. */
export function prepare(scope: Scope, write: WriteRequest, now: bigint): Prepared {
  return { mutation: mutationOf(scope, write, now), shown: writeMask(scope.layout, write.request.readMask) };
}

/** A write whose answer is its row alone: it is done only if the row fits into that. */
export function answering(scope: Scope, prepared: Prepared): Prepared {
  const { mutation, shown } = prepared;
  if (shown.keyOnly) return prepared;
  if (mutation.kind !== "create")
    return {
      mutation: { ...mutation, answer: { fields: shown.fields, mostBytes: scope.limits.answerRowBytes } },
      shown,
    };
  const { rowBytes, answerRowBytes } = scope.limits;
  // Else what may be stored may be shown, and it was measured.
  if (rowBytes > answerRowBytes) requireShowable(scope, { record: mutation.record, fields: shown.fields });
  return prepared;
}

function mutationOf(scope: Scope, write: WriteRequest, now: bigint): Mutation {
  switch (write.kind) {
    case "create":
      return createMutation(scope, write.request, now);
    case "update":
      return updateMutation(scope, write.request, now);
    case "put":
      return putMutation(scope, write.request, now);
    case "delete":
      return deleteMutation(scope, write.request, now);
    case "undelete":
      return undeleteMutation(scope, write.request, now);
  }
}

function createMutation(scope: Scope, request: CreateRequest, now: bigint): Mutation {
  const { layout, entity } = scope;
  const sent = withoutManaged(layout, requireEntity(request.entity));
  const filled: MutableRecord = [...sent];
  for (const { ordinal, value } of generateFor(generating(scope), sent, true)) filled[ordinal] = value;
  const normal = normaliseEntity(layout, filled);
  const key = keyWithin(layout, normal, "entity");
  checkFields(layout, normal, { ordinals: undefined, generated: NOTHING_GENERATED, path: "entity" });
  const record = stampCreate(entity, normal, now);
  checkSize(layout, record, scope.limits.rowBytes);
  return { kind: "create", entity, key, now, record };
}

function putMutation(scope: Scope, request: PutRequest, now: bigint): Mutation {
  const { layout, entity } = scope;
  if (request.restore) requireRestore(scope);
  const given = requireEntity(request.entity);
  const sent = request.restore ? given : withoutManaged(layout, given);
  const record = normaliseEntity(layout, sent);
  const key = keyWithin(layout, record, "entity");
  const generated = generateFor(generating(scope), sent, false);
  const filled = new Set(generated.map(({ ordinal }) => ordinal));
  checkFields(layout, record, { ordinals: undefined, generated: filled, path: "entity" });
  checkSize(layout, record, scope.limits.rowBytes);
  const precondition = preconditionOf(scope, request, false);
  const put = { kind: "put", entity, key, now, record, generated, restore: request.restore } as const;
  return { ...put, mostBytes: scope.limits.rowBytes, ...(precondition && { precondition }) };
}

function updateMutation(scope: Scope, request: UpdateRequest, now: bigint): Mutation {
  const { layout, entity } = scope;
  const sent = requireEntity(request.entity);
  const key = keyWithin(layout, sent, "entity");
  const changes = changesOf(layout, sent, request);
  const given = givenBy(layout, changes);
  const set = changes.filter((change) => change.kind !== "increment").map((change) => change.ordinal);
  checkFields(layout, given, { ordinals: set, generated: NOTHING_GENERATED, path: "entity" });
  checkSize(layout, given, scope.limits.rowBytes);
  const precondition = preconditionOf(scope, request, request.allowMissing);
  const { allowMissing } = request;
  const generated = allowMissing ? generateFor(generating(scope), given, false) : [];
  const update = { kind: "update", entity, key, now, changes, allowMissing, generated } as const;
  return { ...update, mostBytes: scope.limits.rowBytes, ...(precondition && { precondition }) };
}

function deleteMutation(scope: Scope, request: DeleteRequest, now: bigint): Mutation {
  const { layout, entity } = scope;
  const key = requireKey(layout, request.key, "key");
  const precondition = preconditionOf(scope, request, request.allowMissing);
  const soft = entity.managed.deletedAt !== undefined && !request.permanent;
  return {
    kind: "delete",
    entity,
    key,
    now,
    soft,
    allowMissing: request.allowMissing,
    ...(precondition && { precondition }),
  };
}

function undeleteMutation(scope: Scope, request: UndeleteRequest, now: bigint): Mutation {
  const { layout, entity } = scope;
  if (entity.managed.deletedAt === undefined)
    throw new Fault("METHOD_UNKNOWN", `${entity.name} has no soft delete, so nothing can be undeleted`);
  const key = requireKey(layout, request.key, "key");
  const precondition = preconditionOf(scope, { ...request, condition: undefined }, false);
  return { kind: "undelete", entity, key, now, ...(precondition && { precondition }) };
}

interface ConditionalRequest {
  readonly condition: Filter | undefined;
  readonly expectedVersion: bigint | undefined;
}

function preconditionOf(scope: Scope, request: ConditionalRequest, allowMissing: boolean): Precondition | undefined {
  const version = request.expectedVersion;
  if (version !== undefined) refuseVersion(scope, allowMissing);
  const condition = foldCondition(scope.layout, request.condition, scope.limits.oneOf);
  if (version === undefined && !condition) return undefined;
  return { ...(version !== undefined && { version }), ...(condition && { condition }) };
}

function refuseVersion(scope: Scope, allowMissing: boolean): void {
  const field = "expected_version";
  if (scope.entity.managed.version === undefined)
    throw new Fault("VERSION_UNEXPECTED", `${scope.entity.name} has no version field to expect; use condition`, {
      field,
    });
  if (allowMissing)
    throw new Fault("VERSION_UNEXPECTED", "expected_version and allow_missing contradict each other; send one", {
      field,
    });
}

function requireRestore(scope: Scope): void {
  if (scope.restores !== "allow")
    throw new Fault(
      "RESTORE_NOT_ALLOWED",
      `store "${scope.store}" does not allow restore; set restores: allow for it`,
      {
        field: "restore",
      },
    );
  requireCapability(scope, "restore", "the request has restore");
}

function generating(scope: Scope): Parameters<typeof generateFor>[0] {
  const { layout, ids, nextNumber } = scope;
  return { layout, ids, sequence: has(scope.adapter.capabilities, "sequence"), nextNumber };
}

/** What `validate_only` answers: what would be stored, or, where that depends on the row, what the request itself says. */
export function predictedRow(scope: Scope, { mutation }: Prepared, entity: EntityRecord | undefined): EntityRecord {
  switch (mutation.kind) {
    case "create":
      return mutation.record;
    case "put":
      return mutation.restore ? mutation.record : asInserted(scope, mutation);
    case "update":
      return entity ? normaliseEntity(scope.layout, entity) : keyRecord(scope, mutation);
    case "delete":
    case "undelete":
      return keyRecord(scope, mutation);
  }
}

function asInserted(scope: Scope, mutation: Extract<Mutation, { readonly kind: "put" }>): EntityRecord {
  const record: MutableRecord = [...mutation.record];
  for (const { ordinal, value } of mutation.generated) record[ordinal] = value;
  return stampCreate(scope.entity, record, mutation.now);
}

/** Nothing but the key. */
export function keyRecord(scope: Pick<Scope, "layout">, mutation: Pick<Mutation, "key">): EntityRecord {
  const record: MutableRecord = scope.layout.entity.fields.map(() => undefined);
  scope.layout.keyOrdinals.forEach((ordinal, i) => (record[ordinal] = mutation.key[i]));
  return record;
}
