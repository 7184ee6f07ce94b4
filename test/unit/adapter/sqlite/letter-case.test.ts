/** Names that change in the case of their letters alone: SQL takes them for one, protobuf does not. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadSchema } from "../../../../src/schema/load-schema.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import { anyCall, createOf, openStore, recordWith, temporaryDirectory, writeAll } from "./store.ts";

async function note(options: string, field: string, more = ""): Promise<EntityModel> {
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

type Declared = readonly [options: string, field: string, more?: string];

const changes: readonly (readonly [what: string, before: Declared, after: Declared])[] = [
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

it.each(changes)("%s keeps its rows, with a contract of it in the file and without", async (_, before, after) => {
  for (const hasContract of [true, false]) {
    const dataDir = temporaryDirectory();
    const first = await note(...before);
    const old = await openStore([first], { dataDir });
    const written = recordWith(first, { id: "k", [first.fields[1]!.name]: "kept" });
    expect(await writeAll(old, [createOf(first, written)])).toMatchObject([{ status: "applied" }]);
    await old.close();
    if (!hasContract) forgetContracts(join(dataDir, "test.db"));
    const second = await note(...after);
    const store = await openStore([second], { dataDir });
    onTestFinished(() => store.close());
    expect(await store.schema?.verify(anyCall())).toEqual([]);
    const request = { keys: [{ entity: second, key: ["k"] }], fields: undefined, consistency: undefined };
    expect(await store.read(request, anyCall())).toMatchObject([{ record: ["k", "kept"] }]);
    const next = recordWith(second, { id: "k2", [second.fields[1]!.name]: "new" });
    expect(await writeAll(store, [createOf(second, next)])).toMatchObject([{ status: "applied" }]);
  }
});

/** As files are that nobody wrote contracts into. */
function forgetContracts(path: string): void {
  const database = new DatabaseSync(path);
  database.exec("DELETE FROM _pannier_contracts");
  database.close();
}

it("two fields that trade places by their letters keep their own values", async () => {
  const dataDir = temporaryDirectory();
  const first = await note("", "a = 2", "optional string b = 3;");
  const old = await openStore([first], { dataDir });
  await writeAll(old, [createOf(first, recordWith(first, { id: "k", a: "two", b: "three" }))]);
  await old.close();
  const second = await note("", "B = 2", "optional string A = 3;");
  const store = await openStore([second], { dataDir });
  onTestFinished(() => store.close());
  const request = { keys: [{ entity: second, key: ["k"] }], fields: undefined, consistency: undefined };
  expect(await store.read(request, anyCall())).toMatchObject([{ record: ["k", "two", "three"] }]);
});
