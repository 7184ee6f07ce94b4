/** Two stores of one configuration never keep one database, however its name is spelled. */

import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkStores } from "../../../src/compose/check-stores.ts";
import type { StoreConfig, StoreProblem } from "../../../src/config/config.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pannier-"));
  await mkdir(join(directory, "real"));
  await writeFile(join(directory, "there.db"), "");
  await link(join(directory, "there.db"), join(directory, "hard.db"));
  await symlink("there.db", join(directory, "soft.db"));
  await symlink("real", join(directory, "linked"));
  await symlink("real/later.db", join(directory, "dangling.db"));
  await symlink("loop.db", join(directory, "loop.db"));
});
afterAll(() => rm(directory, { recursive: true }));

const store = (name: string, url: string): StoreConfig => ({
  name,
  url: new URL(url.replace("DIR", directory)),
  tables: "auto",
  scans: "refuse",
  restores: "refuse",
  settings: {},
});

const problemsOf = (first: string, second: string): Promise<readonly StoreProblem[]> =>
  checkStores([store("first", first), store("second", second)], directory);

describe("one database under two names", () => {
  it.each([
    ["sqlite:a.db", "sqlite:a.db"],
    ["sqlite:a.db", "sqlite:./a.db"],
    ["sqlite:a.db", "sqlite:DIR/a.db"],
    ["sqlite:a.db", "sqlite:%61.db"],
    ["sqlite:a%231.db", "sqlite:x/../a%231.db"],
    ["sqlite:50%25.db", "sqlite:./50%25.db"],
    ["sqlite:there.db", "sqlite:soft.db"],
    ["sqlite:there.db", "sqlite:hard.db"],
    ["sqlite:real/new.db", "sqlite:linked/new.db"],
    ["sqlite:real/sub/new.db", "sqlite:linked/sub/new.db"],
    ["sqlite:real/later.db", "sqlite:dangling.db"],
    ["kv:rows", "kv:./rows"],
    ["kv:rows", "pebble:rows"],
    ["kv:real", "kv:linked"],
  ])("%s and %s", async (first, second) => {
    expect(await problemsOf(first, second)).toEqual([
      { store: "second", setting: "url", reason: expect.stringContaining("stores.first has already") },
    ]);
  });
});

describe("two databases", () => {
  it.each([
    ["sqlite:a.db", "sqlite:b.db"],
    ["sqlite:a%231.db", "sqlite:a%232.db"],
    ["sqlite::memory:", "sqlite::memory:"],
    ["sqlite:loop.db", "sqlite:there.db"],
    ["memory:", "memory:"],
    ["kv:rows", "sqlite:rows.db"],
  ])("%s and %s", async (first, second) => {
    expect(await problemsOf(first, second)).toEqual([]);
  });
});

describe("settings of a backend", () => {
  it("are refused by name, all of them, and a password is not told", async () => {
    const wrong = { ...store("s", "sqlite:50%.db"), settings: { busy: 1, queue: "many", "pool.max": 3 } };
    expect((await checkStores([wrong, store("t", "mongodb://app:hunter2@db/x")], directory)).map(told)).toEqual([
      "s busy is no setting of this store, which has busy_timeout_ms, sweep_interval_ms, queue, group; correct or remove it",
      "s queue must be a whole number above 0",
      "s url holds # or %, which begin escapes; write %23 and %25 where the file's name has them",
      expect.stringMatching(/^t url cannot be opened: mongodb is not built yet/u),
    ]);
  });
});

const told = ({ store: name, setting, reason }: StoreProblem): string => `${name} ${setting} ${reason}`;
