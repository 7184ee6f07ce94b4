/** An Execute that only reads, and a Count inside one that writes. */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { ExecuteStep } from "../../../../../src/adapter/adapter.ts";
import { MOST_COUNTED } from "../../../../../src/adapter/sqlite/reading/count.ts";
import type { SqliteAdapter } from "../../../../../src/adapter/sqlite/open.ts";
import { anyCall, createOf, entity, openStore, recordWith, temporaryDirectory } from "../store.ts";

const plain = entity("test.v1.Plain");
const key = plain.fields[plain.key[0]?.ordinal ?? 0]?.name ?? "";

/** So many rows, put there by another process, as it were. */
async function filled(rows: number): Promise<{ readonly store: SqliteAdapter; readonly other: DatabaseSync }> {
  const dataDir = temporaryDirectory();
  const store = await openStore([plain], { dataDir, settings: { busy_timeout_ms: 50 } });
  const other = new DatabaseSync(join(dataDir, "test.db"));
  onTestFinished(async () => {
    other.close();
    await store.close();
  });
  other.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO "${plain.table}" ("${key}") SELECT printf('%09d', i) FROM n`);
  return { store, other };
}

function countStep(store: SqliteAdapter): ExecuteStep {
  const plan = store.plan({ entity: plain, order: [] });
  return { kind: "count", plan, options: { visible: { deleted: false, now: 0n }, consistency: undefined } };
}

function execute(store: SqliteAdapter, steps: readonly ExecuteStep[]): Promise<unknown> {
  const required = steps.map(() => false);
  return store.execute!({ steps, required, isolation: undefined, consistency: undefined }, anyCall());
}

it("counts without the writer, although another process holds the file's lock", async () => {
  const { store, other } = await filled(MOST_COUNTED + 1);
  other.exec("BEGIN IMMEDIATE");
  const outcomes = [{ status: "counted", count: MOST_COUNTED + 1 }];
  expect(await execute(store, [countStep(store)])).toEqual({ kind: "fresh", outcomes });
  other.exec("ROLLBACK");
});

it("does not keep others from writing for longer than a bounded Count takes", async () => {
  const { store } = await filled(2 * MOST_COUNTED);
  const write: ExecuteStep = { kind: "write", mutation: createOf(plain, recordWith(plain, { [key]: "new" })) };
  expect(await execute(store, [write, countStep(store)])).toMatchObject({
    outcomes: [{ status: "skipped" }, { status: "failed", error: { reason: "CAPABILITY_MISSING" } }],
  });
  const keys = [{ entity: plain, key: ["new"] }];
  const [outcome] = await store.read({ keys, fields: undefined, consistency: undefined }, anyCall());
  expect(outcome).toEqual({ status: "missing" });
});
