/** The annotations on files, messages and fields, each read once. */

import { getOption, hasOption, type DescField, type DescFile, type DescMessage } from "@bufbuild/protobuf";
import {
  defaults as defaultsOption,
  entity as entityOption,
  field as fieldOption,
  type EntityOptions,
  type FieldOptions,
  type FileDefaults,
} from "../gen/pannier/v1/annotations_pb.ts";

export interface Annotations {
  /** Undefined for a message that is no entity. */
  entity(message: DescMessage): EntityOptions | undefined;
  /** Never undefined: a field without annotations has empty ones. */
  field(field: DescField): FieldOptions;
  defaults(file: DescFile): FileDefaults;
}

export function createAnnotations(): Annotations {
  const entities = new Map<DescMessage, EntityOptions | undefined>();
  const fields = new Map<DescField, FieldOptions>();
  const files = new Map<DescFile, FileDefaults>();
  return {
    entity: (message) =>
      remember(entities, message, () =>
        hasOption(message, entityOption) ? getOption(message, entityOption) : undefined,
      ),
    field: (field) => remember(fields, field, () => getOption(field, fieldOption)),
    defaults: (file) => remember(files, file, () => getOption(file, defaultsOption)),
  };
}

/** Reading an option parses its bytes, and every check asks again. */
function remember<K, V>(known: Map<K, V>, key: K, read: () => V): V {
  const found = known.get(key);
  if (found !== undefined || known.has(key)) return found as V; // the map holds it, if only as undefined
  const value = read();
  known.set(key, value);
  return value;
}
