// The printed grpcurl lines, where entities and addresses are not as simple as the examples.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { grpcurl } from "../servers/grpcurl.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";

const key = 'option (pannier.v1.entity) = { key: {partition: "id"} indexes: {fields: ["name"]} };';

/** An entity with a key, a text and a number, as the lines want them, and what else is said of each. */
function entity(name: string, { id = "", text = "", number = "" } = {}): string {
  const fields = [`string id = 1 ${id};`, `optional string name = 2 ${text};`, `optional int32 count = 3 ${number};`];
  return `message ${name} { ${key} ${fields.join(" ")} }`;
}

let directory: string;
let sidecar: Sidecar | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier lines-"));
  await symlink(await grpcurl(), join(directory, "grpcurl"));
});
afterEach(async () => {
  await sidecar?.dispose();
  await rm(directory, { recursive: true, force: true });
});

async function served(entities: readonly string[], listen?: string): Promise<readonly string[]> {
  const descriptors = join(directory, "proto");
  await mkdir(join(descriptors, "lines", "v1"), { recursive: true });
  const head = 'syntax = "proto3"; package lines.v1; import "pannier/v1/annotations.proto";';
  await writeFile(join(descriptors, "lines", "v1", "lines.proto"), [head, ...entities].join("\n"));
  sidecar = await startSidecar({ directory, descriptors, ...(listen === undefined ? {} : { listen }) });
  return sidecar.printed.filter((line) => line.trimStart().startsWith("grpcurl "));
}

async function shell(line: string): Promise<string> {
  const PATH = `${directory}:${process.env["PATH"] ?? ""}`;
  return (await promisify(execFile)("sh", ["-c", line], { env: { PATH } })).stdout;
}

test("an entity whose fields refuse the lines is no example", async () => {
  const lines = await served([
    entity("A", { id: "[(pannier.v1.field).max_length = 8]" }),
    entity("B", { text: "[(pannier.v1.field).max_length = 6]" }),
    entity("C", { number: "[(pannier.v1.field).immutable = true]" }),
    entity("D", { number: "[(pannier.v1.field).unique = true]" }),
    entity("E"),
  ]);
  expect(lines.map((line) => /lines\.v1\.\w+\/\w+$/.exec(line)?.[0])).toEqual([
    undefined,
    ...["Create", "Get", "List", "Update"].map((method) => `lines.v1.ERepository/${method}`),
  ]);
  for (const line of lines) expect(await shell(line)).not.toBe("");
});

test("a socket whose path has spaces and quotes can be pasted", async () => {
  const folder = join(directory, "it's here");
  await mkdir(folder);
  const lines = await served([entity("A")], `unix:${join(folder, "data.sock")}`);
  expect(lines).toHaveLength(5);
  for (const line of lines) expect(await shell(line)).not.toBe("");
});
