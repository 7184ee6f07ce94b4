/** The handle that reads: it waits where another handle holds the file, by how long it has waited and not by the clock itself. */

import { renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CODE } from "../../../../../src/adapter/sqlite/failure.ts";
import { fileReadHandle, type ReadHandle } from "../../../../../src/adapter/sqlite/reading/read-handle.ts";
import { anyCall, temporaryDirectory } from "../store.ts";

interface HeldFile {
  readonly path: string;
  readonly handle: ReadHandle;
  /** Reads, which fails at once while the file is held. */
  readonly read: () => unknown;
  readonly letGo: () => void;
}

/** Without a WAL, where a writer keeps readers out. */
function heldFile(): HeldFile {
  const path = join(temporaryDirectory(), "test.db");
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE t (a); INSERT INTO t VALUES (7)");
  const handle = fileReadHandle(DatabaseSync, { path, keepsRequests: false, damages: { last: undefined } });
  other.exec("BEGIN EXCLUSIVE");
  return {
    path,
    handle,
    read: () => handle.connection().statement("SELECT a FROM t").get([]),
    letGo: () => other.close(), // rolls back
  };
}

describe("a file that is taken away", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("is missed at the next look, a quarter of a second later", () => {
    let now = 3_600_000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const { handle, read, letGo, path } = heldFile();
    letGo();
    expect(read()).toEqual([7n]);
    renameSync(path, `${path}.away`);
    expect(read()).toEqual([7n]);
    now += 251;
    expect(read).toThrow("unable to open");
    renameSync(`${path}.away`, path);
    expect(read()).toEqual([7n]);
    handle.close();
  });
});

describe("a file that another handle holds", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("is waited for, however long the process has run", async () => {
    vi.spyOn(performance, "now").mockReturnValue(3_600_000);
    const { handle, read, letGo } = heldFile();
    let asked = 0;
    const row = await handle.attempt(anyCall(), () => {
      asked += 1;
      if (asked === 3) letGo();
      return read();
    });
    expect([row, asked]).toEqual([[7n], 3]);
    handle.close();
  });

  it("is not waited for without end", async () => {
    let now = 3_600_000;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 1_000));
    const { handle, read, letGo } = heldFile();
    await expect(handle.attempt(anyCall(), read)).rejects.toMatchObject({ errcode: CODE.busy });
    letGo();
    handle.close();
  });
});
