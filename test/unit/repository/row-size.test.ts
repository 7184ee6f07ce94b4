/** Rows too large for an answer, and rows that a write would make too large. */

import { describe, expect, it } from "vitest";
import { compareText } from "../../../src/model/compare.ts";
import { createRepository } from "../../../src/repository/create-repository.ts";
import type { RepositoryLimits } from "../../../src/repository/limits.ts";
import type { ItemResult, ScanFrame, UpdateRequest } from "../../../src/repository/operation.ts";
import {
  at,
  creating,
  deleting,
  faultOf,
  field,
  fixture,
  getting,
  idOf,
  listing,
  nthVersion,
  order,
  putting,
  scanning,
  sparse,
  undeleting,
  updating,
  type Fixture,
  transactionsOf,
} from "./fixture.ts";

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
    const seen: string[] = [];
    const faults: string[] = [];
    let request = listing();
    do {
      const page = await repository.list(request, call).catch(async () => {
        faults.push((await faultOf(repository.list(request, call))).reason);
        return repository.list({ ...request, pageSize: 1, readMask: SMALL }, call);
      });
      seen.push(...page.entities.map(idOf));
      request = listing({ pageToken: page.nextPageToken });
    } while (request.pageToken !== "");
    expect(faults).toEqual(["ROW_TOO_LARGE"]);
    expect(seen.toSorted(compareText)).toEqual(["a", "b", "c", "d"]);
  });

  it("is refused in an order that is sorted here, after the rows before it", async () => {
    const { repository, call } = await withLargeRow(profile);
    const sorted = listing({ orderBy: "plain, id", allowScan: true });
    const page = await repository.list(sorted, call);
    expect(page.entities.map(idOf)).toEqual(["a", "b"]);
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
    const ids = frames.flatMap((frame) => frame.entities.map(idOf));
    expect(ids.toSorted(compareText)).toEqual(["a", "b", "c", "d"]);
  });

  it("is trimmed to its key among the answers of a batch and an Execute", async () => {
    const { repository, options, call } = await withLargeRow(profile);
    const create = { kind: "create", request: creating({ id: "e", code: LARGE }) } as const;
    const [written] = await repository.batchWrite({ ...shared, writes: [create], atomic: false }, call);
    expect(written).toMatchObject({ kind: "entity", trimmed: true, entity: { fields: [0, 1] } });
    if (profile) return; // reads nothing in an Execute
    const get = { method: "Get", entity: order, request: getting("c") } as const;
    const [answer] = await transactionsOf(options).execute(
      { operations: [get], isolation: undefined, requestId: "" },
      call,
    );
    expect(answer).toMatchObject({ method: "Get", trimmed: true, entity: { fields: [0, 1] } });
  });
});

it("a row too large for an answer is skipped like any other", async () => {
  const { repository, call } = await withLargeRow();
  const page = await repository.list(listing({ skip: 3 }), call);
  expect(page.entities.map(idOf)).toEqual(["d"]);
});

const shared = { requestId: "", readMask: undefined, consistency: undefined } as const;
const HALF = "x".repeat(600);
/** Rows may have 1,000 bytes. */
const open = (profile: "weak" | undefined, more: Partial<RepositoryLimits> = {}): Promise<Fixture> =>
  fixture({ ...(profile && { profile }), limits: { rowBytes: 1_000, ...more } });

describe.each([undefined, "weak"] as const)("a row that would become too large, on memory (%s)", (profile) => {
  const grow = (id: string): UpdateRequest => updating({ id }, { append: sparse({ notes: [HALF] }) });

  it("does not grow by append, by several sets or by a Put, and stays as it was", async () => {
    const { repository, call } = await open(profile);
    await repository.create(creating({ id: "a", number: HALF }), call);
    const attempts = [
      () => repository.update(grow("a"), call),
      () => repository.update(updating({ id: "a", customer: "c", card: HALF }), call),
      () => repository.put(putting({ id: "a", card: HALF }), call), // which keeps the immutable number
    ];
    for (const attempt of attempts) {
      const fault = await faultOf(attempt());
      expect(fault).toMatchObject({ reason: "ROW_TOO_LARGE", detail: { entity: "test.Order" } });
      expect(fault.message).not.toContain("xx");
    }
    const { record } = await repository.get(getting("a"), call);
    expect([record[at("notes")], record[at("card")], record[at("version")]]).toEqual([[], undefined, nthVersion(1n)]);
  });

  it("says which fields its key has, and how large it would have been", async () => {
    const { repository, call } = await open(profile);
    await repository.create(creating({ id: "a", number: HALF }), call);
    const fault = await faultOf(repository.update(grow("a"), call));
    expect(fault.message).toMatch(/test\.Order .*tenant, id.* 1[2-4]\d\d bytes, and 1000 /);
    expect(fault.detail.metadata).toEqual({ key_fields: "tenant, id" });
  });

  it("fails alone in a batch, and takes an atomic one with it", async () => {
    const { repository, call } = await open(profile);
    await repository.create(creating({ id: "a", number: HALF }), call);
    const item = { kind: "update", request: grow("a") } as const;
    const beside = { kind: "create", request: creating({ id: "b" }) } as const;
    const writes = [beside, item];
    expect(outcomes(await repository.batchWrite({ ...shared, writes, atomic: false }, call))).toEqual([
      "entity",
      "ROW_TOO_LARGE",
    ]);
    await repository.delete(deleting("b", { permanent: true }), call);
    const set = { kind: "update", request: updating({ id: "a", code: HALF }) } as const;
    const atomic = { ...shared, writes: [beside, set], atomic: true };
    expect(await faultOf(repository.batchWrite(atomic, call))).toMatchObject({
      reason: "ROW_TOO_LARGE",
      detail: { index: 1 },
    });
    expect(await faultOf(repository.get(getting("b"), call))).toMatchObject({ reason: "ROW_NOT_FOUND" });
  });

  it("takes an Execute with it, also where an earlier operation made it large", async () => {
    const { repository, options, call } = await open(profile);
    const create = { method: "Create", entity: order, request: creating({ id: "a", number: HALF }) } as const;
    const update = { method: "Update", entity: order, request: updating({ id: "a", code: HALF }) } as const;
    const request = { operations: [create, update], isolation: undefined, requestId: "" };
    expect(await faultOf(transactionsOf(options).execute(request, call))).toMatchObject({
      reason: "ROW_TOO_LARGE",
      detail: { index: 1 },
    });
    expect(await faultOf(repository.get(getting("a"), call))).toMatchObject({ reason: "ROW_NOT_FOUND" });
  });

  it("may shrink or change where it is too large already, but not grow", async () => {
    const made = await open(profile, { rowBytes: 10_000 });
    await made.repository.create(creating({ id: "a", code: LARGE, notes: [HALF], status: 1 }), made.call);
    const repository = createRepository({ ...made.options, limits: { ...made.options.limits, rowBytes: 1_000 } });
    expect((await repository.update(updating({ id: "a", status: 2 }), made.call)).created).toBe(false);
    expect(await faultOf(repository.update(grow("a"), made.call))).toMatchObject({ reason: "ROW_TOO_LARGE" });
    const shrink = updating({ id: "a" }, { remove: sparse({ notes: [HALF] }) });
    expect(field((await repository.update(shrink, made.call)).entity, "notes")).toEqual([]);
  });
});

describe.each([undefined, "weak"] as const)("a write whose answer would be too large, on memory (%s)", (profile) => {
  const limits = { rowBytes: 10_000, answerRowBytes: 1_500 };

  it("is not done, unless a read_mask leaves out what is large", async () => {
    const { repository, call } = await open(profile, limits);
    expect(await faultOf(repository.create(creating({ id: "a", code: LARGE }), call))).toMatchObject({
      reason: "ROW_TOO_LARGE",
    });
    await repository.create(creating({ id: "a", code: LARGE }, { readMask: SMALL }), call);
    const asked = [
      (readMask?: readonly string[]) => repository.update(updating({ id: "a", status: 2 }, { readMask }), call),
      (readMask?: readonly string[]) => repository.put(putting({ id: "a", code: LARGE }, { readMask }), call),
      (readMask?: readonly string[]) => repository.delete(deleting("a", { readMask }), call),
      (readMask?: readonly string[]) => repository.undelete(undeleting("a", { readMask }), call),
      (readMask?: readonly string[]) => repository.delete(deleting("a", { readMask, permanent: true }), call),
    ];
    const versions: unknown[] = [];
    for (const ask of asked) {
      expect(await faultOf(ask())).toMatchObject({ reason: "ROW_TOO_LARGE" });
      const { entity } = await ask(["status"]);
      versions.push(field(entity, "version"));
    }
    expect(versions).toEqual([2n, 3n, 4n, 5n, 5n].map(nthVersion));
  });
});

it("a repeated request_id that asks to see more than fits learns that its write is done", async () => {
  const { repository, call } = await open(undefined, { rowBytes: 10_000, answerRowBytes: 1_500 });
  await repository.create(creating({ id: "a", code: LARGE }, { readMask: SMALL }), call);
  const update = updating({ id: "a", status: 2 }, { requestId: "once", readMask: SMALL });
  expect(field((await repository.update(update, call)).entity, "version")).toBe(nthVersion(2n));
  expect(await faultOf(repository.update({ ...update, readMask: undefined }, call))).toMatchObject({
    reason: "RESPONSE_TOO_LARGE",
    message: expect.stringContaining("the write is done"),
  });
});
