/** Entities beside those of `proto/`, for what a sidecar with many of them costs. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes so many, 50 to a file, and answers the directory; undefined for none. */
export async function writeEntities(count: number, directory: string): Promise<string | undefined> {
  if (count === 0) return undefined;
  const folder = join(directory, "many", "bench", "v1");
  await mkdir(folder, { recursive: true });
  const messages = Array.from({ length: count }, (_, i) => message(i));
  for (let i = 0; i < count; i += 50) {
    const text = [head, ...messages.slice(i, i + 50)].join("\n");
    await writeFile(join(folder, `entities_${i / 50}.proto`), text);
  }
  return join(directory, "many");
}

const head = `syntax = "proto3";
package bench.v1;
import "google/protobuf/timestamp.proto";
import "pannier/v1/annotations.proto";
`;

function message(i: number): string {
  return `message Thing${i} {
  option (pannier.v1.entity) = {
    key: {partition: "id"}
    indexes: {fields: ["owner", "created_at desc"]}
  };
  string id = 1 [(pannier.v1.field).generate = GENERATE_UUID_V7];
  optional string owner = 2;
  optional string name = 3;
  optional int64 size = 4;
  optional bool is_open = 5;
  repeated string tags = 6;
  map<string, string> labels = 7;
  google.protobuf.Timestamp created_at = 8 [(pannier.v1.field).created_at = true];
  google.protobuf.Timestamp updated_at = 9 [(pannier.v1.field).updated_at = true];
  int64 version = 10 [(pannier.v1.field).version = true];
}
`;
}
