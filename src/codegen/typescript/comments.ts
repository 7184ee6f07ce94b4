/** What a .proto file says of its declarations, as far as the descriptors hold it. */

import type { DescEnum, DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import { OnDelete, type FieldOptions } from "../../gen/pannier/v1/annotations_pb.ts";
import type { Annotations } from "../../schema/annotations.ts";

/** Field numbers in google/protobuf/descriptor.proto, of which paths are made. */
const IN_FILE = { message: 4, enum: 5 };
const IN_MESSAGE = { field: 2, message: 3, enum: 4 };

export interface Comments {
  /** Lines without their indent; empty where there is none. */
  of(declared: DescMessage | DescField | DescEnum): string;
}

/** What deleting the row that is referenced does to the row that references it. */
const ON_DELETE: { readonly [action in OnDelete]: string } = {
  [OnDelete.UNSPECIFIED]: "",
  [OnDelete.RESTRICT]: ", which cannot be deleted as long",
  [OnDelete.CASCADE]: ", and is deleted with it",
  [OnDelete.SET_NULL]: ", and is cleared when that is deleted",
};

export function createComments(annotations: Annotations): Comments {
  const files = new Map<DescFile, ReadonlyMap<string, string>>();
  const textsOf = (file: DescFile): ReadonlyMap<string, string> => {
    const known = files.get(file) ?? commentsOf(file);
    files.set(file, known);
    return known;
  };
  return {
    of: (declared) => {
      const { file, deprecated } = declared.kind === "field" ? { ...fileOf(declared) } : declared;
      const text = textsOf(file).get(pathOf(declared).join(".")) ?? "";
      const reference = declared.kind === "field" ? referenceText(annotations.field(declared)) : "";
      return [text, reference, deprecated ? "@deprecated" : ""].filter((part) => part !== "").join("\n");
    },
  };
}

function referenceText({ references }: FieldOptions): string {
  return references ? `References ${references.entity}${ON_DELETE[references.onDelete]}.` : "";
}

function fileOf({ parent, deprecated }: DescField): { readonly file: DescFile; readonly deprecated: boolean } {
  return { file: parent.file, deprecated };
}

function commentsOf({ proto }: DescFile): ReadonlyMap<string, string> {
  const locations = proto.sourceCodeInfo?.location ?? [];
  return new Map(
    locations.map(({ path, leadingComments, trailingComments }) => [
      path.join("."),
      plain(leadingComments === "" ? trailingComments : leadingComments),
    ]),
  );
}

function plain(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^ /, "").trimEnd());
  return lines.join("\n").replace(/^\n+|\n+$/g, "");
}

/** By the lists of the descriptor, which also hold the entries of maps. */
function pathOf(declared: DescMessage | DescField | DescEnum): readonly number[] {
  if (declared.kind === "field")
    return [...pathOf(declared.parent), IN_MESSAGE.field, declared.parent.proto.field.indexOf(declared.proto)];
  const { parent, file, kind } = declared;
  if (!parent) {
    const at = kind === "message" ? file.proto.messageType.indexOf(declared.proto) : file.proto.enumType.indexOf(declared.proto); // prettier-ignore
    return [IN_FILE[kind], at];
  }
  const at = kind === "message" ? parent.proto.nestedType.indexOf(declared.proto) : parent.proto.enumType.indexOf(declared.proto); // prettier-ignore
  return [...pathOf(parent), IN_MESSAGE[kind], at];
}
