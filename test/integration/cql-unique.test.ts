// Unique indexes in a table beside: what is taken, what is freed, what a crash leaves behind, and rows that were there before.
import { randomUUID } from "node:crypto";
import type { Client } from "cassandra-driver";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapter/adapter.ts";
import type { OpenAdapter } from "../../src/adapter/opening.ts";
import { guard } from "../../src/adapter/decorators/guard.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import { unmetDemands } from "../../src/repository/demands.ts";
import { refusal } from "../conformance/refusal.ts";
import type { Rows } from "../conformance/rows.ts";
import { entities, openAdapter, subjectOf } from "../conformance/stores.ts";
import { manualClock } from "../conformance/subject.ts";
import { cassandraClient, cassandraKeyspace } from "../servers/cassandra.ts";
import { raceUnique } from "../wide-column/unique.ts";

const own: readonly EntityModel[] = entities.filter(({ name }) => name === "test.v1.Account");
const [account] = own;

let url: URL;
let direct: Client;
let accounts: Rows;
const opened: Adapter[] = [];

beforeAll(async () => {
  url = new URL(await cassandraKeyspace());
  direct = cassandraClient(url);
  ({ accounts } = await open({ unique_tables: true }));
}, 300_000);
afterAll(async () => {
  for (const adapter of opened) await adapter.close();
  await direct.shutdown();
});

async function open(
  settings: { readonly [name: string]: unknown },
  at = url,
): Promise<{ adapter: Adapter; accounts: Rows }> {
  const plant =
    (opens: OpenAdapter): OpenAdapter =>
    (options) =>
      opens({ ...options, settings });
  const clock = manualClock();
  const options = { store: "main", url: at.href, dataDir: "", clock, entities: own };
  const adapter = guard(await openAdapter(options, plant), "main");
  opened.push(adapter);
  return { adapter, accounts: subjectOf("main", adapter, clock, own).rows("Account") };
}

describe("a unique value", { timeout: 120_000 }, () => {
  test("is one row's, whatever writes it", async () => {
    await accounts.create({ id: "u1", email: "one" });
    const refused = await refusal("UNIQUE_VIOLATION", accounts.create({ id: "u2", email: "one" }));
    expect(refused).toMatchObject({ code: "ALREADY_EXISTS", detail: { constraint: "email" } });
    await accounts.create({ id: "u2", email: "two" });
    await refusal("UNIQUE_VIOLATION", accounts.update({ id: "u2", email: "one" }));
    await refusal("UNIQUE_VIOLATION", accounts.put({ id: "u2", email: "one" }));
    expect(await accounts.get({ id: "u2" })).toMatchObject({ email: "two" });
    await accounts.update({ id: "u1", name: "still its own", email: "one" });
    await accounts.create({ id: "u3" });
    await accounts.create({ id: "u4" });
  });

  test("is free once its row has another, is deleted, or is gone; and undelete does not take it back", async () => {
    await accounts.create({ id: "f1", email: "freed" });
    await accounts.update({ id: "f1", email: "other" });
    await accounts.create({ id: "f2", email: "freed" });
    await accounts.delete({ id: "f2" });
    await accounts.create({ id: "f3", email: "freed" });
    await refusal("UNIQUE_VIOLATION", accounts.undelete({ id: "f2" }));
    await accounts.delete({ id: "f3" }, { permanent: true });
    await accounts.undelete({ id: "f2" });
    expect(await accounts.get({ id: "f2" })).toMatchObject({ email: "freed" });
  });

  test("that a crash left taken is taken over, from a row that has another and from one that was never written", async () => {
    await accounts.create({ id: "c1", email: "kept" });
    await accounts.create({ id: "c2", email: "crashed" });
    const taken = await direct.execute("SELECT value, owner FROM pannier_unique");
    // As if the owners of all values had taken this one too, and died before they wrote their rows.
    await accounts.delete({ id: "c2" }, { permanent: true });
    for (const { owner } of taken.rows) {
      const left = taken.rows.filter((row) => row["owner"] !== owner).length;
      expect(left).toBeGreaterThan(0);
      await direct.execute(
        "UPDATE pannier_unique SET owner = ?, claim = ? WHERE value = ? IF owner = null",
        [owner, randomUUID(), valueOf(taken.rows, "c2")],
        { prepare: true },
      );
      await accounts.create({ id: "c3", email: "crashed" });
      await accounts.delete({ id: "c3" }, { permanent: true });
    }
    expect(await accounts.get({ id: "c1" })).toMatchObject({ email: "kept" });
  });

  test("leaves nothing to be seen of a row that is gone", async () => {
    await accounts.create({ id: "g1", email: "gone" });
    await accounts.delete({ id: "g1" }, { permanent: true });
    await refusal("ROW_NOT_FOUND", accounts.get({ id: "g1" }));
    const ids = (await accounts.pages({ pageSize: 1_000, showDeleted: true })).map(({ id }) => id);
    expect(ids).not.toContain("g1");
    await accounts.create({ id: "g1", email: "back" });
    expect(await accounts.get({ id: "g1" })).toMatchObject({ email: "back" });
  });
});

/** The value that a row's owner text stands beside: the last that was taken is its. */
function valueOf(rows: readonly { readonly [column: string]: unknown }[], id: string): unknown {
  return rows.find(({ owner }) => Buffer.from(String(owner), "base64url").toString("latin1").endsWith(id))?.["value"];
}

test("rows with unique values are written one at a time", { timeout: 120_000 }, async () => {
  const writes = [accounts.op.create({ id: "b1", email: "b1" }), accounts.op.create({ id: "b2", email: "b2" })];
  await refusal("CAPABILITY_MISSING", accounts.batchWrite(writes, { atomic: true }));
  const items = await accounts.batchWrite([...writes, accounts.op.create({ id: "b3", email: "b1" })]);
  expect(items.map((item) => ("fault" in item ? item.fault.reason : "written")).toSorted()).toEqual([
    "UNIQUE_VIOLATION",
    "written",
    "written",
  ]);
});

test(
  "without the setting the entity is not carried, and a table with rows from before is not served with it",
  { timeout: 300_000 },
  async () => {
    const at = new URL(await cassandraKeyspace());
    const plain = await open({}, at);
    expect(unmetDemands(account!, plain.adapter)).toEqual([
      { capability: "unique_index", text: expect.stringContaining("is unique") },
    ]);
    await plain.accounts.create({ id: "before", email: "same" });
    const unique = await open({ unique_tables: true }, at);
    expect(unmetDemands(account!, unique.adapter)).toEqual([]);
    expect(unique.adapter.schema!.contract!(account!).drift).toEqual([expect.stringContaining("without rows alone")]);
    await refusal("SCHEMA_DRIFT", unique.accounts.create({ id: "late", email: "same" }));
  },
);

test(
  "writers of several sidecars, many of them given up at any moment, never make two rows of one value",
  { timeout: 300_000 },
  async () => {
    const told = await raceUnique({ url: await cassandraKeyspace(), rounds: 6, seed: 14 });
    const words = [...told.keys()].filter((word) => word.endsWith("UNIQUE_VIOLATION"));
    expect(words.length).toBeGreaterThan(0);
  },
);
