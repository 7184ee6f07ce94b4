/** What a synthesized file declares, without making it: a schema of many entities is checked and listed by names alone. */

import type { DescMessage } from "@bufbuild/protobuf";
import type { Annotations } from "../annotations.ts";
import { managedKind } from "../entity-model.ts";
import { apiName, repositoryFile, serviceName } from "../naming.ts";
import { nestedPredicateName } from "./filter.ts";
import { draftMessages } from "./repository.ts";

/** The names of one entity's repository file; what `synthesize` makes has exactly these. */
export interface SynthesizedNames {
  /** Import name. */
  readonly file: string;
  /** Full name. */
  readonly service: string;
  /** Full names of the messages that are inside no other. */
  readonly messages: readonly string[];
  /** Names inside the Filter of the predicates that are made for a field alone, as often as fields ask for them. */
  readonly predicates: readonly string[];
}

/** @param entity an entity of the annotations */
export function synthesizedNames(entity: DescMessage, annotations: Annotations): SynthesizedNames {
  const { file, typeName } = entity;
  const api = apiName(typeName, annotations.entity(entity)?.apiName ?? "");
  const fields = entity.fields.map((field) => ({ field, options: annotations.field(field) }));
  const softDelete = fields.some(({ options }) => managedKind(options) === "deletedAt");
  return {
    file: repositoryFile(file.proto.name, file.proto.package, api.slice(api.lastIndexOf(".") + 1)),
    service: serviceName(api),
    messages: [`${api}Key`, `${api}Filter`, ...(softDelete ? WITH_UNDELETE : PLAIN).map((name) => api + name)],
    predicates: fields.flatMap(({ field, options }) => (options.ignore ? [] : (nestedPredicateName(field) ?? []))),
  };
}

/** The names of requests and responses are the API's name of the entity and one of these. */
const PLAIN = draftMessages({ entity: "", api: "" }, false).map(({ name }) => name);
const WITH_UNDELETE = draftMessages({ entity: "", api: "" }, true).map(({ name }) => name);
