/** Whether other files can name the entity and what its service needs of it. */

import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import {
  Edition,
  FeatureSet_VisibilityFeature_DefaultSymbolVisibility as Default,
  SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { optionsOf, type EntityUnderCheck } from "./entity-under-check.ts";

const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,199}$/;

const API_NAME = "write it as a message's name, without its package";

export function checkPlacement(entity: EntityUnderCheck): void {
  const { message, options, report } = entity;
  if (message.parent)
    report(message, `is declared inside ${message.parent.typeName}`, "entities are top-level messages: move it out");
  if (options.apiName !== "" && !IDENTIFIER.test(options.apiName))
    report(message, `has the api_name ${JSON.stringify(options.apiName)}, of which no names can be made`, API_NAME);
  if (!isExported(message))
    report(message, "is not exported, so its repository's file cannot use it", "write `export message`");
  for (const field of message.fields) {
    if (!field.enum || field.fieldKind === "map" || optionsOf(entity, field).ignore || isExported(field.enum)) continue;
    report(
      field,
      `has the type ${field.enum.typeName}, which is not exported, so its predicate cannot use it`,
      "write `export enum`",
    );
  }
  const unknown = [options, ...message.fields.map((field) => optionsOf(entity, field))].flatMap(
    (read) => read.$unknown ?? [],
  );
  if (unknown.length > 0) {
    report(
      message,
      `has annotations of number ${unknown.map(({ no }) => no).join(", ")}, which this Pannier does not know`,
      "use the annotations.proto that it brings",
    );
  }
}

/** Before edition 2024 everything is exported. */
function isExported(type: DescMessage | DescEnum): boolean {
  if (type.file.edition < Edition.EDITION_2024) return true;
  const { visibility } = type.proto;
  if (visibility !== SymbolVisibility.VISIBILITY_UNSET) return visibility === SymbolVisibility.VISIBILITY_EXPORT;
  const byDefault = type.file.proto.options?.features?.defaultSymbolVisibility ?? Default.EXPORT_TOP_LEVEL;
  return byDefault === Default.EXPORT_ALL || (byDefault <= Default.EXPORT_TOP_LEVEL && type.parent === undefined);
}
