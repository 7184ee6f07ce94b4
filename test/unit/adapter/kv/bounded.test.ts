/** What the store holds of large rows: commits in pieces, units up to a limit, rows behind an index a few at a time. */

import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NO_DERIVATIONS } from "../../../../src/adapter/derivation.ts";
import { createWriter, UNIT_BYTES, type Answer, type Job } from "../../../../src/adapter/embedded/byte-writer.ts";
import { CommitFailed, openEngine } from "../../../../src/adapter/kv/engine.ts";
import { classify } from "../../../../src/adapter/embedded/unique-violation.ts";
import { engineFault } from "../../../../src/adapter/kv/failure.ts";
import { open } from "../../../../src/adapter/kv/open.ts";
import type { ByteStore, Change } from "../../../../src/adapter/ordered/byte-store.ts";
import { createTable, physicalName, type Table } from "../../../../src/adapter/ordered/byte-table.ts";
import { readKeys } from "../../../../src/adapter/ordered/read-keys.ts";
import { scanWindow } from "../../../../src/adapter/ordered/read-plan.ts";
import { planOrdered } from "../../../../src/adapter/planner/planner.ts";
import { createCall } from "../../../../src/model/call.ts";
import type { FieldSet } from "../../../../src/adapter/adapter.ts";
import type { EntityModel } from "../../../../src/model/entity.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import { entityOf } from "../../migration/entities.ts";
import { anyCall, createOf, NOW, openOptions, recordWith, temporaryDirectory, updateOf } from "../sqlite/store.ts";

const MIB = 1_048_576;
const ROW = 400_000;

const entity: EntityModel = entityOf({
  fields: [[1, "id", { kind: "string" }], [2, "size", { kind: "int32" }], [3, "data", { kind: "bytes" }]],
  indexes: [{ name: "by_size", fields: ["size"] }],
}); // prettier-ignore

let engine: ByteStore;
let ids = 0;
beforeAll(async () => {
  engine = await openEngine(join(temporaryDirectory(), "rows"));
});
afterAll(() => engine.close());

interface Watched {
  /** Bytes of each commit. */
  readonly commits: number[];
  /** Bytes of rows of each read of several keys. */
  readonly reads: number[];
}

/** A table of its own, and the engine as it is asked. */
function fresh(refuses: (commit: number) => boolean = () => false): Watched & { table: Table; store: ByteStore } {
  const [commits, reads]: number[][] = [[], []];
  const table = createTable(entity, { id: ++ids, indexes: new Map([[physicalName(entity.indexes[0]!), ++ids]]) });
  const size = ({ key, value }: Change): number => key.length + (value?.length ?? 0);
  const store: ByteStore = {
    ...engine,
    commit: async (changes) => {
      commits!.push(changes.reduce((sum, change) => sum + size(change), 0));
      if (refuses(commits!.length)) throw new CommitFailed(new Error("the disk is gone"));
      await engine.commit(changes);
    },
    snapshot: () => {
      const snapshot = engine.snapshot();
      return {
        ...snapshot,
        getMany: async (keys) => {
          const rows = await snapshot.getMany(keys);
          reads!.push(rows.reduce((sum, row) => sum + (row?.length ?? 0), 0));
          return rows;
        },
      };
    },
  };
  return { commits: commits!, reads: reads!, table, store };
}

const key = (number: number): string => `k${String(number).padStart(4, "0")}`;
const large = (number: number): Mutation =>
  createOf(entity, recordWith(entity, { id: key(number), size: number, data: new Uint8Array(ROW).fill(number) }));
const numbered = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);

async function run(
  { store, table }: { readonly store: ByteStore; readonly table: Table },
  ...jobs: readonly (Pick<Extract<Job, { kind: "write" }>, "mutations"> & { readonly atomic?: boolean })[]
): Promise<readonly string[][]> {
  const writer = createWriter({ store, derivations: NO_DERIVATIONS, tableOf: () => table, expiring: () => [] });
  const answers = await writer.run(jobs.map((job) => ({ kind: "write", atomic: false, returning: false, ...job })));
  return answers.map(saidBy);
}

/** Statuses, or why a job failed as a whole. */
function saidBy(answer: Answer | { readonly kind: "failed"; readonly error: unknown }): string[] {
  if (answer.kind === "failed") return [classify(answer.error, engineFault).reason];
  if (answer.kind !== "fresh") throw new TypeError(`a write was answered ${answer.kind}`);
  return answer.outcomes.map((outcome) =>
    outcome.status === "failed" ? classify(outcome.error, engineFault).reason : outcome.status,
  );
}

const isThere = (table: Table, number: number): boolean => engine.get(table.rowKey([key(number)])) !== undefined;

describe("a batch of large rows", () => {
  it("whose writes succeed or fail alone is committed in pieces", async () => {
    const place = fresh();
    const [created] = await run(place, { mutations: numbered(60).map(large) });
    expect(created).toEqual(numbered(60).map(() => "applied"));
    expect(place.commits.length).toBeGreaterThan(4);
    expect(Math.max(...place.commits)).toBeLessThan(5 * MIB);
    const touches = numbered(60).map((number) => updateOf(entity, { id: key(number), size: 1_000 }));
    const small = { mutations: [updateOf(entity, { id: key(3), size: 7 })] };
    expect(await run(place, small, { mutations: touches }, small)).toEqual([
      ["applied"],
      numbered(60).map(() => "applied"),
      ["applied"],
    ]);
    expect(Math.max(...place.commits)).toBeLessThan(5 * MIB);
    expect(place.table.decode(engine.get(place.table.rowKey([key(3)]))!)[1]).toBe(7);
    expect(place.table.decode(engine.get(place.table.rowKey([key(4)]))!)[1]).toBe(1_000);
  });

  it("tells what is on disk from what may not be, where a piece cannot be committed", async () => {
    const place = fresh((commit) => commit === 2);
    const before = { mutations: [large(100)] };
    const [first, second = [], third] = await run(place, before, { mutations: numbered(30).map(large) }, { mutations: [large(200)] });
    expect([first, third]).toEqual([["applied"], ["applied"]]);
    const applied = second.filter((status) => status === "applied").length;
    expect(applied).toBeGreaterThan(8);
    expect(second).toEqual([
      ...numbered(applied).map(() => "applied"),
      ...numbered(30 - applied).map(() => "WRITE_OUTCOME_UNKNOWN"),
    ]);
    expect(numbered(30).map((number) => isThere(place.table, number))).toEqual(numbered(30).map((number) => number < applied));
  }); // prettier-ignore

  it("fails as a whole where nothing of it is on disk, with those that were committed with it", async () => {
    const place = fresh((commit) => commit === 1);
    const answers = await run(place, { mutations: [large(1)] }, { mutations: numbered(30).map(large) });
    expect(answers).toEqual([["WRITE_OUTCOME_UNKNOWN"], ["WRITE_OUTCOME_UNKNOWN"]]);
    expect(numbered(30).some((number) => isThere(place.table, number))).toBe(false);
  });

  it("fails its last piece alone where that is not committed", async () => {
    const place = fresh((commit) => commit === 2);
    const [batch = []] = await run(place, { mutations: numbered(12).map(large) });
    expect(new Set(batch)).toEqual(new Set(["applied", "WRITE_OUTCOME_UNKNOWN"]));
    expect(batch.map((status) => status === "applied")).toEqual(numbered(12).map((number) => isThere(place.table, number)));
  }); // prettier-ignore

  it("that happens together has a limit, and is refused before anything of it is written", async () => {
    const place = fresh();
    const most = Math.floor(UNIT_BYTES / ROW);
    const [refused = []] = await run(place, { mutations: numbered(most + 2).map(large), atomic: true });
    expect(refused.filter((status) => status !== "skipped")).toEqual(["BATCH_TOO_LARGE"]);
    expect(place.commits).toEqual([]);
    const [taken = []] = await run(place, { mutations: numbered(most - 1).map(large), atomic: true });
    expect(new Set(taken)).toEqual(new Set(["applied"]));
  });
});

it("large rows are fetched a few at a time, by key and behind an index", async () => {
  const place = fresh();
  await run(place, { mutations: numbered(40).map(large) });
  const source = place.store.snapshot();
  const keys = numbered(40).map((number) => ({ entity, key: [key(number)] }));
  await readKeys(source, () => place.table, { keys, fields: undefined, consistency: undefined, maxBytes: 12 * MIB });
  const order = { key: "total", index: "total", range: true, absentInIndex: true, pushes: () => true } as const;
  const plan = planOrdered({ entity, order: [{ ordinal: 1, desc: false }] }, order);
  expect(plan.access.kind).toBe("index");
  const window = { limit: 40, maxBytes: 12 * MIB, fields: undefined, visible: { deleted: false, now: NOW }, consistency: undefined };
  const { rows } = await scanWindow(source, place.table, plan, window, anyCall());
  expect(rows.map(([id]) => id)).toEqual(numbered(rows.length).map(key));
  expect(rows.length).toBeGreaterThan(20);
  await source.close();
  expect(Math.max(...place.reads)).toBeLessThan(2 * MIB);
}); // prettier-ignore

it("of large rows, fields that are small are read alone: a window holds as many as were asked for", async () => {
  const place = fresh();
  await run(place, { mutations: numbered(40).map(large) });
  const source = place.store.snapshot();
  const order = { key: "total", index: "total", range: true, absentInIndex: true, pushes: () => true } as const;
  for (const by of [0, 1]) {
    const plan = planOrdered({ entity, order: [{ ordinal: by, desc: false }] }, order);
    const window = { limit: 40, maxBytes: MIB, fields: [1], visible: { deleted: false, now: NOW }, consistency: undefined };
    const { rows } = await scanWindow(source, place.table, plan, window, anyCall());
    expect(rows).toEqual(numbered(40).map((number) => [key(number), number, expect.toSatisfy(isNothing)]));
  }
  await source.close();
}); // prettier-ignore

it("what a key says by itself is answered without reading rows, also of rows that are not there", async () => {
  const place = fresh();
  await run(place, { mutations: [1, 3].map(large) });
  const source = place.store.snapshot();
  const keys = numbered(5).map((number) => ({ entity, key: [key(number)] }));
  const read = (fields: FieldSet) => readKeys(source, () => place.table, { keys, fields, consistency: undefined });
  const found = (number: number) => ({ status: "found", record: [key(number), undefined, undefined] });
  const missing = { status: "missing" };
  expect(await read([])).toEqual([missing, found(1), missing, found(3), missing]);
  expect(place.reads).toEqual([]);
  expect(await read([1])).toMatchObject([
    missing,
    { record: [key(1), 1, undefined] },
    missing,
    { record: [key(3), 3, undefined] },
    missing,
  ]);
  expect(place.reads.length).toBeGreaterThan(0);
  await source.close();
});

/** What a field holds that was not read. */
function isNothing(value: unknown): boolean {
  return value === undefined || (value instanceof Uint8Array && value.length === 0);
}

it("an Execute that only reads lets others have their turn, and ends with its call", async () => {
  const store = await open(openOptions([entity], { url: new URL("kv:units"), dataDir: temporaryDirectory() }));
  const options = { atomic: false, returning: false, consistency: undefined };
  await store.write({ mutations: numbered(20).map(large), ...options }, anyCall());
  const visible = { deleted: false, now: NOW };
  const steps = numbered(200).map((number) => ({ kind: "read", key: { entity, key: [key(number % 20)] }, visible }) as const);
  const asked = { steps, required: steps.map(() => true), isolation: undefined, consistency: undefined };
  let turns = 0;
  let isOver = false;
  const reading = store.execute!(asked, anyCall()).finally(() => (isOver = true));
  for (; !isOver; turns++) await setImmediate();
  const result = await reading;
  expect(result.kind !== "reused" && result.outcomes.map(({ status }) => status)).toEqual(steps.map(() => "found"));
  expect(turns).toBeGreaterThan(20);
  const control = createCall({ timeout: 20_000, requestId: "ends" });
  const ended = store.execute!(asked, control.call);
  await setImmediate();
  control.abort("cancelled");
  await expect(ended).rejects.toMatchObject({ reason: "CANCELLED" });
  await store.close();
}); // prettier-ignore
