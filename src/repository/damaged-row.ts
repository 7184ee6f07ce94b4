/** Rows of a store that cannot be read: what callers are told, and where whoever can do without them goes on. */

import type { Adapter } from "../adapter/adapter.ts";
import { DamagedRow } from "../adapter/reading/damaged-row.ts";
import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import { faultOf } from "./attempt.ts";
import { keyFields } from "./row-size.ts";

/** What a window failed with, where it is a single row. */
export function damagedRow(error: unknown): DamagedRow | undefined {
  const cause = error instanceof Fault ? error.detail.cause : undefined;
  return cause instanceof DamagedRow ? cause : undefined;
}

/** The failure of a window, which says whose row it is where it is one. A status holds no value, so also no key. */
export function windowFault(adapter: Pick<Adapter, "classify">, entity: EntityModel, error: unknown): Fault {
  const fault = faultOf(adapter, error);
  if (!damagedRow(fault)) return fault;
  const key = keyFields(entity);
  const found = `a stored ${entity.name} (its key is ${key}) cannot be read: ${fault.message}`;
  const mend =
    "a Scan with ERROR_POLICY_CONTINUE tells its key and goes on, and a read_mask without the damaged field reads it";
  return new Fault(fault.reason, `${found}; ${mend}`, {
    ...fault.detail,
    metadata: { ...fault.detail.metadata, key_fields: key },
  });
}
