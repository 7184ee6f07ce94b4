/** Fields that the sidecar alone writes: one of each kind, of the type it writes. */

import type { DescField } from "@bufbuild/protobuf";
import { managedKind } from "../entity-model.ts";
import { isSingular, valueKind, wrapped } from "../well-known.ts";
import { optionsOf, type EntityUnderCheck } from "./entity-under-check.ts";

export function checkManaged(entity: EntityUnderCheck): void {
  const taken = new Map<string, DescField>();
  for (const field of entity.message.fields) {
    const kind = managedKind(optionsOf(entity, field));
    if (!kind) continue;
    const name = optionName(kind);
    const other = taken.get(kind);
    if (other) entity.report(field, `is a second ${name}; the first is ${other.name}`, "keep one of the two");
    taken.set(kind, field);
    const wanted = kind === "version" ? "int64" : "timestamp";
    const fits =
      isSingular(field) && valueKind(field) === wanted && !(field.message && wrapped(field.message) !== undefined);
    if (!fits) entity.report(field, `is ${name}, and no single ${TYPES[wanted]}`, `make it ${TYPES[wanted]}`);
    if (field.oneof)
      entity.report(field, `is ${name}, and a member of the oneof ${field.oneof.name}`, "take it out of the oneof");
  }
}

const TYPES = { int64: "int64", timestamp: "google.protobuf.Timestamp" } as const;

/** As it is written in a .proto file. */
function optionName(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
