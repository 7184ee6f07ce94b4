/** Entities of two versions whose names differ in the case of their letters alone: each pair keeps its rows in every store. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { loadSchema } from "../../../src/schema/load-schema.ts";
import type { EntityModel } from "../../../src/model/entity.ts";

export async function note(options: string, field: string, more = ""): Promise<EntityModel> {
  const directory = await mkdtemp(join(tmpdir(), "pannier-letters-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(
    join(directory, "letters.proto"),
    `syntax = "proto3"; package letters.v1; import "pannier/v1/annotations.proto";
     message Note { option (pannier.v1.entity) = { key: {partition: "id"} ${options} }; string id = 1; optional string ${field}; ${more} }`,
  );
  const { entities, findings } = await loadSchema({ sources: [directory] });
  expect(findings).toEqual([]);
  return entities[0]!.model;
}

export type Declared = readonly [options: string, field: string, more?: string];

export const changes: readonly (readonly [what: string, before: Declared, after: Declared])[] = [
  ["a field", ["", "text = 2"], ["", "Text = 2"]],
  ["the key", ['table: "t"', "text = 2"], ['table: "T"', "TEXT = 2"]],
  ["an indexed field", ['indexes: {fields: "text"}', "text = 2"], ['indexes: {fields: "Text"}', "Text = 2"]],
  ["a table", ['table: "notes"', "text = 2"], ['table: "Notes"', "text = 2"]],
  ["a table with its index", ['indexes: {fields: "text"}', "text = 2"], ['table: "NOTES" indexes: {fields: "text"}', "text = 2"]],
  ["an index", ['indexes: {fields: "text" name: "x"}', "text = 2"], ['indexes: {fields: "text" name: "X"}', "text = 2"]],
  ["a physical index", ['indexes: {fields: "text" physical: "x"}', "text = 2"], ['indexes: {fields: "text" physical: "X"}', "text = 2"]],
  ["a unique index", ['indexes: {fields: "text" unique: true}', "text = 2"], ['table: "Notes" indexes: {fields: "Text" unique: true}', "Text = 2"]],
  ["a column", ["", 'text = 2 [(pannier.v1.field).column = "c"]'], ["", 'text = 2 [(pannier.v1.field).column = "C"]']],
  ["a table and a field that tell their old names", ['table: "notes"', "text = 2"], ['table: "Notes" renamed_from: "notes"', 'Text = 2 [(pannier.v1.field).renamed_from = "text"]']],
]; // prettier-ignore
