/** What every check is given: one entity, its annotations, and where to report what is wrong with it. */

import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { EntityOptions, FieldOptions } from "../../gen/pannier/v1/annotations_pb.ts";
import type { Annotations } from "../annotations.ts";
import type { Finding } from "../finding.ts";
import { parseTerm, type NamedTerm } from "../order-term.ts";
import { lineOf } from "../source-line.ts";

export interface EntityUnderCheck {
  readonly message: DescMessage;
  readonly options: EntityOptions;
  readonly annotations: Annotations;
  readonly report: Report;
}

/** Takes a finding about a message or one of its fields. */
export type Report = (at: DescMessage | DescField, what: string, mend: string) => void;

/** Import name → path of the .proto file as it was given, for findings. */
export type Paths = ReadonlyMap<string, string>;

/** A Report that appends to `findings`. */
export function reportTo(findings: Finding[], paths: Paths): Report {
  return (at, what, mend) => findings.push(findingAt(at, paths, what, mend));
}

export function findingAt(at: DescMessage | DescField, paths: Paths, what: string, mend: string): Finding {
  const message = at.kind === "field" ? at.parent : at;
  const file = message.file.proto.name;
  const line = lineOf(at);
  return {
    file: paths.get(file) ?? file,
    ...(line !== undefined && { line }),
    entity: message.typeName,
    ...(at.kind === "field" && { field: at.name }),
    what,
    mend,
  };
}

export function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name);
}

export function optionsOf(entity: EntityUnderCheck, field: DescField): FieldOptions {
  return entity.annotations.field(field);
}

/** Names of the key's fields as they are declared; what is no term is left out. */
export function keyNames(options: EntityOptions): readonly string[] {
  const terms = [...(options.key?.partition ?? []), ...(options.key?.sort ?? [])].map(parseTerm);
  return terms.flatMap((term) => term?.name ?? []);
}

/**
 * Looks up the fields of `terms`, and reports those that are no terms, name nothing or name a field twice. `where` says
 * what names them, for example "the key".
 */
export function lookUp(
  entity: EntityUnderCheck,
  terms: readonly (NamedTerm | undefined)[],
  where: string,
): readonly DescField[] {
  const { message, report } = entity;
  const found: DescField[] = [];
  for (const term of terms) {
    const field = term && fieldNamed(message, term.name);
    if (!term) report(message, `${where} holds what is no field`, 'write a field name with an optional " desc"');
    else if (!field) report(message, `${where} names ${term.name}, which is no field of it`, "name one of its fields");
    else if (optionsOf(entity, field).ignore)
      report(field, `${where} names it, but it is not stored`, "take `ignore` off, or name another field");
    else if (found.includes(field)) report(field, `${where} names it twice`, "name it once");
    else found.push(field);
  }
  return found;
}
