/** References to the keys of other entities: all must make sense, and what is enforced must be enforceable. */

import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { OnDelete } from "../../gen/pannier/v1/annotations_pb.ts";
import { managedKind, storeOf } from "../entity-model.ts";
import { hasPresence } from "../message-type.ts";
import { isSingular, valueKind } from "../well-known.ts";
import { fieldNamed, keyNames, optionsOf, type EntityUnderCheck, type Report } from "./entity-under-check.ts";

export interface ReferenceContext {
  /** Every entity by its full name. */
  readonly entities: ReadonlyMap<string, DescMessage>;
  /** Whether any loaded message has that name. */
  readonly isMessage: (name: string) => boolean;
  readonly notice: Report;
}

export function checkReferences(entity: EntityUnderCheck, context: ReferenceContext): void {
  for (const field of entity.message.fields) {
    const { references, ignore } = optionsOf(entity, field);
    if (!references || ignore) continue;
    const enforced = references.onDelete !== OnDelete.UNSPECIFIED;
    const target = context.entities.get(references.entity);
    if (target) checkTarget(entity, field, target);
    else if (enforced || references.entity === "" || context.isMessage(references.entity)) {
      entity.report(
        field,
        `references ${references.entity || "nothing"}, which is no entity`,
        "give the full name of an entity, for example shop.v1.User",
      );
    } else {
      context.notice(
        field,
        `references ${references.entity}, which is not loaded`,
        "load it too, or take the reference as documentation",
      );
    }
  }
}

function checkTarget(entity: EntityUnderCheck, field: DescField, target: DescMessage): void {
  const { annotations, report } = entity;
  const { references } = optionsOf(entity, field);
  const options = annotations.entity(target);
  const action = references?.onDelete ?? OnDelete.UNSPECIFIED;
  if (!options || action === OnDelete.UNSPECIFIED) return;
  const key = keyNames(options);
  const name = target.typeName;
  if (key.length !== 1)
    return report(
      field,
      `references ${name}, whose key has ${key.length} fields`,
      "take `on_delete` off: only keys of one field are enforced",
    );
  if (!sameType(field, fieldNamed(target, key[0] ?? "")))
    report(field, `references ${name}, whose key has another type`, `give it the type of ${name}.${key[0]}`);
  if (storeOf(entity.message, entity.options, annotations) !== storeOf(target, options, annotations)) {
    report(
      field,
      `references ${name}, which is in another store`,
      "take `on_delete` off: a store enforces what it holds itself",
    );
  }
  if (action === OnDelete.RESTRICT) return;
  if (target.fields.some((other) => managedKind(annotations.field(other)) === "deletedAt")) {
    report(
      field,
      `is changed when a ${name} is deleted, which has soft delete`,
      "use ON_DELETE_RESTRICT, or take `on_delete` off",
    );
  }
  if (action === OnDelete.SET_NULL) checkClearable(entity, field);
}

function checkClearable(entity: EntityUnderCheck, field: DescField): void {
  const { required, immutable } = optionsOf(entity, field);
  const because = keyNames(entity.options).includes(field.name)
    ? "is in the key"
    : required
      ? "is `required`"
      : immutable
        ? "is `immutable`"
        : hasPresence(field, entity.annotations)
          ? undefined
          : "cannot be absent";
  if (because)
    entity.report(field, `has ON_DELETE_SET_NULL, and ${because}`, "use ON_DELETE_RESTRICT or ON_DELETE_CASCADE");
}

function sameType(field: DescField, key: DescField | undefined): boolean {
  return (
    key !== undefined &&
    isSingular(field) &&
    valueKind(field) === valueKind(key) &&
    field.enum?.typeName === key.enum?.typeName
  );
}
