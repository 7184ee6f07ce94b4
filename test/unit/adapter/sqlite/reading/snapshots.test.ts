/** Handles of pages: each is there for the next page, however the one before ended. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { fileSnapshots, MOST_HANDLES, type Snapshots } from "../../../../../src/adapter/sqlite/reading/snapshots.ts";
import type { ScanSource } from "../../../../../src/adapter/sqlite/reading/scan.ts";
import { anyCall, temporaryDirectory } from "../store.ts";

function snapshots(): Snapshots {
  const path = join(temporaryDirectory(), "test.db");
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (7)");
  const made = fileSnapshots(DatabaseSync, { path, keepsRequests: false, damages: { last: undefined } });
  onTestFinished(() => {
    made.close();
    database.close();
  });
  return made;
}

const read = (source: ScanSource): unknown => source.connection().statement("SELECT a FROM t").get([]);

it("more pages than there are handles are read, one after the other and side by side", async () => {
  const pages = snapshots();
  for (let i = 0; i <= MOST_HANDLES; i += 1)
    expect(await pages.run(async (source) => read(source), anyCall())).toEqual([7n]);
  const together = Array.from({ length: 3 * MOST_HANDLES }, () => pages.run(async (source) => read(source), anyCall()));
  expect(await Promise.all(together)).toEqual(together.map(() => [7n]));
});

it("a page that fails gives its handle back", async () => {
  const pages = snapshots();
  const failing = Array.from({ length: 2 * MOST_HANDLES }, () =>
    pages.run(async () => Promise.reject(new Error("the page failed")), anyCall()),
  );
  for (const each of await Promise.allSettled(failing))
    expect(each).toMatchObject({ reason: { message: "the page failed" } });
  expect(await pages.run(async (source) => read(source), anyCall())).toEqual([7n]);
});
