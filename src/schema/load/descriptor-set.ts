/** A serialized FileDescriptorSet, taken apart without losing the bytes of its files. */

import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { DescriptorFile } from "../descriptors.ts";

/** Number of `file` in google.protobuf.FileDescriptorSet. */
const FILE = 1;

/** @throws Error whose message says what is wrong with the bytes */
export function parseDescriptorSet(bytes: Uint8Array): readonly DescriptorFile[] {
  const reader = new BinaryReader(bytes);
  const files: DescriptorFile[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number !== FILE) reader.skip(wireType, number);
    else if (wireType === WireType.LengthDelimited) files.push(parseFile(reader.bytes()));
    else throw new Error("its first field is no list of files");
  }
  return files;
}

/** @throws Error as `parseDescriptorSet` does */
export function parseFile(bytes: Uint8Array): DescriptorFile {
  const proto = fromBinary(FileDescriptorProtoSchema, bytes);
  // Almost any bytes parse as some message; a descriptor without a name is none.
  if (!/^[^\0]+\.proto$/.test(proto.name)) throw new Error("it holds a file without a name that ends in .proto");
  return { proto, bytes };
}
