/** What the sidecar writes by itself: managed fields and generated values. */

import type { EntityModel } from "../../model/entity.ts";
import { Fault } from "../../model/fault.ts";
import type { Generated } from "../../model/mutation.ts";
import type { MutableRecord, EntityRecord, Value } from "../../model/value.ts";
import { firstVersion } from "../../model/version.ts";
import type { Generators } from "./generate.ts";
import type { Sparse } from "../operation.ts";
import type { EntityLayout } from "../entity-layout.ts";
import { lacksValue } from "./validate-entity.ts";

/** An entity without the managed fields a caller may not write: they are ignored, so that what was read can be sent back. */
export function withoutManaged(layout: EntityLayout, entity: Sparse): Sparse {
  let stripped: MutableRecord | undefined;
  for (const ordinal of layout.protected) {
    if (entity[ordinal] === undefined) continue;
    stripped ??= [...entity];
    stripped[ordinal] = undefined;
  }
  return stripped ?? entity;
}

/** A first version, made now. */
export function stampCreate(entity: EntityModel, record: EntityRecord, now: bigint): EntityRecord {
  const { createdAt, updatedAt, deletedAt, version } = entity.managed;
  const stamped: MutableRecord = [...record];
  if (createdAt !== undefined) stamped[createdAt] = now;
  if (updatedAt !== undefined) stamped[updatedAt] = now;
  if (deletedAt !== undefined) stamped[deletedAt] = undefined;
  if (version !== undefined) stamped[version] = firstVersion(entity, now);
  return stamped;
}

export interface Generating {
  readonly layout: EntityLayout;
  readonly ids: Generators;
  /** Whether the store gives out numbers by itself. */
  readonly sequence: boolean;
  /** The next of them; absent where none was asked for, because nothing is written: 1 stands for it. */
  readonly nextNumber: ((ordinal: number) => bigint) | undefined;
}

/** Values for the fields an insert must not leave absent; key fields only where asked, for Create alone makes keys. */
export function generateFor(generating: Generating, entity: Sparse, keys: boolean): Generated {
  const { layout, ids } = generating;
  if (layout.generated.length === 0) return [];
  const generated: { readonly ordinal: number; readonly value: Value }[] = [];
  for (const field of layout.generated) {
    const isKey = layout.isKey.has(field.ordinal);
    if ((isKey && !keys) || !lacksValue(field, isKey, entity[field.ordinal]) || !field.generate) continue;
    if (field.generate !== "sequence")
      generated.push({ ordinal: field.ordinal, value: ids.next(field.generate, field.type) });
    else if (!generating.sequence) throw withoutSequence(field.name);
    else generated.push({ ordinal: field.ordinal, value: generating.nextNumber?.(field.ordinal) ?? 1n });
  }
  return generated;
}

function withoutSequence(name: string): Fault {
  return new Fault("CAPABILITY_MISSING", `${name} is absent, and this store gives out no numbers; send one`, {
    field: `entity.${name}`,
    metadata: { capability: "sequence" },
  });
}
