/**
 * What a mutation makes of one row: the table of DESIGN section 5.6 as a pure function. `current` is the stored row,
 * also when it is soft-deleted or expired. Guards are tested version first, then condition; size last.
 */

import { applyChanges } from "./change.ts";
import { equalValues } from "./compare.ts";
import type { EntityModel } from "./entity.ts";
import { compileFilter, type Predicate } from "./evaluate.ts";
import type { Field } from "./field.ts";
import type { Filter } from "./filter.ts";
import type { Decision, Generated, Precondition, Mutation, Rejection } from "./mutation.ts";
import { emptyRecord, isPresent } from "./record.ts";
import { exceedsBytes, recordBytes } from "./size.ts";
import type { MutableRecord, EntityRecord } from "./value.ts";
import { firstVersion, versionOf } from "./version.ts";
import { isDeleted, isExpired } from "./visibility.ts";

type Of<Kind extends Mutation["kind"]> = Extract<Mutation, { readonly kind: Kind }>;

export function transition(mutation: Mutation, current: EntityRecord | undefined): Decision {
  const there = current && !isExpired(mutation.entity, current, mutation.now) ? current : undefined;
  const decision = goOnCounting(mutation, decide(mutation, there), there ? undefined : current);
  if (decision.action === "reject") return decision;
  const failed = testVersion(mutation.entity, decision) ?? testSize(mutation, decision, there);
  return failed ? reject(failed) : decision;
}

/** An insert over an expired row that is still there comes to a version above that row's, also when the clock was set back. */
function goOnCounting(mutation: Mutation, decision: Decision, expired: EntityRecord | undefined): Decision {
  const { version } = mutation.entity.managed;
  if (!expired || version === undefined || decision.action !== "store") return decision;
  if (mutation.kind === "put" && mutation.restore) return decision;
  const least = versionOf(mutation.entity, expired) + 1n;
  if (versionOf(mutation.entity, decision.record) >= least) return decision;
  return { ...decision, record: decision.record.with(version, least) };
}

function decide(mutation: Mutation, there: EntityRecord | undefined): Decision {
  switch (mutation.kind) {
    case "create":
      if (there) return reject({ kind: "exists", deleted: isDeleted(mutation.entity, there) });
      return { action: "store", record: mutation.record, created: true };
    case "put":
      return put(mutation, there);
    case "update":
      return update(mutation, there);
    case "delete":
      return remove(mutation, there);
    case "undelete":
      return undelete(mutation, there);
  }
}

function put(mutation: Of<"put">, there: EntityRecord | undefined): Decision {
  const { entity, now } = mutation;
  if (!there || isDeleted(entity, there)) {
    if (hasPrecondition(mutation.precondition)) return reject({ kind: "missing" });
    const record = fillGenerated(entity, mutation.record, mutation.generated);
    if (!mutation.restore) stampInsert(entity, record, there, now);
    return { action: "store", record, created: true };
  }
  const failed =
    testPrecondition(entity, mutation.precondition, there) ?? testImmutable(entity, mutation.record, there);
  if (failed) return reject(failed);
  const record = keepImmutable(entity, mutation.record, there);
  // Generated fields are filled in on an insert alone, so that this Put may have left a required one out.
  const lacking = mutation.generated.find(({ ordinal }) => isLacking(entity.fields[ordinal], record));
  if (lacking) return reject({ kind: "required", ordinal: lacking.ordinal });
  if (!mutation.restore) {
    const { createdAt } = entity.managed;
    if (createdAt !== undefined) record[createdAt] = there[createdAt];
    stampChange(entity, record, there, now);
  }
  return { action: "store", record, created: false };
}

function update(mutation: Of<"update">, there: EntityRecord | undefined): Decision {
  const { entity, now } = mutation;
  if (!there) return mutation.allowMissing ? insertByUpdate(mutation) : reject({ kind: "missing" });
  if (isDeleted(entity, there))
    return reject(mutation.allowMissing ? { kind: "exists", deleted: true } : { kind: "missing" });
  const failed = testPrecondition(entity, mutation.precondition, there);
  if (failed) return reject(failed);
  const changed = applyChanges(entity, mutation.changes, there);
  if ("kind" in changed) return reject(changed);
  for (const { ordinal } of mutation.changes) {
    const field = entity.fields[ordinal];
    if (field?.immutable && !equalValues(field.type, changed.record[ordinal], there[ordinal]))
      return reject({ kind: "immutable", ordinal });
  }
  stampChange(entity, changed.record, there, now);
  return { action: "store", record: changed.record, created: false };
}

/** Update with allow_missing where there is no row: changes to an empty one, whose condition is not tested. */
function insertByUpdate(mutation: Of<"update">): Decision {
  const { entity } = mutation;
  const base: MutableRecord = [...emptyRecord(entity.message)];
  entity.key.forEach((part, i) => (base[part.ordinal] = mutation.key[i]));
  const changed = applyChanges(entity, mutation.changes, base);
  if ("kind" in changed) return reject(changed);
  const record = fillGenerated(entity, changed.record, mutation.generated);
  const lacking = entity.fields.find((field) => isLacking(field, record));
  if (lacking) return reject({ kind: "required", ordinal: lacking.ordinal });
  stampInsert(entity, record, undefined, mutation.now);
  return { action: "store", record, created: true };
}

function remove(mutation: Of<"delete">, there: EntityRecord | undefined): Decision {
  const { entity } = mutation;
  if (!there || (mutation.soft && isDeleted(entity, there))) {
    return mutation.allowMissing ? { action: "keep", record: undefined } : reject({ kind: "missing" });
  }
  const failed = testPrecondition(entity, mutation.precondition, there);
  if (failed) return reject(failed);
  if (!mutation.soft) return { action: "remove", record: there };
  return mark(entity, there, mutation.now, mutation.now);
}

function undelete(mutation: Of<"undelete">, there: EntityRecord | undefined): Decision {
  if (!there) return reject({ kind: "missing" });
  const failed = testPrecondition(mutation.entity, mutation.precondition, there);
  if (failed) return reject(failed);
  if (!isDeleted(mutation.entity, there)) return { action: "keep", record: there };
  return mark(mutation.entity, there, undefined, mutation.now);
}

/** Soft delete and its undoing, which are changes like any other. */
function mark(entity: EntityModel, there: EntityRecord, deletedAt: bigint | undefined, now: bigint): Decision {
  const record: MutableRecord = [...there];
  if (entity.managed.deletedAt !== undefined) record[entity.managed.deletedAt] = deletedAt;
  stampChange(entity, record, there, now, deletedAt);
  return { action: "store", record, created: false };
}

function reject(because: Rejection): Decision {
  return { action: "reject", because };
}

type Accepted = Exclude<Decision, { readonly action: "reject" }>;

const LAST_VERSION = 2n ** 63n - 1n;

/** A restored row may have the last version there is; no change can follow it. */
function testVersion(entity: EntityModel, { action, record }: Accepted): Rejection | undefined {
  const { version: ordinal } = entity.managed;
  if (action !== "store" || ordinal === undefined || versionOf(entity, record) <= LAST_VERSION) return undefined;
  return { kind: "range", ordinal };
}

/** Looks at each field once, unless something is near its limit. */
function testSize(
  mutation: Mutation,
  { action, record }: Accepted,
  there: EntityRecord | undefined,
): Rejection | undefined {
  const { entity, mostBytes, answer } = mutation;
  if (!record || (mostBytes === undefined && !answer)) return undefined;
  const least = Math.min(mostBytes ?? Infinity, answer?.mostBytes ?? Infinity);
  if (!exceedsBytes(entity.message, record, least)) return undefined;
  const bytes = recordBytes(entity.message, record);
  if (mostBytes !== undefined && action === "store" && bytes > mostBytes) {
    const isLarger = !there || callersBytes(entity, record) > callersBytes(entity, there);
    if (isLarger) return { kind: "size", of: "row", bytes, most: mostBytes };
  }
  if (!answer || bytes <= answer.mostBytes) return undefined;
  const shown = answer.fields ? recordBytes(entity.message, record, answer.fields) : bytes;
  return shown <= answer.mostBytes ? undefined : { kind: "size", of: "answer", bytes: shown, most: answer.mostBytes };
}

/** Without what the sidecar stamps: a version that takes one more byte must not keep a row from being changed or deleted. */
function callersBytes(entity: EntityModel, record: EntityRecord): number {
  const { createdAt, updatedAt, deletedAt, version } = entity.managed;
  const ordinals = entity.fields.map(({ ordinal }) => ordinal);
  const stamped: readonly (number | undefined)[] = [createdAt, updatedAt, deletedAt, version];
  return recordBytes(
    entity.message,
    record,
    ordinals.filter((ordinal) => !stamped.includes(ordinal)),
  );
}

function hasPrecondition(precondition: Precondition | undefined): boolean {
  return precondition?.version !== undefined || precondition?.condition !== undefined;
}

function testPrecondition(
  entity: EntityModel,
  precondition: Precondition | undefined,
  there: EntityRecord,
): Rejection | undefined {
  if (!precondition) return undefined;
  if (precondition.version !== undefined) {
    const found = versionOf(entity, there);
    if (found !== precondition.version) return { kind: "version", found };
  }
  if (precondition.condition && !compiled(entity, precondition.condition)(there)) return { kind: "condition" };
  return undefined;
}

/** A batch tests one condition on many rows, and a retry tests it again. */
const predicates = new WeakMap<Filter, Predicate>();

function compiled(entity: EntityModel, condition: Filter): Predicate {
  let predicate = predicates.get(condition);
  if (!predicate) predicates.set(condition, (predicate = compileFilter(entity, condition)));
  return predicate;
}

/** A Put may leave an immutable field out, but not give it another value. */
function testImmutable(entity: EntityModel, given: EntityRecord, there: EntityRecord): Rejection | undefined {
  const changed = entity.fields.find(
    (field) =>
      field.immutable &&
      isPresent(field, given[field.ordinal]) &&
      !equalValues(field.type, given[field.ordinal], there[field.ordinal]),
  );
  return changed && { kind: "immutable", ordinal: changed.ordinal };
}

function isLacking(field: Field | undefined, record: EntityRecord): boolean {
  return field !== undefined && field.required && record[field.ordinal] === undefined;
}

function keepImmutable(entity: EntityModel, given: EntityRecord, there: EntityRecord): MutableRecord {
  const record = [...given];
  for (const field of entity.fields) if (field.immutable) record[field.ordinal] = there[field.ordinal];
  return record;
}

function fillGenerated(entity: EntityModel, given: EntityRecord, generated: Generated): MutableRecord {
  const record = [...given];
  for (const { ordinal, value } of generated) {
    const field = entity.fields[ordinal];
    if (field && !isPresent(field, record[ordinal])) record[ordinal] = value;
  }
  return record;
}

/** `replaced` is a soft-deleted row the insert takes the place of: its version goes on. */
function stampInsert(
  entity: EntityModel,
  record: MutableRecord,
  replaced: EntityRecord | undefined,
  now: bigint,
): void {
  const { createdAt } = entity.managed;
  if (createdAt !== undefined) record[createdAt] = now;
  stampChange(entity, record, replaced, now);
}

/** What every change writes: updated_at, deleted_at, and a version one above the row's. */
function stampChange(
  entity: EntityModel,
  record: MutableRecord,
  there: EntityRecord | undefined,
  now: bigint,
  deletedAt?: bigint,
): void {
  const { updatedAt, deletedAt: marked, version } = entity.managed;
  if (updatedAt !== undefined) record[updatedAt] = now;
  if (marked !== undefined) record[marked] = deletedAt;
  if (version !== undefined) record[version] = there ? versionOf(entity, there) + 1n : firstVersion(entity, now);
}
