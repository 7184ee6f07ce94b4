/**
 * Mutations as they cross to the writer's thread: by position, because a clone writes and reads the name of every property
 * of every object, and with numbers for entities.
 */

import type { EntityModel } from "../../../model/entity.ts";
import { keyOf, type Key } from "../../../model/key.ts";
import type { Change, Generated, Precondition, Mutation } from "../../../model/mutation.ts";
import type { EntityRecord, Value } from "../../../model/value.ts";

/**
 * What it is, the entity, `now`; then what its kind is about. A Create's key follows from its record, and is there only
 * where it does not; what is mostly absent comes last.
 */
export type WireMutation =
  | readonly ["create", Entity, Now, EntityRecord, ...([Key | undefined, WireLimits | undefined] | [])]
  | readonly ["put", Entity, Now, Key, EntityRecord, restore: boolean, WireGenerated, ...WirePrecondition]
  | readonly [
      "update",
      Entity,
      Now,
      Key,
      readonly WireChange[],
      allowMissing: boolean,
      WireGenerated,
      ...WirePrecondition,
    ]
  | readonly ["delete", Entity, Now, Key, soft: boolean, allowMissing: boolean, ...WirePrecondition]
  | readonly ["undelete", Entity, Now, Key, ...WirePrecondition];

type Entity = number;
type Now = bigint;
type WireChange =
  | readonly ["set", ordinal: number, value: Value | undefined]
  | readonly ["increment", ordinal: number, by: number | bigint]
  | readonly ["append" | "remove", ordinal: number, value: Value];
type WireGenerated = readonly (readonly [ordinal: number, value: Value])[];
type WirePrecondition = readonly [Precondition | undefined, WireLimits | undefined];
/** Most bytes of the row; of the answer, which is measured if its limit is there; and the answer's fields. */
type WireLimits = readonly [row: number | undefined, answer: number | undefined, fields: readonly number[] | undefined];

/** Whose numbers entities have on both sides. */
export interface EntityNumbers {
  readonly entities: readonly EntityModel[];
  readonly numbers: ReadonlyMap<EntityModel, number>;
}

export function numbered(entities: readonly EntityModel[]): EntityNumbers {
  return { entities, numbers: new Map(entities.map((entity, number) => [entity, number])) };
}

export function numberOf({ numbers }: EntityNumbers, entity: EntityModel): number {
  const found = numbers.get(entity);
  if (found === undefined) throw new TypeError(`${entity.name} is not of this store`);
  return found;
}

export function entityAt({ entities }: EntityNumbers, number: number): EntityModel {
  const entity = entities[number];
  if (!entity) throw new TypeError(`no entity has the number ${number}`);
  return entity;
}

export function toWireMutation(mutation: Mutation, numbers: EntityNumbers): WireMutation {
  const entity = numberOf(numbers, mutation.entity);
  const { kind, key, now } = mutation;
  const limits = limitsOf(mutation);
  switch (kind) {
    case "create": {
      const { record } = mutation;
      const own = isKeyOf(mutation.entity, record, key) ? undefined : key;
      return own || limits ? [kind, entity, now, record, own, limits] : [kind, entity, now, record];
    }
    case "put": {
      const { record, restore, precondition } = mutation;
      return [kind, entity, now, key, record, restore, mutation.generated.map(generatedOf), precondition, limits];
    }
    case "update": {
      const { allowMissing, precondition } = mutation;
      const changes = mutation.changes.map(changeOf);
      return [kind, entity, now, key, changes, allowMissing, mutation.generated.map(generatedOf), precondition, limits];
    }
    case "delete":
      return [kind, entity, now, key, mutation.soft, mutation.allowMissing, mutation.precondition, limits];
    case "undelete":
      return [kind, entity, now, key, mutation.precondition, limits];
  }
}

export function fromWireMutation(wire: WireMutation, numbers: EntityNumbers): Mutation {
  const entity = entityAt(numbers, wire[1]);
  switch (wire[0]) {
    case "create": {
      const [kind, , now, record, own, limits] = wire;
      return complete({ kind, entity, key: own ?? keyOf(entity, record), now, record }, undefined, limits);
    }
    case "put": {
      const [kind, , now, key, record, restore, pairs, precondition, limits] = wire;
      return complete(
        { kind, entity, key, now, record, generated: fromGenerated(pairs), restore },
        precondition,
        limits,
      );
    }
    case "update": {
      const [kind, , now, key, wireChanges, allowMissing, pairs, precondition, limits] = wire;
      const changes = wireChanges.map(fromChange);
      const generated = fromGenerated(pairs);
      return complete({ kind, entity, key, now, changes, allowMissing, generated }, precondition, limits);
    }
    case "delete": {
      const [kind, , now, key, soft, allowMissing, precondition, limits] = wire;
      return complete({ kind, entity, key, now, soft, allowMissing }, precondition, limits);
    }
    case "undelete": {
      const [kind, , now, key, precondition, limits] = wire;
      return complete({ kind, entity, key, now }, precondition, limits);
    }
  }
}

/** With what is mostly absent. */
function complete<Whole extends Mutation>(
  mutation: Whole,
  precondition: Precondition | undefined,
  limits: WireLimits | undefined,
): Whole {
  if (!precondition && !limits) return mutation;
  return { ...mutation, ...(precondition && { precondition }), ...(limits && fromLimits(limits)) };
}

/** Whether the very same values are in the record; equal bytes are not, and travel once more. */
function isKeyOf({ key: parts }: EntityModel, record: EntityRecord, key: Key): boolean {
  return key.length === parts.length && parts.every(({ ordinal }, i) => key[i] === record[ordinal]);
}

function changeOf(change: Change): WireChange {
  switch (change.kind) {
    case "set":
      return [change.kind, change.ordinal, change.value];
    case "increment":
      return [change.kind, change.ordinal, change.by];
    case "append":
    case "remove":
      return [change.kind, change.ordinal, change.value];
  }
}

function fromChange(wire: WireChange): Change {
  const ordinal = wire[1];
  switch (wire[0]) {
    case "set":
      return { kind: wire[0], ordinal, value: wire[2] };
    case "increment":
      return { kind: wire[0], ordinal, by: wire[2] };
    case "append":
    case "remove":
      return { kind: wire[0], ordinal, value: wire[2] };
  }
}

function generatedOf({ ordinal, value }: Generated[number]): WireGenerated[number] {
  return [ordinal, value];
}

function fromGenerated(pairs: WireGenerated): Generated {
  return pairs.map(([ordinal, value]) => ({ ordinal, value }));
}

function limitsOf({ mostBytes, answer }: Mutation): WireLimits | undefined {
  return mostBytes === undefined && !answer ? undefined : [mostBytes, answer?.mostBytes, answer?.fields];
}

function fromLimits([row, answer, fields]: WireLimits): Pick<Mutation, "mostBytes" | "answer"> {
  return {
    ...(row !== undefined && { mostBytes: row }),
    ...(answer !== undefined && { answer: { fields, mostBytes: answer } }),
  };
}
