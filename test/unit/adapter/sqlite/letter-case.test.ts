/** Names that change in the case of their letters alone: SQL takes them for one, protobuf does not. */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { changes, note } from "../letter-case.ts";
import { anyCall, createOf, openStore, recordWith, temporaryDirectory, writeAll } from "./store.ts";

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
