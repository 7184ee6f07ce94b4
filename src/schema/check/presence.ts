/** A note about fields whose zero cannot be distinguished from absence; nothing is wrong with them. */

import { managedKind } from "../entity-model.ts";
import { hasPresence } from "../message-type.ts";
import { isSingular } from "../well-known.ts";
import { keyNames, optionsOf, type EntityUnderCheck, type Report } from "./entity-under-check.ts";

export function noticePresence(entity: EntityUnderCheck, notice: Report): void {
  const key = keyNames(entity.options);
  const plain = entity.message.fields.filter((field) => {
    const options = optionsOf(entity, field);
    const own = options.ignore || managedKind(options) !== undefined || key.includes(field.name);
    return isSingular(field) && !own && !hasPresence(field, entity.annotations);
  });
  if (plain.length === 0) return;
  const names = plain.map((field) => field.name).join(", ");
  notice(
    entity.message,
    `zero and absent are the same in ${names}`,
    "an Update to zero needs an update_mask there; `optional` would distinguish them",
  );
}
