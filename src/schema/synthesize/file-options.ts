/** The file options that a synthesized file takes over from the entity's file. */

import { create, isFieldSet } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Edition, FileOptionsSchema, type FileOptions } from "@bufbuild/protobuf/wkt";
import type { DescFile } from "@bufbuild/protobuf";

/**
 * Two files of a package may not share an outer class; features would change what the synthesized file means; the rest
 * of what protobuf itself does not read is nobody's. Custom options are unknown here and stay behind by themselves.
 */
const LEFT = ["java_outer_classname", "features", "uninterpreted_option"];

/** Editions say this by a feature, and refuse the option. */
const LEFT_BY_PROTO2 = ["java_string_check_utf8"];

/** Undefined where none is set. */
export function copiedOptions(file: DescFile): FileOptions | undefined {
  const { options } = file.proto;
  if (!options) return undefined;
  const left = file.edition === Edition.EDITION_PROTO2 ? [...LEFT, ...LEFT_BY_PROTO2] : LEFT;
  const from = reflect(FileOptionsSchema, options);
  const copy = create(FileOptionsSchema);
  const to = reflect(FileOptionsSchema, copy);
  const set = FileOptionsSchema.fields.filter((field) => isFieldSet(options, field) && !left.includes(field.name));
  for (const field of set) to.set(field, from.get(field));
  return set.length > 0 ? copy : undefined;
}
