/** Drafts → descriptors, and the places of their comments. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  type DescriptorProtoSchema,
  type FieldDescriptorProtoSchema,
  type ServiceDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel,
  MethodOptionsSchema,
  type SourceCodeInfo_LocationSchema,
} from "@bufbuild/protobuf/wkt";
import { jsonName } from "../naming.ts";
import type { DraftField, DraftMessage, DraftMethod } from "./draft.ts";

type FieldShape = MessageInitShape<typeof FieldDescriptorProtoSchema>;
type MessageShape = MessageInitShape<typeof DescriptorProtoSchema>;
type ServiceShape = MessageInitShape<typeof ServiceDescriptorProtoSchema>;
type LocationShape = MessageInitShape<typeof SourceCodeInfo_LocationSchema>;

/** Field numbers in google/protobuf/descriptor.proto, of which paths are made. */
const IN_MESSAGE = { field: 2, nested: 3 };
const METHOD_IN_SERVICE = 2;

/** Comments by place. Spans count places, in order, because no text has been written yet. */
export class Comments {
  readonly locations: LocationShape[] = [];

  add(path: readonly number[], comment: string | undefined): void {
    if (comment === undefined) return;
    this.locations.push({ path: [...path], span: [this.locations.length, 0, 0], leadingComments: ` ${comment}\n` });
  }
}

/** `explicit`: the file's syntax keeps presence by itself, so `optional` is not written. */
export interface Assembly {
  readonly explicit: boolean;
  readonly comments: Comments;
}

export function assembleMessage(draft: DraftMessage, path: readonly number[], assembly: Assembly): MessageShape {
  assembly.comments.add(path, draft.comment);
  const oneofs = [...new Set(draft.fields.flatMap((field) => field.oneof ?? []))];
  const field = draft.fields.map((field, i) => {
    assembly.comments.add([...path, IN_MESSAGE.field, i], field.comment);
    return assembleField(field, oneofs, assembly.explicit);
  });
  const nestedType = (draft.nested ?? []).map((nested, i) =>
    assembleMessage(nested, [...path, IN_MESSAGE.nested, i], assembly),
  );
  return {
    name: draft.name,
    field,
    nestedType,
    oneofDecl: oneofs.map((name) => ({ name })),
    reservedRange: [...(draft.reservedRanges ?? [])].map(({ start, end }) => ({ start, end })),
    reservedName: [...(draft.reservedNames ?? [])],
  };
}

/** Appends to `oneofs` what proto3 needs for an optional field: a oneof of its own, after the real ones. */
function assembleField(draft: DraftField, oneofs: string[], explicit: boolean): FieldShape {
  const synthetic = draft.optional === true && !explicit;
  const oneofIndex = synthetic
    ? oneofs.push(`_${draft.name}`) - 1
    : draft.oneof === undefined
      ? undefined
      : oneofs.indexOf(draft.oneof);
  return {
    name: draft.name,
    number: draft.number,
    label: draft.repeated ? FieldDescriptorProto_Label.REPEATED : FieldDescriptorProto_Label.OPTIONAL,
    type: draft.type,
    jsonName: jsonName(draft.name),
    ...(draft.typeName !== undefined && { typeName: draft.typeName }),
    ...(oneofIndex !== undefined && { oneofIndex }),
    ...(synthetic && { proto3Optional: true }),
  };
}

export function assembleService(
  name: string,
  methods: readonly DraftMethod[],
  path: readonly number[],
  comments: Comments,
): ServiceShape {
  return {
    name,
    method: methods.map((method, i) => {
      comments.add([...path, METHOD_IN_SERVICE, i], method.comment);
      return {
        name: method.name,
        inputType: method.input,
        outputType: method.output,
        // A proto2 message: false would count as set.
        ...(method.streams && { serverStreaming: true }),
        ...(method.reads && {
          options: create(MethodOptionsSchema, { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS }),
        }),
      };
    }),
  };
}
