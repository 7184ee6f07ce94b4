/** Files that are bad, held, taken away or full: plain answers, and life afterwards. */

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { SqliteAdapter } from "../../../../src/adapter/sqlite/open.ts";
import { isRecent } from "../../../../src/adapter/sqlite/connection.ts";
import { classify, SqliteFailure } from "../../../../src/adapter/sqlite/failure.ts";
import { Fault } from "../../../../src/model/fault.ts";
import type { Reason } from "../../../../src/model/reason.ts";
import type { Value } from "../../../../src/model/value.ts";
import { anyCall, createOf, entity, openStore, readOne, recordWith, temporaryDirectory, writeAll } from "./store.ts";

const everything = entity("test.v1.Everything");
const row = (id: string, values: { readonly [field: string]: Value } = {}): ReturnType<typeof recordWith> =>
  recordWith(everything, { id, ...values });

/** The reason of whatever a write fails with; undefined where it is applied. */
async function writeReason(
  store: SqliteAdapter,
  id: string,
  values: { readonly [field: string]: Value } = {},
): Promise<Reason | undefined> {
  try {
    const [outcome] = await writeAll(store, [createOf(everything, row(id, values))]);
    return outcome?.status === "failed" ? store.classify(outcome.error).reason : undefined;
  } catch (error) {
    return store.classify(error).reason;
  }
}

/** Damage shows when the file is opened, or when the page is met. */
async function reasonOfUse(dataDir: string): Promise<unknown> {
  try {
    const store = await openStore([everything], { dataDir });
    const reason = await writeReason(store, "row 1");
    await store.close();
    return reason;
  } catch (error) {
    return error instanceof Fault ? error.reason : error;
  }
}

describe("at the start", () => {
  it("refuses a file that is no database, and leaves it as it is", async () => {
    const dataDir = temporaryDirectory();
    const text = "this is not a database, however long it may be ".repeat(40);
    writeFileSync(join(dataDir, "test.db"), text);
    await expect(openStore([everything], { dataDir })).rejects.toMatchObject({
      reason: "STORE_CORRUPT",
      message: expect.stringContaining(join(dataDir, "test.db")),
    });
    expect(readFileSync(join(dataDir, "test.db"), "utf8")).toBe(text);
  });

  it("refuses another application's database", async () => {
    const dataDir = temporaryDirectory();
    const foreign = new DatabaseSync(join(dataDir, "test.db"));
    foreign.exec("PRAGMA application_id = 252006675; CREATE TABLE t (a)");
    foreign.close();
    await expect(openStore([everything], { dataDir })).rejects.toMatchObject({ reason: "STORE_CORRUPT" });
  });

  it("refuses a directory in the place of the file", async () => {
    const dataDir = temporaryDirectory();
    mkdirSync(join(dataDir, "test.db"));
    await expect(openStore([everything], { dataDir })).rejects.toMatchObject({ reason: "STORE_UNAVAILABLE" });
  });

  it.skipIf(process.getuid?.() === 0)(
    "refuses a directory it may not write to (root may write anywhere, so not run as root)",
    async () => {
      const dataDir = temporaryDirectory();
      chmodSync(dataDir, 0o500);
      await expect(openStore([everything], { dataDir })).rejects.toMatchObject({ reason: "STORE_UNAVAILABLE" });
    },
  );

  it("refuses a file system that is read-only", async () => {
    const dataDir = temporaryDirectory();
    if (!mountSmall(dataDir)) return console.log("skipped: no right to mount a small file system here");
    try {
      execFileSync("mount", ["-o", "remount,ro", dataDir]);
      await expect(openStore([everything], { dataDir })).rejects.toMatchObject({ reason: "STORE_UNAVAILABLE" });
      execFileSync("mount", ["-o", "remount,rw", dataDir]);
      await (await openStore([everything], { dataDir })).close();
      execFileSync("mount", ["-o", "remount,ro", dataDir]);
      await expect(openStore([everything], { dataDir })).rejects.toMatchObject({
        reason: expect.stringMatching(/STORE_READ_ONLY|STORE_UNAVAILABLE/),
      });
    } finally {
      execFileSync("umount", ["-l", dataDir]);
    }
  });

  it("knows which SQLite can corrupt its files", () => {
    expect(["3.51.2", "3.9.0", "2.99.99"].map(isRecent)).toEqual([false, false, false]);
    expect(["3.51.3", "3.53.4", "4.0.0", "3.52"].map(isRecent)).toEqual([true, true, true, true]);
  });
});

describe("while it runs", () => {
  it("goes on once a file that was taken away is back, and loses nothing acknowledged", async () => {
    const dataDir = temporaryDirectory();
    const file = join(dataDir, "test.db");
    const store = await openStore([everything], { dataDir });
    expect(await writeReason(store, "before")).toBeUndefined();
    for (const suffix of ["", "-wal", "-shm"]) renameSync(file + suffix, `${file}.away${suffix}`);
    expect(await writeReason(store, "meanwhile")).toBe("STORE_UNAVAILABLE");
    const pinged = store.ping(anyCall()).catch((error: unknown) => store.classify(error).reason);
    expect(await pinged).toBe("STORE_UNAVAILABLE");
    expect(() => statSync(file)).toThrow("ENOENT");
    for (const suffix of ["", "-wal", "-shm"]) {
      if (statSync(`${file}.away${suffix}`, { throwIfNoEntry: false }))
        renameSync(`${file}.away${suffix}`, file + suffix);
    }
    expect(await writeReason(store, "after")).toBeUndefined();
    await store.ping(anyCall());
    expect(await readOne(store, everything, row("before"))).toBeDefined();
    expect(await readOne(store, everything, row("meanwhile"))).toBeUndefined();
    await store.close();
  });

  it("answers a damaged page plainly, and goes on once the file is whole again", async () => {
    const dataDir = temporaryDirectory();
    const file = join(dataDir, "test.db");
    const filled = await openStore([everything], { dataDir });
    for (let i = 0; i < 40; i += 1) await writeReason(filled, `row ${i}`, { string_value: "x".repeat(3_000) });
    await filled.close();
    copyFileSync(file, `${file}.whole`);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 4096 * 2);
    writeFileSync(file, bytes);
    expect(await reasonOfUse(dataDir)).toBe("STORE_CORRUPT");
    for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
    copyFileSync(`${file}.whole`, file);
    const again = await openStore([everything], { dataDir });
    expect(await readOne(again, everything, row("row 7"))).toBeDefined();
    await again.close();
  });

  it("says that it is held while another holds it, and goes on afterwards", async () => {
    const dataDir = temporaryDirectory();
    const store = await openStore([everything], { dataDir, settings: { busy_timeout_ms: 50 } });
    const other = new DatabaseSync(join(dataDir, "test.db"));
    other.exec("BEGIN IMMEDIATE");
    expect(await writeReason(store, "held")).toBe("TRANSACTION_CONFLICT");
    expect(await readOne(store, everything, row("held"))).toBeUndefined();
    other.exec("ROLLBACK");
    other.close();
    expect(await writeReason(store, "held")).toBeUndefined();
    await store.close();
  });

  it("refuses what has no room, takes what has, and goes on", async () => {
    const dataDir = temporaryDirectory();
    if (!mountSmall(dataDir)) return console.log("skipped: no right to mount a small file system here");
    try {
      const store = await openStore([everything], { dataDir });
      const big = { string_value: "x".repeat(200_000) };
      let written = 0;
      while (written < 100 && (await writeReason(store, `big ${written}`, big)) === undefined) written += 1;
      expect(written).toBeLessThan(100);
      expect(await writeReason(store, "one more", big)).toBe("STORE_FULL");
      for (let i = 0; i < written; i += 1) expect(await readOne(store, everything, row(`big ${i}`))).toBeDefined();
      execFileSync("mount", ["-o", "remount,size=64m", dataDir]);
      expect(await writeReason(store, "room again", big)).toBeUndefined();
      await store.close();
    } finally {
      execFileSync("umount", ["-l", dataDir]);
    }
  });
});

function mountSmall(directory: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("several processes on one file", () => {
  it("all write, and nothing is lost", async () => {
    const dataDir = temporaryDirectory();
    const store = await openStore([everything], { dataDir });
    const script = fileURLToPath(new URL("./other-process.ts", import.meta.url));
    const others = ["x", "y", "z"].map(
      (name) =>
        new Promise<number | null>((resolve) => {
          spawn(process.execPath, [script, dataDir, name, "40"], { stdio: ["ignore", "ignore", "inherit"] }).on(
            "exit",
            resolve,
          );
        }),
    );
    const own = Array.from({ length: 40 }, (_, i) => writeReason(store, `own ${i}`));
    expect(new Set(await Promise.all(own))).toEqual(new Set([undefined]));
    expect(await Promise.all(others)).toEqual([0, 0, 0]);
    const plan = store.plan({ entity: everything, order: [] });
    const visible = { deleted: false, now: 0n };
    expect(await store.count?.(plan, { visible, consistency: undefined }, anyCall())).toBe(160);
    await store.close();
  });

  it("keeps every acknowledged write of one that is killed", async () => {
    const dataDir = temporaryDirectory();
    const script = fileURLToPath(new URL("./other-process.ts", import.meta.url));
    const child = spawn(process.execPath, [script, dataDir, "k", "100000"], { stdio: ["ignore", "pipe", "inherit"] });
    const acknowledged: string[] = [];
    let rest = "";
    for await (const part of child.stdout) {
      const lines = (rest + String(part)).split("\n");
      rest = lines.pop() ?? "";
      acknowledged.push(...lines);
      if (acknowledged.length > 200) child.kill("SIGKILL");
    }
    const store = await openStore([everything], { dataDir });
    expect(acknowledged.length).toBeGreaterThan(200);
    for (const id of acknowledged) expect(await readOne(store, everything, row(id)), id).toBeDefined();
    await store.close();
  });
});

describe("what codes mean", () => {
  it.each<[number, Reason]>([
    [5, "TRANSACTION_CONFLICT"],
    [517, "TRANSACTION_CONFLICT"],
    [8, "STORE_READ_ONLY"],
    [10, "STORE_UNAVAILABLE"],
    [778, "STORE_UNAVAILABLE"],
    [11, "STORE_CORRUPT"],
    [13, "STORE_FULL"],
    [14, "STORE_UNAVAILABLE"],
    [18, "ROW_TOO_LARGE"],
    [26, "STORE_CORRUPT"],
    [275, "CHECK_VIOLATION"],
    [1811, "CHECK_VIOLATION"],
    [787, "FOREIGN_KEY_VIOLATION"],
    [1299, "NOT_NULL_VIOLATION"],
    [2067, "UNIQUE_VIOLATION"],
  ])("%i is %s", (code, reason) => {
    expect(classify(new SqliteFailure(code)).reason).toBe(reason);
  });

  it("an uncertain one is never taken for a safe one", () => {
    expect(classify(new SqliteFailure(10, { uncertain: true }))).toMatchObject({
      reason: "WRITE_OUTCOME_UNKNOWN",
      detail: { neverResend: true },
    });
  });
});
