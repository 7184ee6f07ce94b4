/** Messages being written: what a descriptor says, in reading order, with comments, before numbers of places are known. */

import { FieldDescriptorProto_Type, type DescriptorProto_ReservedRange } from "@bufbuild/protobuf/wkt";

export interface DraftField {
  readonly name: string;
  readonly number: number;
  readonly type: FieldDescriptorProto_Type;
  /** Full name of a message or enum, with a leading dot. */
  readonly typeName?: string;
  readonly repeated?: boolean;
  /** Whether absence means something where the file's syntax would not keep it. */
  readonly optional?: boolean;
  /** Name of the oneof it is a member of. */
  readonly oneof?: string;
  readonly comment?: string;
}

export interface DraftMessage {
  readonly name: string;
  readonly fields: readonly DraftField[];
  readonly nested?: readonly DraftMessage[];
  readonly reservedRanges?: readonly Pick<DescriptorProto_ReservedRange, "start" | "end">[];
  readonly reservedNames?: readonly string[];
  readonly comment?: string;
}

export interface DraftMethod {
  readonly name: string;
  /** Full names, with a leading dot. */
  readonly input: string;
  readonly output: string;
  readonly streams: boolean;
  readonly reads: boolean;
  readonly comment?: string;
}

type Details = Pick<DraftField, "repeated" | "optional" | "oneof" | "comment">;

export function text(name: string, number: number, details: Details = {}): DraftField {
  return { name, number, type: FieldDescriptorProto_Type.STRING, ...details };
}

export function bool(name: string, number: number, details: Details = {}): DraftField {
  return { name, number, type: FieldDescriptorProto_Type.BOOL, ...details };
}

export function int32(name: string, number: number, details: Details = {}): DraftField {
  return { name, number, type: FieldDescriptorProto_Type.INT32, ...details };
}

export function int64(name: string, number: number, details: Details = {}): DraftField {
  return { name, number, type: FieldDescriptorProto_Type.INT64, ...details };
}

/** `type` is a full name without a leading dot. */
export function message(type: string, name: string, number: number, details: Details = {}): DraftField {
  return { name, number, type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${type}`, ...details };
}

/** `type` is a full name without a leading dot. */
export function enumeration(type: string, name: string, number: number, details: Details = {}): DraftField {
  return { name, number, type: FieldDescriptorProto_Type.ENUM, typeName: `.${type}`, ...details };
}
