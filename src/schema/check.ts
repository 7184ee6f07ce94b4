/** Every mistake of a schema, in one report: all checks, on all entities. */

import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { Annotations } from "./annotations.ts";
import { checkEmbedded } from "./check/embedded.ts";
import { reportTo, type EntityUnderCheck, type Paths } from "./check/entity-under-check.ts";
import { checkFields } from "./check/fields.ts";
import { checkDefaultOrder, checkIndexes } from "./check/indexes.ts";
import { checkKey } from "./check/keys.ts";
import { checkManaged } from "./check/managed.ts";
import { checkNames, type SynthesizedFor } from "./check/names.ts";
import { checkPlacement } from "./check/placement.ts";
import { noticePresence } from "./check/presence.ts";
import { checkReferences, type ReferenceContext } from "./check/references.ts";
import { checkTables, type Routing } from "./check/tables.ts";
import { checkTemplates } from "./check/templates.ts";
import type { Finding } from "./finding.ts";

export interface SchemaUnderCheck {
  readonly registry: FileRegistry;
  readonly annotations: Annotations;
  /** All of them, nested ones too. */
  readonly entities: readonly DescMessage[];
  /** What is synthesized for them. */
  readonly synthesized: readonly SynthesizedFor[];
  readonly paths: Paths;
  readonly routing: Routing;
}

export interface Checked {
  readonly findings: readonly Finding[];
  /** What is worth a word but refuses nothing. */
  readonly notices: readonly Finding[];
}

export function checkSchema(schema: SchemaUnderCheck): Checked {
  const { registry, annotations, entities, synthesized, paths, routing } = schema;
  const findings: Finding[] = [];
  const notices: Finding[] = [];
  const report = reportTo(findings, paths);
  const notice = reportTo(notices, paths);
  const references: ReferenceContext = {
    entities: new Map(entities.map((entity) => [entity.typeName, entity])),
    isMessage: (name) => registry.getMessage(name) !== undefined,
    notice,
  };
  for (const message of entities) {
    const options = annotations.entity(message);
    if (!options) continue;
    const entity: EntityUnderCheck = { message, options, annotations, report };
    checkPlacement(entity);
    checkKey(entity);
    checkIndexes(entity);
    checkDefaultOrder(entity);
    checkFields(entity);
    checkManaged(entity);
    checkTemplates(entity);
    checkReferences(entity, references);
    noticePresence(entity, notice);
  }
  checkEmbedded(entities, annotations, report);
  checkNames(registry, synthesized, report);
  checkTables(entities, annotations, routing, report);
  return { findings, notices };
}
