/** A folder of .proto files for one test, gone afterwards. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface ProtoFolder extends AsyncDisposable {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<string>;
}

export async function protoFolder(files: { readonly [name: string]: string | Uint8Array } = {}): Promise<ProtoFolder> {
  const path = await mkdtemp(join(tmpdir(), "pannier-test-"));
  const folder: ProtoFolder = {
    path,
    write: async (name, content) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  return folder;
}

/** A proto3 file of package `p.v1` that may use Timestamp and the annotations. */
export function proto(body: string, head = 'syntax = "proto3"', name = "p.v1"): string {
  return `${head};
package ${name};
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "pannier/v1/annotations.proto";
${body}
`;
}

/** An entity `E` with the key `id` and the given fields. */
export function entity(fields: string, options = ""): string {
  return `message E {
  option (pannier.v1.entity) = { key: { partition: "id" } ${options} };
  string id = 1;
  ${fields}
}`;
}
