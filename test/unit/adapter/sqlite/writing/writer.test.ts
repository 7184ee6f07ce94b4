/** The writer itself: its thread ends and starts anew, expired rows are swept in steps, long scans let the loop go. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Cursor } from "../../../../../src/adapter/adapter.ts";
import { classify } from "../../../../../src/adapter/sqlite/failure.ts";
import type { Job } from "../../../../../src/adapter/sqlite/writing/job.ts";
import { startThread } from "../../../../../src/adapter/sqlite/writing/thread.ts";
import { createWriter, type WriterOptions } from "../../../../../src/adapter/sqlite/writing/writer.ts";
import type { Mutation } from "../../../../../src/model/mutation.ts";
import {
  anyCall,
  createOf,
  entity,
  NOW,
  openStore,
  ordinalOf,
  recordWith,
  temporaryDirectory,
  writeAll,
} from "../store.ts";

const ticket = entity("test.v1.Ticket");
const create = (id: string, expiresAt?: bigint): Mutation =>
  createOf(ticket, recordWith(ticket, { id, expires_at: expiresAt }));

const write = (...mutations: readonly Mutation[]): Job => ({
  kind: "write",
  mutations,
  atomic: false,
  returning: false,
  request: undefined,
});

const options = (path: string): WriterOptions => ({
  store: "default",
  path,
  tables: "auto",
  busyTimeout: 1_000,
  entities: [ticket],
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe("a writer thread that ends", () => {
  it("leaves the fate of its group unknown, and is started anew", async () => {
    const runner = await startThread(options(join(temporaryDirectory(), "test.db")), silent);
    // No job: what its thread does not know ends it.
    const poison = { kind: "poison" } as unknown as Job;
    const answers = await runner.run([write(create("with it")), poison]);
    const reasons = answers.map((answer) => answer.kind === "failed" && classify(answer.error).reason);
    expect(reasons).toEqual(["WRITE_OUTCOME_UNKNOWN", "WRITE_OUTCOME_UNKNOWN"]);
    expect(await runner.run([write(create("after it"))])).toMatchObject([
      { kind: "write", result: { outcomes: [{ status: "applied" }] } },
    ]);
    await runner.close();
  });

  it("is started anew for the next group where it ended while nothing was asked of it", async () => {
    const workers: Worker[] = [];
    const made = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);
    subscribe("worker_threads", made);
    const runner = await startThread(options(join(temporaryDirectory(), "test.db")), silent);
    unsubscribe("worker_threads", made);
    expect(workers.length).toBe(1);
    await workers[0]?.terminate();
    expect(await runner.run([write(create("after it"))])).toMatchObject([
      { kind: "write", result: { outcomes: [{ status: "applied" }] } },
    ]);
    await runner.close();
  });
});

describe("a file that is replaced", () => {
  it("by one whose tables do not fit is refused without a word of where it lies", () => {
    const [path, other] = ["test.db", "other.db"].map((name) => join(temporaryDirectory(), name)) as [string, string];
    createWriter(DatabaseSync, options(path)).close();
    createWriter(DatabaseSync, { ...options(other), entities: [] }).close();
    const writer = createWriter(DatabaseSync, { ...options(path), tables: "check" });
    renameSync(other, path);
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
    const [answer] = writer.run([write(create("a"))]);
    const fault = answer?.kind === "failed" ? classify(answer.error) : undefined;
    expect(fault).toMatchObject({ reason: "SCHEMA_DRIFT" });
    expect(fault?.message).toBe("the database file was replaced by one whose tables do not fit");
    writer.close();
  });
});

describe("sweeping", () => {
  it("removes what has expired, in steps, and nothing else", () => {
    const writer = createWriter(DatabaseSync, options(":memory:"));
    const expired = Array.from({ length: 5 }, (_, i) => create(`old ${i}`, NOW - BigInt(i) * 1_000n));
    writer.run([write(...expired, create("later", NOW + 1_000n), create("never"))]);
    const sweep = (): unknown => writer.run([{ kind: "sweep", now: NOW, limit: 3 }])[0];
    expect(sweep()).toEqual({ kind: "sweep", swept: 3, more: true });
    expect(sweep()).toEqual({ kind: "sweep", swept: 2, more: false });
    expect(sweep()).toEqual({ kind: "sweep", swept: 0, more: false });
    expect(writer.connection().statement(`SELECT count(*) FROM "tickets"`).get([])).toEqual([2n]);
    writer.close();
  });
});

describe("a scan that finds nothing in many rows", () => {
  it("lets the event loop go on, window after window, to the end", async () => {
    const store = await openStore([ticket]);
    for (let i = 0; i < 60; i += 1) {
      await writeAll(
        store,
        Array.from({ length: 1_000 }, (_, at) => create(`${i} ${at}`)),
      );
    }
    const plan = store.plan({
      entity: ticket,
      where: { kind: "condition", op: "eq", ordinal: ordinalOf(ticket, "seat"), value: 7 },
      order: [],
    });
    const window = {
      limit: 10,
      maxBytes: 1e6,
      fields: undefined,
      visible: { deleted: false, now: NOW },
      consistency: undefined,
    };
    let turns = 0;
    let isOver = false;
    const counting = (async () => {
      while (!isOver) {
        turns += 1;
        await setImmediate();
      }
    })();
    for (let after: Cursor | undefined; ;) {
      const found = await store.scan(plan, { ...window, ...(after && { after }) }, anyCall());
      expect(found.rows).toEqual([]);
      if (!found.next) break;
      after = found.next;
    }
    isOver = true;
    await counting;
    expect(turns).toBeGreaterThan(3);
    await store.close();
  });
});
