/** Which file a url names, and what is said of settings that have no use. */

import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { settingsOf } from "../../../../src/adapter/embedded/settings.ts";
import { open as openKv } from "../../../../src/adapter/kv/open.ts";
import { KV_STORE } from "../../../../src/adapter/kv/settings.ts";
import { open as openMemory } from "../../../../src/adapter/memory/open.ts";
import { open } from "../../../../src/adapter/sqlite/open.ts";
import { SQLITE_STORE } from "../../../../src/adapter/sqlite/settings.ts";
import { entity, openOptions } from "./store.ts";

const pathNamed = (url: string): string =>
  settingsOf({ ...openOptions([]), url: new URL(url), dataDir: "/data" }, SQLITE_STORE).path;

describe("the path of a SQLite url", () => {
  it.each([
    ["sqlite:shard.db", "/data/shard.db"],
    ["sqlite:shard%231.db", "/data/shard#1.db"],
    ["sqlite:50%25.db", "/data/50%.db"],
    ["sqlite:/var/a%20b.db", "/var/a b.db"],
    ["sqlite::memory:", ":memory:"],
  ])("%s is %s", (url, path) => {
    expect(pathNamed(url)).toBe(path);
  });

  it.each(["sqlite:shard#1.db", "sqlite::memory:#1", "sqlite:50%.db", "sqlite:%ff.db", "sqlite:%zz.db"])(
    "%s is refused, and how to write it is said",
    (url) => {
      expect(() => pathNamed(url)).toThrow("write %23 and %25 where the file's name has them");
    },
  );
});

describe("a number among the settings", () => {
  it.each([
    ["sqlite", SQLITE_STORE],
    ["kv", KV_STORE],
  ])("that is not given is what the page of %s says", async (folder, { defaults }) => {
    const page = await readFile(new URL(`../../../../src/adapter/${folder}/README.md`, import.meta.url), "utf8");
    const said = Object.keys(defaults).map((name) => [
      name,
      Number(new RegExp(`\`${name}\` \\((\\d+)`, "u").exec(page)?.[1]),
    ]);
    expect(Object.fromEntries(said)).toEqual(defaults);
  });

  it.each([0, -1, 1.5, Infinity, NaN, "7", true, 2 ** 53])("%s is refused", (queue) => {
    const options = { ...openOptions([]), dataDir: "/data", settings: { queue } };
    expect(() => settingsOf(options, SQLITE_STORE)).toThrow("must be a whole number above 0");
  });

  it("of 1 is taken", () => {
    const options = { ...openOptions([]), dataDir: "/data", settings: { queue: 1 } };
    expect(settingsOf(options, SQLITE_STORE).numbers).toEqual({ ...SQLITE_STORE.defaults, queue: 1 });
  });
});

describe("pool.max", () => {
  it.each([
    ["sqlite", open, "sqlite:test.db"],
    ["memory", openMemory, "memory:"],
    ["kv", openKv, "kv:rows"],
  ])("has no use for %s, which is said", async (_, opener, url) => {
    const told: string[] = [];
    const log = { ...openOptions([]).log, warn: (_fields: object, text: string) => void told.push(text) };
    const options = { ...openOptions([entity("test.v1.Plain")]), url: new URL(url), log };
    const store = await opener({ ...options, settings: { "pool.max": 7 } });
    await store.close();
    expect(told).toEqual([expect.stringContaining("pool.max has no use here")]);
  });
});
