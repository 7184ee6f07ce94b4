/** Rows too large for an answer, and rows that a write would make too large. */

import { describe, expect, it } from "vitest";
import type { ItemResult, ScanFrame } from "../../../src/repository/repository.ts";
import { createTransactions } from "../../../src/repository/transactions.ts";
import { creating, faultOf, field, fixture, getting, listing, order, scanning, type Fixture } from "./fixture.ts";

const LARGE = "x".repeat(2_000);
const SMALL = ["tenant", "id", "title"];

/** Rows a to d, of which c is too large for any answer. */
async function withLargeRow(profile?: "weak"): Promise<Fixture> {
  const limits = { answerBytes: 1_000, answerRowBytes: 1_500 };
  const made = await fixture({ ...(profile && { profile }), limits });
  for (const id of ["a", "b", "c", "d"])
    await made.repository.create(creating({ id, ...(id === "c" && { code: LARGE }) }, { readMask: ["id"] }), made.call);
  return made;
}

const outcomes = (items: readonly ItemResult[]): readonly string[] =>
  items.map((item) => (item.kind === "fault" ? item.fault.reason : item.kind));

describe.each([undefined, "weak"] as const)("a row too large for an answer, on memory (%s)", (profile) => {
  it("is refused by Get, naming the fields of its key and none of its values", async () => {
    const { repository, call } = await withLargeRow(profile);
    const fault = await faultOf(repository.get(getting("c"), call));
    expect(fault).toMatchObject({ reason: "ROW_TOO_LARGE", code: "RESOURCE_EXHAUSTED" });
    expect(fault.detail.metadata).toEqual({ key_fields: "tenant, id" });
    expect(fault.message).toMatch(/test\.Order .*tenant, id.* 1500 .*read_mask/);
    expect(fault.message).not.toContain("xx");
  });

  it("is answered where a read_mask leaves out what is large", async () => {
    const { repository, call } = await withLargeRow(profile);
    expect(field(await repository.get(getting("c", { readMask: SMALL }), call), "title")).toBe("a title");
    const page = await repository.list(listing({ readMask: SMALL }), call);
    expect(page.entities).toHaveLength(4);
  });

  it("fails its own position of a BatchGet, wherever it stands", async () => {
    const { repository, call } = await withLargeRow(profile);
    const { key: _, ...asked } = getting("");
    const batch = (...ids: readonly string[]): typeof asked & { keys: readonly string[][] } => ({
      ...asked,
      keys: ids.map((id) => ["t", id]),
    });
    expect(outcomes(await repository.batchGet(batch("c", "a"), call))).toEqual(["ROW_TOO_LARGE", "entity"]);
    expect(outcomes(await repository.batchGet(batch("a", "c"), call))).toEqual(["entity", "ROW_TOO_LARGE"]);
  });

  it("ends the page before it and refuses the next, which a read_mask takes further", async () => {
    const { repository, call } = await withLargeRow(profile);
    const seen: unknown[] = [];
    let request = listing({ pageSize: 100 });
    let refused = 0;
    do {
      try {
        const page = await repository.list(request, call);
        seen.push(...page.entities.map((entity) => field(entity, "id")));
        request = listing({ pageSize: 100, pageToken: page.nextPageToken });
      } catch {
        refused++;
        expect(await faultOf(repository.list(request, call))).toMatchObject({ reason: "ROW_TOO_LARGE" });
        request = { ...request, pageSize: 1, readMask: SMALL };
      }
    } while (request.pageToken !== "" || (seen.length === 0 && refused < 2));
    expect(refused).toBe(1);
    expect(seen.toSorted()).toEqual(["a", "b", "c", "d"]);
  });

  it("is refused in an order that is sorted here, after the rows before it", async () => {
    const { repository, call } = await withLargeRow(profile);
    const sorted = listing({ orderBy: "plain, id", allowScan: true });
    const page = await repository.list(sorted, call);
    expect(page.entities.map((entity) => field(entity, "id"))).toEqual(["a", "b"]);
    const next = { ...sorted, pageToken: page.nextPageToken };
    expect(await faultOf(repository.list(next, call))).toMatchObject({ reason: "ROW_TOO_LARGE" });
    const rest = await repository.list({ ...next, readMask: SMALL }, call);
    expect(rest.entities.map((entity) => field(entity, "id"))).toEqual(["c", "d"]);
  });

  it("ends a Scan after the frames before it, whose last token goes on with a read_mask", async () => {
    const { repository, call } = await withLargeRow(profile);
    const frames: ScanFrame[] = [];
    const run = async (request: Parameters<typeof repository.scan>[0]): Promise<void> => {
      for await (const frame of repository.scan(request, call)) frames.push(frame);
    };
    expect(await faultOf(run(scanning()))).toMatchObject({ reason: "ROW_TOO_LARGE", detail: { operation: "Scan" } });
    await run(scanning({ readMask: SMALL, resumeToken: frames.at(-1)?.resumeToken ?? "" }));
    const ids = frames.flatMap((frame) => frame.entities.map((entity) => field(entity, "id")));
    expect(ids.toSorted()).toEqual(["a", "b", "c", "d"]);
  });

  it("is trimmed to its key among the answers of a batch and an Execute", async () => {
    const { repository, options, call } = await withLargeRow(profile);
    const shared = { requestId: "", readMask: undefined, consistency: undefined };
    const create = { kind: "create", request: creating({ id: "e", code: LARGE }) } as const;
    const [written] = await repository.batchWrite({ ...shared, writes: [create], atomic: false }, call);
    expect(written).toMatchObject({ kind: "entity", trimmed: true, entity: { fields: [0, 1] } });
    if (profile) return; // reads nothing in an Execute
    const get = { method: "Get", entity: order, request: getting("c") } as const;
    const [answer] = await createTransactions([options]).execute(
      { operations: [get], isolation: undefined, requestId: "" },
      call,
    );
    expect(answer).toMatchObject({ method: "Get", trimmed: true, entity: { fields: [0, 1] } });
  });
});

it("a row too large for an answer is skipped like any other", async () => {
  const { repository, call } = await withLargeRow();
  const page = await repository.list(listing({ skip: 3 }), call);
  expect(page.entities.map((entity) => field(entity, "id"))).toEqual(["d"]);
});
