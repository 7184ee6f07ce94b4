/** What a clause about the adapter's own contract sends it, past the repository. */

import type { Window } from "../../src/adapter/adapter.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { EntityKey } from "../../src/model/key.ts";
import { keyOf } from "../../src/model/key.ts";
import type { Mutation } from "../../src/model/mutation.ts";
import { normalise } from "../../src/model/record.ts";
import type { EntityRecord } from "../../src/model/value.ts";
import { sparse, type Plain } from "./plain.ts";
import type { Subject } from "./subject.ts";

export type Create = Extract<Mutation, { readonly kind: "create" }>;

/** The full record of a row, managed fields as given. */
export function recordOf(entity: EntityModel, row: Plain): EntityRecord {
  return normalise(entity.message, sparse(entity.message, row));
}

export function entityKey(entity: EntityModel, row: Plain): EntityKey {
  return { entity, key: keyOf(entity, recordOf(entity, row)) };
}

/** A Create as the repository would send it. */
export function createOf(subject: Pick<Subject, "clock">, entity: EntityModel, row: Plain): Create {
  const { version, createdAt, updatedAt } = entity.managed;
  const now = subject.clock.now();
  const record = [...recordOf(entity, row)];
  if (version !== undefined) record[version] = 1n;
  if (createdAt !== undefined) record[createdAt] = now;
  if (updatedAt !== undefined) record[updatedAt] = now;
  return { kind: "create", entity, key: keyOf(entity, record), now, record };
}

/** A window of all fields, from the start. */
export function windowOf(subject: Pick<Subject, "clock">, limit: number, after?: Uint8Array): Window {
  return {
    limit,
    maxBytes: 1_000_000,
    fields: undefined,
    visible: { deleted: false, now: subject.clock.now() },
    consistency: undefined,
    ...(after && { after }),
  };
}
