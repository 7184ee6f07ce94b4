/** What the contract says of `open`, on every store that keeps its rows. */

import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { createOf, windowOf } from "./direct.ts";
import { filter } from "./plain.ts";
import { testCall } from "./rows.ts";
import { entities, openAdapter } from "./stores.ts";
import { manualClock } from "./subject.ts";

/** `path` as the url names it, relative to the data directory. */
const KEEPING = [
  { name: "SQLite file", url: "sqlite:within/rows.db", path: "within/rows.db" },
  { name: "kv", url: "kv:within/rows", path: "within/rows" },
];

const ticket = entities.find(({ name }) => name.endsWith(".Ticket"))!;
const clock = manualClock();

describe.each(KEEPING)("$name", ({ url, path }) => {
  let dataDir = "";
  let opened: Adapter | undefined;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "pannier-opening-"));
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
    await rm(dataDir, { recursive: true, force: true });
  });

  const open = async (...own: readonly EntityModel[]): Promise<Adapter> => {
    const adapter = await openAdapter({ store: "main", url, dataDir, clock, entities: own });
    opened = adapter;
    return adapter;
  };

  test("a relative path lies in the data directory", async () => {
    await open(ticket);
    await expect(stat(join(dataDir, path))).resolves.toBeDefined();
  });

  test("open may be tried again after it has rejected", async () => {
    const inTheWay = join(dataDir, path, "..");
    await writeFile(inTheWay, "no directory");
    await expect(open(ticket)).rejects.toThrow(/cannot be opened/u);
    await rm(inTheWay);
    await expect((await open(ticket)).ping(testCall())).resolves.toBeUndefined();
  });

  test("rows that were there are found through an index that is new", async () => {
    const bare: EntityModel = { ...ticket, indexes: [] };
    const writer = await open(bare);
    const own = ["one", "one", "other"].map((holder, i) => createOf({ clock }, bare, { id: `ticket-${i}`, holder }));
    await writer.write({ mutations: own, atomic: false, returning: false, consistency: undefined }, testCall());
    await writer.close();
    opened = undefined;
    const reader = await open(ticket);
    const plan = reader.plan({ entity: ticket, where: filter(ticket, { holder: { eq: "one" } }), order: [] });
    expect(plan).toMatchObject({ needsScan: false, access: { kind: "index" } });
    const { rows } = await reader.scan(plan, windowOf({ clock }, 10), testCall());
    expect(rows).toHaveLength(2);
  });
});
