/** Descriptor files, sorted → descriptors of types that know each other. */

import { create, createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { DescriptorFile } from "../descriptors.ts";
import type { Finding } from "../finding.ts";

export type Built =
  | { readonly ok: true; readonly registry: FileRegistry }
  | { readonly ok: false; readonly findings: readonly Finding[] };

export function buildRegistry(files: readonly DescriptorFile[]): Built {
  const protos = files.map((file) => file.proto);
  try {
    return { ok: true, registry: createFileRegistry(create(FileDescriptorSetSchema, { file: protos })) };
  } catch (error) {
    // The whole set fails without naming the file, so the first prefix that fails shows which it is.
    return {
      ok: false,
      findings: [
        { ...firstFailure(files, error), mend: "make the descriptor set anew; a compiler would refuse this file" },
      ],
    };
  }
}

function firstFailure(files: readonly DescriptorFile[], whole: unknown): { file: string; what: string } {
  const protos = files.map((file) => file.proto);
  let low = 0;
  let high = protos.length;
  let reason = whole;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    try {
      createFileRegistry(create(FileDescriptorSetSchema, { file: protos.slice(0, middle) }));
      low = middle;
    } catch (error) {
      high = middle;
      reason = error;
    }
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return { file: protos[high - 1]?.name ?? "", what: `its descriptors cannot be used: ${message}` };
}
