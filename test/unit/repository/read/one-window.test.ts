/** A page that one window fills asks for no state of its own, where a window shows one; every other page is read in one state, all of it. */

import { describe, expect, it } from "vitest";
import type { Adapter, Reads } from "../../../../src/adapter/adapter.ts";
import { counting, creating, fixture, idOf, listing, type Fixture } from "../fixture.ts";

type Where = "by itself" | "in one state";

interface Watched extends Fixture {
  /** Where windows and counts were read since they were looked at last. */
  readonly read: () => readonly Where[];
}

/** @param most rows that a window delivers, whatever it is asked */
async function watched({ most = Infinity, isReadOneState = true } = {}): Promise<Watched> {
  const places: Where[] = [];
  const watching = (reads: Reads, where: Where): Reads => ({
    ...reads,
    scan: (plan, window, call) => {
      places.push(where);
      return reads.scan(plan, { ...window, limit: Math.min(window.limit, most) }, call);
    },
    ...(reads.count && {
      count: (plan, options, call) => {
        places.push(where);
        return reads.count!(plan, options, call);
      },
    }),
  });
  const made = await fixture({
    wrap: (adapter: Adapter) => ({
      ...adapter,
      ...watching(adapter, "by itself"),
      isReadOneState,
      consistent: (body, call) => adapter.consistent!((reads) => body(watching(reads, "in one state")), call),
    }),
  });
  for (let i = 0; i < 7; i++) await made.repository.create(creating({ id: `p${i}` }), made.call);
  return { ...made, read: () => places.splice(0) };
}

describe("a page", () => {
  it("that one window fills, or ends, is that window", async () => {
    const { repository, call, read } = await watched();
    const first = await repository.list(listing({ pageSize: 3 }), call);
    expect(read()).toEqual(["by itself"]);
    expect(first.entities.map(idOf)).toEqual(["p0", "p1", "p2"]);
    const rest = await repository.list(listing({ pageSize: 10, pageToken: first.nextPageToken }), call);
    expect(read()).toEqual(["by itself"]);
    expect(rest.entities.map(idOf)).toEqual(["p3", "p4", "p5", "p6"]);
    expect(rest.nextPageToken).toBe("");
  });

  it("that one window does not fill is read in one state from its beginning", async () => {
    const { repository, call, read } = await watched({ most: 2 });
    const page = await repository.list(listing({ pageSize: 3, skip: 1 }), call);
    expect(read()).toEqual(["by itself", "in one state", "in one state"]);
    expect(page.entities.map(idOf)).toEqual(["p1", "p2", "p3"]);
    const next = await repository.list(listing({ pageSize: 2, pageToken: page.nextPageToken }), call);
    expect(next.entities.map(idOf)).toEqual(["p4", "p5"]);
  });

  it("with a total, or sorted here, is read in one state", async () => {
    const { repository, call, read } = await watched();
    await repository.list(listing({ pageSize: 3, total: "exact", allowScan: true }), call);
    expect(new Set(read())).toEqual(new Set(["in one state"]));
    await repository.list(listing({ pageSize: 3, orderBy: "attempts", allowScan: true }), call);
    expect(new Set(read())).toEqual(new Set(["in one state"]));
  });

  it("of a store whose windows show several states is read in one", async () => {
    const { repository, call, read } = await watched({ isReadOneState: false });
    await repository.list(listing({ pageSize: 3 }), call);
    await repository.count(counting({ allowScan: true }), call);
    expect(read()).toEqual(["in one state", "in one state"]);
  });
});

it("a count of the store's own is one state by itself", async () => {
  const { repository, call, read } = await watched();
  expect(await repository.count(counting({ allowScan: true }), call)).toBe(7);
  expect(read()).toEqual(["by itself"]);
});
