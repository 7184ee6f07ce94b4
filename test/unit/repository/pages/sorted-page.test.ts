/** A page sorted here, where the store shows one state: what is read for it, and what is held. */

import { describe, expect, it } from "vitest";
import type { Adapter, ReadOutcome, Reads } from "../../../../src/adapter/adapter.ts";
import type { MutableRecord } from "../../../../src/model/value.ts";
import { sortedRows } from "../../../../src/repository/pages/sort.ts";
import { createScope } from "../../../../src/repository/scope.ts";
import { at, creating, field, fixture, listing, order } from "../fixture.ts";

interface Watched {
  readonly scanned: (readonly number[] | undefined)[];
  /** Rows of each read by key. */
  readonly read: number[];
}

/** @param most rows that one read by key answers */
function watching({ scanned, read }: Watched, most = Infinity): (adapter: Adapter) => Adapter {
  return (adapter) => {
    const watched = (reads: Reads): Reads => ({
      ...reads,
      scan: (plan, window, call) => {
        scanned.push(window.fields);
        return reads.scan(plan, window, call);
      },
      read: async (request, call) => {
        const outcomes = await reads.read(request, call);
        const answered = outcomes.map((outcome, i): ReadOutcome => (i < most ? outcome : { status: "unread" }));
        read.push(answered.filter(({ status }) => status === "found").length);
        return answered;
      },
    });
    return { ...adapter, consistent: (body, call) => adapter.consistent!((reads) => body(watched(reads)), call) };
  };
}

describe("a sorted page where the store shows one state", () => {
  const status = at("status");

  it("has only what it is sorted by pass by, and reads its rows by key as far as they fit", async () => {
    const watched: Watched = { scanned: [], read: [] };
    const { repository, call } = await fixture({ limits: { answerBytes: 10_000 }, wrap: watching(watched) });
    for (let i = 0; i < 30; i++)
      await repository.create(creating({ id: `i${i}`, notes: ["x".repeat(3_000)], status: 30 - i }), call);
    const page = await repository.list(listing({ orderBy: "status", allowScan: true, pageSize: 30 }), call);
    expect(page.entities.map((row) => field(row, "status"))).toEqual([1, 2, 3]);
    expect(new Set(watched.scanned.map((fields) => fields?.join()))).toEqual(
      new Set([[at("tenant"), at("id"), status].join()]),
    );
    expect(watched.read.reduce((sum, rows) => sum + rows)).toBeLessThanOrEqual(4);
  });

  it("holds nothing else of a row that is delivered whole", async () => {
    const { options, call } = await fixture();
    const scope = createScope(options);
    const bytes = new Uint8Array(1_000).fill(1);
    const whole: MutableRecord = order.fields.map(() => "large");
    whole[at("tenant")] = "t";
    whole[at("id")] = "i";
    whole[status] = 1;
    whole[at("title")] = bytes.subarray(0, 1);
    const reader = { readWindow: async () => ({ rows: [{ record: whole, cursor: () => bytes }], next: undefined }) };
    const fields = [at("tenant"), at("id"), status, at("title")];
    const asked = { order: [{ ordinal: status, desc: false }], after: undefined, skip: 0, size: 1, fields };
    const { rows } = await sortedRows(scope, reader, asked, call);
    expect(rows.map((row) => row.filter((value) => value !== undefined))).toEqual([["t", "i", 1, Uint8Array.of(1)]]);
    const kept = rows[0]?.[at("title")];
    expect(kept instanceof Uint8Array && kept.buffer.byteLength).toBe(1);
  });

  it("shows the rows that a mask asks for, behind those that are skipped, however few at a time", async () => {
    const watched: Watched = { scanned: [], read: [] };
    const { repository, call } = await fixture({ wrap: watching(watched, 1) });
    for (let i = 0; i < 9; i++)
      await repository.create(creating({ id: `i${i}`, status: (i * 4) % 9, code: `c${(i * 4) % 9}` }), call);
    const request = listing({ orderBy: "status desc", allowScan: true, pageSize: 4, skip: 2, readMask: ["code"] });
    const page = await repository.list(request, call);
    const rest = await repository.list({ ...request, pageToken: page.nextPageToken }, call);
    const codes = [...page.entities, ...rest.entities].map((row) => field(row, "code"));
    expect([codes, rest.nextPageToken]).toEqual([["c6", "c5", "c4", "c3", "c2", "c1", "c0"], ""]);
    expect([page.entities.length, watched.read]).toEqual([4, [1, 1, 1, 1, 1, 1, 1]]);
  });
});
