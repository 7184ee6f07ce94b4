/** Rows: what is written is read, exactly, on disk and in memory. */

import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { SqliteAdapter } from "../../../../src/adapter/sqlite/open.ts";
import { createCall } from "../../../../src/model/call.ts";
import { equalRecords } from "../../../../src/model/compare.ts";
import { normalise } from "../../../../src/model/record.ts";
import { anyRecord } from "./records.ts";
import { createOf, entity, NOW, openStore, readOne, writeAll } from "./store.ts";

const everything = entity("test.v1.Everything");

describe.each(["sqlite:rows.db", "sqlite::memory:"])("rows in %s", (url) => {
  let opened: Promise<SqliteAdapter> | undefined;
  const store = (): Promise<SqliteAdapter> => (opened ??= openStore([everything], { url: new URL(url) }));
  afterAll(async () => (await opened)?.close());

  it("are read as they were written, every kind of field, extremes included", async () => {
    let number = 0;
    const records = anyRecord(everything, (ordinal) =>
      ordinal === everything.key[0]?.ordinal ? fc.constant("key") : undefined,
    );
    await fc.assert(
      fc.asyncProperty(records, async (random) => {
        number += 1;
        const record = random.map((value, ordinal) => {
          if (ordinal === everything.key[0]?.ordinal) return `row ${number}`;
          return everything.fields[ordinal]?.name === "slug" ? undefined : value;
        });
        expect(await writeAll(await store(), [createOf(everything, record)])).toMatchObject([{ status: "applied" }]);
        const stored = await readOne(await store(), everything, record);
        expect(stored && equalRecords(everything.message, stored, normalise(everything.message, record))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("are changed as a whole by a Put, and read so", async () => {
    const records = anyRecord(everything, (ordinal) =>
      ordinal === everything.key[0]?.ordinal ? fc.constant("one") : undefined,
    );
    await fc.assert(
      fc.asyncProperty(records, async (random) => {
        const record = normalise(everything.message, random);
        const key = ["one"];
        const put = { kind: "put", entity: everything, key, now: NOW, record, generated: [], restore: true } as const;
        const removed = { kind: "delete", entity: everything, key, now: NOW, soft: false, allowMissing: true } as const;
        const [, outcome] = await writeAll(await store(), [{ ...removed, now: -(10n ** 20n) }, put]);
        expect(outcome).toMatchObject({ status: "applied" });
        const stored = await readOne(await store(), everything, record);
        expect(stored && equalRecords(everything.message, stored, record)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  /** More sets than are remembered, so that some are made anew. */
  it("are read in part as they are read whole", async () => {
    const plain = { kind: "create", entity: everything, key: ["part"], now: NOW } as const;
    const [random] = fc.sample(
      anyRecord(everything, () => undefined),
      1,
    );
    if (!random) throw new Error("no row");
    const record = normalise(
      everything.message,
      random.map((value, i) => {
        if (i === everything.key[0]?.ordinal) return "part";
        return everything.fields[i]?.name === "slug" ? undefined : value; // unique, and the last row may have the same
      }),
    );
    await writeAll(await store(), [{ ...plain, record }]);
    const whole = await readOne(await store(), everything, record);
    const ordinals = everything.fields.map(({ ordinal }) => ordinal);
    await fc.assert(
      fc.asyncProperty(fc.subarray(ordinals), async (fields) => {
        const keys = [{ entity: everything, key: ["part"] }];
        const { call } = createCall({ timeout: Infinity, requestId: "part" });
        const [outcome] = await (await store()).read({ keys, fields, consistency: undefined }, call);
        if (outcome?.status !== "found") throw new Error("no row");
        for (const ordinal of fields) expect(outcome.record[ordinal]).toEqual(whole?.[ordinal]);
      }),
      { numRuns: 200 },
    );
  });
});
