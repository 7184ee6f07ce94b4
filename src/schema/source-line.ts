/** Where in its file something was declared, as far as the compiler wrote it down. */

import type { DescField, DescMessage } from "@bufbuild/protobuf";

/** Field numbers in google/protobuf/descriptor.proto, of which the paths of source locations are made. */
const MESSAGE_IN_FILE = 4;
const MESSAGE_IN_MESSAGE = 3;
const FIELD_IN_MESSAGE = 2;

/** Counted from 1; undefined where the descriptor has no source info. */
export function lineOf(desc: DescMessage | DescField): number | undefined {
  const message = desc.kind === "field" ? desc.parent : desc;
  const path = pathOf(desc).join(".");
  const locations = message.file.proto.sourceCodeInfo?.location ?? [];
  const line = locations.find((location) => location.path.join(".") === path)?.span[0];
  return line === undefined ? undefined : line + 1;
}

function pathOf(desc: DescMessage | DescField): readonly number[] {
  if (desc.kind === "field")
    return [...pathOf(desc.parent), FIELD_IN_MESSAGE, desc.parent.proto.field.indexOf(desc.proto)];
  const { parent } = desc;
  if (parent) return [...pathOf(parent), MESSAGE_IN_MESSAGE, parent.proto.nestedType.indexOf(desc.proto)];
  return [MESSAGE_IN_FILE, desc.file.proto.messageType.indexOf(desc.proto)];
}
