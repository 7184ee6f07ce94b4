/** List and Scan: what is served, in which order, page by page; tokens; counts. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Adapter } from "../../../../src/adapter/adapter.ts";
import { orderComparator } from "../../../../src/model/compare.ts";
import { Fault } from "../../../../src/model/fault.ts";
import type { Call } from "../../../../src/model/call.ts";
import type { ListRequest, Projected, ScanFrame, ScanRequest } from "../../../../src/repository/operation.ts";
import type { Repository } from "../../../../src/repository/repository.ts";
import { createSealer } from "../../../../src/repository/pages/page-token.ts";
import { createRandom } from "../../../../src/repository/write/random.ts";
import {
  at,
  counting,
  creating,
  deleting,
  eq,
  existing,
  faultOf,
  field,
  fixture,
  listing,
  freshCall,
  idOf,
  order,
  scanning,
  sealer,
} from "../fixture.ts";

async function everyPage(repository: Repository, request: ListRequest, call: Call): Promise<readonly Projected[]> {
  const entities: Projected[] = [];
  let pageToken = "";
  do {
    const page = await repository.list({ ...request, pageToken }, call);
    entities.push(...page.entities);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return entities;
}

async function frames(repository: Repository, request: ScanRequest, call: Call): Promise<readonly ScanFrame[]> {
  const seen: ScanFrame[] = [];
  for await (const frame of repository.scan(request, call)) seen.push(frame);
  return seen;
}

const ids = (entities: readonly Projected[]): readonly unknown[] => entities.map((entity) => field(entity, "id"));

describe.each([undefined, "weak"] as const)("listing on memory (%s)", (profile) => {
  const open = (more: Parameters<typeof fixture>[0] = {}): ReturnType<typeof fixture> =>
    fixture(profile ? { profile, ...more } : more);

  it("answers every row once over pages of any size, in the order asked", async () => {
    const rows = fc.array(
      fc.record({ status: fc.integer({ min: 0, max: 3 }), attempts: fc.option(fc.bigInt(-2n, 2n)) }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 50 }),
        fc.boolean(),
        async (given, pageSize, skip, desc) => {
          const { repository, call } = await open();
          for (const [i, { status, attempts }] of given.entries())
            await repository.create(creating({ id: `i${i}`, status, ...(attempts !== null && { attempts }) }), call);
          const mayskip = profile ? 0 : skip;
          const orderBy = desc ? "status desc, attempts" : "attempts";
          const listed = await everyPage(
            repository,
            listing({ orderBy, pageSize, skip: mayskip, allowScan: true }),
            call,
          );
          expect(new Set(ids(listed)).size).toBe(Math.max(0, given.length - mayskip));
          const terms = desc
            ? [
                { ordinal: at("status"), desc },
                { ordinal: at("attempts"), desc: false },
              ]
            : [{ ordinal: at("attempts"), desc }];
          const compare = orderComparator(order.fields, terms);
          listed
            .slice(1)
            .forEach((entity, i) => expect(compare(listed[i]?.record ?? [], entity.record)).toBeLessThanOrEqual(0));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("lists everything without filter and order, hides what is deleted, and stops", async () => {
    const { repository, call } = await open();
    for (let i = 0; i < 25; i++) await repository.create(creating({ id: `i${i}` }), call);
    await repository.delete(deleting("i3"), call);
    expect((await everyPage(repository, listing({ pageSize: 7 }), call)).length).toBe(24);
    expect((await everyPage(repository, listing({ pageSize: 7, showDeleted: true }), call)).length).toBe(25);
  });

  it("evaluates what the store leaves over, under allow_scan", async () => {
    const { repository, call } = await open();
    for (let i = 0; i < 30; i++) await repository.create(creating({ id: `i${i}`, status: i % 3 }), call);
    const request = listing({ where: eq("status", 1), pageSize: 4, readMask: ["id"] });
    const fault = await faultOf(repository.list(request, call));
    expect([fault.reason, fault.detail.operation]).toEqual(["SCAN_REQUIRED", "List"]);
    expect(fault.message).toContain("status");
    expect((await everyPage(repository, { ...request, allowScan: true }, call)).length).toBe(10);
    expect(await repository.count(counting({ where: eq("status", 1), allowScan: true }), call)).toBe(10);
  });

  it("counts a range without permission, and everything only with it", async () => {
    const { repository, call } = await open();
    for (let i = 0; i < 6; i++) await repository.create(creating({ id: `i${i}`, customer: `c${i % 2}` }), call);
    const where = { kind: "group", op: "and", terms: [eq("customer", "c1")] } as const;
    expect(await repository.count(counting({ where, allowScan: profile === "weak" }), call)).toBe(3);
    expect((await faultOf(repository.count(counting(), call))).reason).toBe("SCAN_REQUIRED");
    expect(await repository.count(counting({ allowScan: true }), call)).toBe(6);
    expect(
      await repository.exists(existing({ target: "where", where: eq("customer", "c7"), allowScan: true }), call),
    ).toBe(false);
    expect((await faultOf(repository.exists(existing({ target: "where" }), call))).reason).toBe("SCAN_REQUIRED");
    expect((await faultOf(repository.exists(existing(), call))).reason).toBe("FIELD_REQUIRED");
  });

  it("answers nothing, without a scan, where no row can match", async () => {
    const { repository, call } = await open();
    await repository.create(creating({ id: "1" }), call);
    const where = { kind: "const", value: false } as const;
    expect(await repository.list(listing({ where }), call)).toEqual({
      entities: [],
      nextPageToken: "",
      totalSize: undefined,
    });
    expect(await repository.count(counting({ where }), call)).toBe(0);
    expect((await frames(repository, scanning({ where }), call)).length).toBe(1);
  });

  it("scans everything in frames that continue", async () => {
    const { repository, call } = await open();
    for (let i = 0; i < 23; i++) await repository.create(creating({ id: `i${i}` }), call);
    const all = await frames(repository, scanning({ pageSize: 5 }), call);
    expect(all.flatMap((frame) => ids(frame.entities)).length).toBe(23);
    expect(all.map((frame) => frame.firstIndex)).toEqual(all.map((_, i) => i * 5));
    expect(all.map((frame) => frame.pageNumber)).toEqual(all.map((_, i) => i));
    expect(all.map((frame) => frame.progress !== undefined)).toEqual(all.map((_, i) => i === all.length - 1));
    const rest = await frames(repository, scanning({ pageSize: 5, resumeToken: all[1]?.resumeToken ?? "" }), call);
    expect([rest[0]?.firstIndex, rest[0]?.pageNumber]).toEqual([10, 2]);
    const sofar = all.slice(0, 2).flatMap((frame) => ids(frame.entities));
    expect(new Set([...sofar, ...rest.flatMap((frame) => ids(frame.entities))]).size).toBe(23);
    expect(await frames(repository, scanning({ resumeToken: all.at(-1)?.resumeToken ?? "" }), call)).toEqual([]);
  });
});

describe("long values in the order of a page", () => {
  it.each([100, 50_000, 300_000])("of %i characters: its token is good for the next page", async (length) => {
    const { repository, call } = await fixture();
    for (const letter of ["a", "b", "c"])
      await repository.create(creating({ tenant: letter, title: letter.repeat(length) }), call);
    const sorted = listing({ orderBy: "title desc", allowScan: true, pageSize: 1 });
    expect((await everyPage(repository, sorted, call)).map((row) => field(row, "tenant"))).toEqual(["c", "b", "a"]);
    for (const letter of ["d", "e"]) await repository.create(creating({ tenant: letter.repeat(length) }), call);
    expect(await everyPage(repository, listing({ pageSize: 1 }), call)).toHaveLength(5);
  });

  it("beyond what a token may hold refuse the page that would end at them, and say so", async () => {
    const { repository, call } = await fixture();
    for (const letter of ["a", "b"]) await repository.create(creating({ tenant: letter.repeat(450_000) }), call);
    const fault = await faultOf(repository.list(listing({ pageSize: 1 }), call));
    expect([fault.reason, fault.detail.metadata]).toEqual(["ROW_TOO_LARGE", { key_fields: "tenant, id" }]);
    expect(fault.message).toContain("order by fields that are shorter");
    expect((await faultOf(frames(repository, scanning({ pageSize: 1 }), call))).reason).toBe("ROW_TOO_LARGE");
    expect((await repository.list(listing({ pageSize: 2 }), call)).nextPageToken).toBe("");
  });
});

describe("what memory serves", () => {
  it("uses an index for its order, and the default order where it is served", async () => {
    const { repository, call, clock } = await fixture();
    for (const id of ["a", "b", "c"]) {
      clock.moment += 1_000n;
      await repository.create(creating({ id, customer: "x" }), call);
    }
    const request = listing({ where: eq("customer", "x"), orderBy: "created_at desc", pageSize: 2 });
    expect(ids(await everyPage(repository, request, call))).toEqual(["c", "b", "a"]);
    const sorted = { ...order, defaultOrder: [{ ordinal: at("created_at"), desc: true }] };
    const withDefault = await fixture({ more: { entity: sorted } });
    for (const id of ["a", "b", "c"]) {
      withDefault.clock.moment += 1_000n;
      await withDefault.repository.create(creating({ id, customer: "x" }), call);
    }
    const served = listing({ where: eq("customer", "x"), pageSize: 2 });
    expect(ids(await everyPage(withDefault.repository, served, call))).toEqual(["c", "b", "a"]);
    expect(ids(await everyPage(withDefault.repository, listing(), call))).toEqual(["a", "b", "c"]);
  });

  it("answers an exact total, and refuses an estimated one", async () => {
    const { repository, call } = await fixture();
    for (let i = 0; i < 5; i++) await repository.create(creating({ id: `i${i}`, customer: "c" }), call);
    const page = await repository.list(listing({ where: eq("customer", "c"), total: "exact", pageSize: 2 }), call);
    expect([page.totalSize, page.entities.length]).toEqual([5, 2]);
    expect((await faultOf(repository.list(listing({ total: "estimated" }), call))).reason).toBe("CAPABILITY_MISSING");
    expect((await faultOf(repository.list(listing({ total: "exact" }), call))).reason).toBe("SCAN_REQUIRED");
  });

  it("allows scans by configuration", async () => {
    const { repository, call } = await fixture({ more: { scans: "allow" } });
    await repository.create(creating({ id: "1", status: 2 }), call);
    expect((await repository.list(listing({ where: eq("status", 2), orderBy: "total" }), call)).entities.length).toBe(
      1,
    );
  });

  it("cuts pages and frames by bytes, windows and sorts alike, and loses nothing", async () => {
    const { repository, call } = await fixture({ limits: { answerBytes: 5_000, sortBytes: 4_000 } });
    for (let i = 0; i < 20; i++)
      await repository.create(creating({ id: `i${i}`, notes: ["x".repeat(1_500)], status: i % 4 }), call);
    expect((await repository.list(listing({ pageSize: 20 }), call)).entities.length).toBeLessThan(5);
    expect(new Set(ids(await everyPage(repository, listing(), call))).size).toBe(20);
    const sorted = await everyPage(repository, listing({ orderBy: "status", allowScan: true, skip: 3 }), call);
    expect(new Set(ids(sorted)).size).toBe(17);
    const all = await frames(repository, scanning(), call);
    expect(new Set(all.flatMap((frame) => ids(frame.entities))).size).toBe(20);
    expect(all.every((frame) => frame.entities.length < 5)).toBe(true);
  });
});

it("a sorted page holds no more rows than it may answer, beside those it skips", async () => {
  for (const skip of [0, 1, 5, 11, 30]) {
    const { repository, call } = await fixture({ limits: { answerBytes: 5_000, sortBytes: 9_000 } });
    const order = Array.from({ length: 24 }, (_, i) => (i * 7) % 24);
    for (const status of order)
      await repository.create(
        creating({ id: `i${status}`, notes: ["x".repeat(status % 3 === 0 ? 3_000 : 900)], status }),
        call,
      );
    const sorted = await everyPage(repository, listing({ orderBy: "status", allowScan: true, skip }), call);
    expect(sorted.map((row) => field(row, "status"))).toEqual(order.map((_, i) => i).slice(skip));
  }
});

describe("page tokens", () => {
  it("continue only their own query, under any page size and mask", async () => {
    const { repository, call } = await fixture();
    for (let i = 0; i < 5; i++) await repository.create(creating({ id: `i${i}`, customer: "c" }), call);
    const request = listing({ where: eq("customer", "c"), pageSize: 2 });
    const { nextPageToken: pageToken } = await repository.list(request, call);
    const next = await repository.list(
      { ...request, pageToken, pageSize: 3, readMask: ["id"], consistency: "strong" },
      call,
    );
    expect(next.entities.length).toBe(3);
    const others = [
      { ...request, where: eq("customer", "d"), pageToken },
      { ...request, orderBy: "created_at", pageToken },
      { ...request, showDeleted: true, pageToken },
      { ...request, pageToken: `${pageToken}A` },
      { ...request, pageToken: "nonsense!" },
    ];
    for (const one of others) expect((await faultOf(repository.list(one, call))).reason).toBe("PAGE_TOKEN_INVALID");
    const scan = frames(repository, scanning({ where: request.where, resumeToken: pageToken }), call);
    expect((await faultOf(scan)).reason).toBe("PAGE_TOKEN_INVALID");
  });

  it("are opened by older keys too, and not by retired ones", () => {
    const [old, fresh] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const random = createRandom();
    const binding = Uint8Array.of(1);
    const token = createSealer({ keys: [old], random }).seal(Uint8Array.of(5, 6), binding);
    const rotated = createSealer({ keys: [fresh, old], random });
    expect(rotated.open(token, binding)).toEqual(Buffer.of(5, 6));
    expect(rotated.open(token, Uint8Array.of(2))).toBeUndefined();
    expect(createSealer({ keys: [fresh], random }).open(token, binding)).toBeUndefined();
  });

  it("open to what was sealed, and to nothing when a byte differs", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.uint8Array({ maxLength: 8 }),
        fc.nat(),
        (content, binding, where) => {
          const token = sealer.seal(content, binding);
          expect(Uint8Array.from(sealer.open(token, binding) ?? [])).toEqual(content);
          const bytes = Buffer.from(token, "base64url");
          const i = where % bytes.length;
          bytes[i] = (bytes[i] ?? 0) ^ 1;
          expect(sealer.open(bytes.toString("base64url"), binding)).toBeUndefined();
        },
      ),
    );
  });
});

describe("refusals", () => {
  it.each([
    [{ pageSize: -1 }, "PAGE_SIZE_INVALID"],
    [{ skip: -1 }, "SKIP_INVALID"],
    [{ skip: 100_001 }, "SKIP_INVALID"],
    [{ orderBy: "nothing" }, "ORDER_INVALID"],
    [{ orderBy: "tags" }, "ORDER_INVALID"],
    [{ orderBy: "id, id desc" }, "ORDER_INVALID"],
    [{ orderBy: "id down" }, "ORDER_INVALID"],
    [{ readMask: ["a.b"] }, "MASK_INVALID"],
    [{ consistency: "any" }, "CAPABILITY_MISSING"],
    [
      {
        where: { kind: "condition", op: "in", ordinal: at("status"), values: Array.from({ length: 101 }, (_, i) => i) },
      },
      "FILTER_TOO_LARGE",
    ],
  ] as const)("of %o", async (more, reason) => {
    const { repository, call } = await fixture();
    expect((await faultOf(repository.list(listing(more), call))).reason).toBe(reason);
  });

  it.each([
    [{ parallelism: 9 }, "CAPABILITY_MISSING"],
    [{ parallelism: -2 }, "FIELD_INVALID"],
    [{ maxRetries: -1 }, "FIELD_INVALID"],
    [{ orderBy: "status" }, "SCAN_REQUIRED"],
  ] as const)("of a scan with %o", async (more, reason) => {
    const { repository, call } = await fixture();
    expect((await faultOf(frames(repository, scanning(more), call))).reason).toBe(reason);
  });

  it.each([{ parallelism: 2 }, { onError: "continue" }] as const)("of a scan with %o on a weak store", async (more) => {
    const { repository, call } = await fixture({ profile: "weak" });
    expect((await faultOf(frames(repository, scanning(more), call))).reason).toBe("CAPABILITY_MISSING");
  });

  it("of skip where the store has none; more rows than the most are cut to it", async () => {
    const weak = await fixture({ profile: "weak" });
    expect((await faultOf(weak.repository.list(listing({ skip: 1 }), weak.call))).reason).toBe("CAPABILITY_MISSING");
    const { repository, call } = await fixture({ limits: { maxPageSize: 3 } });
    for (let i = 0; i < 5; i++) await repository.create(creating({ id: `i${i}` }), call);
    expect((await repository.list(listing({ pageSize: 100 }), call)).entities.length).toBe(3);
  });
});

describe("a store that fails now and then", () => {
  const failing = (times: number): Parameters<typeof fixture>[0] => ({
    wrap: (adapter) => ({
      ...adapter,
      scan: async (plan, window, call) => {
        if (times-- > 0) throw new Fault("STORE_UNAVAILABLE", "down");
        return adapter.scan(plan, window, call);
      },
    }),
  });

  it("is asked again for a page as often as the scan allows", async () => {
    const patient = await fixture(failing(3));
    const all = await frames(patient.repository, scanning(), patient.call);
    expect(all.at(-1)?.progress?.errors).toBe(3);
    const hasty = await fixture(failing(1));
    const fault = await faultOf(frames(hasty.repository, scanning({ maxRetries: 0 }), hasty.call));
    expect([fault.reason, fault.detail.operation]).toEqual(["STORE_UNAVAILABLE", "Scan"]);
  });
});

it("bounds how many rows a store looks at for one window", async () => {
  const bounds = new Set<number | undefined>();
  const wrap = (adapter: Adapter): Adapter => ({
    ...adapter,
    capabilities: { ...adapter.capabilities, consistent_read: { supported: false } }, // whose reads would pass this by
    scan: (plan, window, call) => (bounds.add(window.maxExamined), adapter.scan(plan, window, call)),
  });
  const { repository, call } = await fixture({ wrap });
  await repository.list(listing({ allowScan: true }), call);
  await repository.count(counting({ allowScan: true }), call);
  await frames(repository, scanning(), call);
  expect([...bounds]).toEqual([20_000]);
});

describe("a scan that goes on after errors", () => {
  it("says what it could not read, delivers the other segments, and its token reads what was left out", async () => {
    let isBroken = true;
    const { repository, call } = await fixture({
      wrap: (adapter) => ({
        ...adapter,
        scan: (plan, window, page) =>
          isBroken && plan.segment?.index === 1
            ? Promise.reject(new Fault("STORE_CORRUPT", "a stored value is malformed"))
            : adapter.scan(plan, window, page),
      }),
    });
    const ids = Array.from({ length: 40 }, (_, i) => `s${String(i).padStart(2, "0")}`);
    for (const id of ids) await repository.create(creating({ id }), call);
    const asked = scanning({ parallelism: 4, onError: "continue", pageSize: 3 });
    const told = await frames(repository, asked, freshCall());
    expect(told.flatMap(({ error }) => error?.fault.reason ?? [])).toEqual(["STORE_CORRUPT"]);
    const first = told.flatMap(({ entities }) => entities.map(idOf));
    expect(first.length).toBeLessThan(ids.length);
    expect(new Set(first).size).toBe(first.length);
    const resumeToken = told.at(-1)?.resumeToken ?? "";
    const stopped = await faultOf(frames(repository, scanning({ resumeToken, parallelism: 4 }), freshCall()));
    expect(stopped.reason).toBe("STORE_CORRUPT");
    isBroken = false;
    const rest = await frames(repository, scanning({ resumeToken, parallelism: 2 }), freshCall());
    const second = rest.flatMap(({ entities }) => entities.map(idOf));
    expect([...first, ...second].toSorted()).toEqual(ids);
  });

  it("says it of a scan that is one, and ends there", async () => {
    const { repository, call } = await fixture({
      wrap: (adapter) => ({
        ...adapter,
        scan: () => Promise.reject(new Fault("STORE_CORRUPT", "a stored value is malformed")),
      }),
    });
    const told = await frames(repository, scanning({ onError: "continue" }), call);
    expect(told).toMatchObject([{ entities: [], error: { fault: { reason: "STORE_CORRUPT" } } }]);
  });
});
