/** Rows that are too large: to be answered, before a client's own limit would break the call, and to be stored. */

import type { EntityModel } from "../model/entity.ts";
import { Fault } from "../model/fault.ts";
import { exceedsBytes, recordBytes } from "../model/size.ts";
import type { Projected } from "./operation.ts";
import type { Scope } from "./scope.ts";

/** @throws Fault ROW_TOO_LARGE where no answer may hold what is shown of a row */
export function requireShowable(
  { entity, limits }: Pick<Scope, "entity" | "limits">,
  { record, fields }: Projected,
): void {
  const { message } = entity;
  const most = limits.answerRowBytes;
  if (exceedsBytes(message, record, most, fields)) throw unshowable(entity, recordBytes(message, record, fields), most);
}

/** Whose row it is can be said by the key's fields alone: a status holds no value. */
export function unshowable(entity: EntityModel, bytes: number, most: number): Fault {
  const key = keyFields(entity);
  const found = `a stored ${entity.name} (its key is ${key}) would take about ${bytes} bytes of the answer, and ${most} is the most`;
  const mend = "leave its large fields out by read_mask, with the same page_token or resume_token where there is one";
  return new Fault("ROW_TOO_LARGE", `${found}; ${mend}`, { metadata: { key_fields: key } });
}

/** No page or frame can end at this row: what its order goes by would have to be in the token. */
export function unresumable(entity: EntityModel, bytes: number, most: number): Fault {
  const key = keyFields(entity);
  const found = `a page or frame would end at a stored ${entity.name} (its key is ${key}) whose token would have ${bytes} bytes, and ${most} is the most`;
  const mend = "order by fields that are shorter, or choose another page_size so that it ends elsewhere";
  return new Fault("ROW_TOO_LARGE", `${found}; ${mend}`, { metadata: { key_fields: key } });
}

/** What a write would have made of a stored row. */
export function overgrown(entity: EntityModel, bytes: number, most: number): Fault {
  const key = keyFields(entity);
  const found = `the ${entity.name} (its key is ${key}) would have about ${bytes} bytes, and ${most} is the most it may grow to`;
  const mend = "remove something from it, or keep this in rows of its own";
  return new Fault("ROW_TOO_LARGE", `${found}; ${mend}`, { metadata: { key_fields: key } });
}

/** Names, in declared order. */
export function keyFields({ key, fields }: EntityModel): string {
  return key.map(({ ordinal }) => fields[ordinal]?.name ?? "").join(", ");
}
