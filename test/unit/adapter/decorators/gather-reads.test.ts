/** An adapter decorator below the guard: many callers, one read; each keeps its own deadline and cancellation. */

import { describe, expect, it } from "vitest";
import type { Adapter, ReadRequest } from "../../../../src/adapter/adapter.ts";
import { guard } from "../../../../src/adapter/decorators/guard.ts";
import type { EntityKey } from "../../../../src/model/key.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import { gatherReads } from "../../../../src/adapter/decorators/gather-reads.ts";
import { creating, faultOf, field, fixture, freshCall, getting, order } from "../../repository/fixture.ts";

const asking = (id: string): ReadRequest => ({
  keys: [{ entity: order, key: ["t", id] }],
  fields: undefined,
  consistency: undefined,
});

/** Held until let go, so that callers can leave meanwhile. */
function held(adapter: Adapter): { adapter: Adapter; calls: Call[]; keys: number[]; letGo(): void } {
  const gate = Promise.withResolvers<void>();
  const calls: Call[] = [];
  const keys: number[] = [];
  const read: Adapter["read"] = async (request, call) => {
    calls.push(call);
    keys.push(request.keys.length);
    await gate.promise;
    return adapter.read(request, call);
  };
  return { adapter: { ...adapter, read }, calls, keys, letGo: () => gate.resolve() };
}

describe("reads that become ready in one turn", () => {
  it("are one read of the store, each key once, and each caller gets its own rows", async () => {
    const made: { reads(): number }[] = [];
    const { repository, call } = await fixture({
      wrap: (adapter) => {
        const gathering = gatherReads(adapter);
        made.push(gathering);
        return gathering;
      },
    });
    for (let i = 0; i < 8; i++) await repository.create(creating({ id: `${i}` }), call);
    const before = made[0]?.reads() ?? 0;
    const asked = ["3", "1", "no", "1", "7"].map((id) =>
      repository.get(getting(id), freshCall()).catch(() => undefined),
    );
    const answers = await Promise.all(asked);
    expect(answers.map((one) => field(one, "id"))).toEqual(["3", "1", undefined, "1", "7"]);
    expect((made[0]?.reads() ?? 0) - before).toBe(1);
  });

  it("let go of the caller that leaves, and go on for the others", async () => {
    const { adapter } = await fixture();
    const store = held(adapter);
    const guarded = guard(gatherReads(store.adapter), "main");
    const leaving = createCall({ timeout: 20_000, requestId: "leaves" });
    const left = faultOf(guarded.read(asking("1"), leaving.call));
    const staying = guarded.read(asking("2"), freshCall());
    await new Promise(setImmediate);
    expect(store.keys).toEqual([2]);
    leaving.abort("cancelled");
    expect((await left).reason).toBe("CANCELLED");
    expect(store.calls[0]?.aborted).toBe(false);
    store.letGo();
    expect(await staying).toEqual([{ status: "missing" }]);
  });

  it("abort the store's read when the last caller has left", async () => {
    const { adapter } = await fixture();
    const store = held(adapter);
    const guarded = guard(gatherReads(store.adapter), "main");
    const callers = ["1", "2"].map((id) => ({ id, control: createCall({ timeout: 20_000, requestId: id }) }));
    const left = callers.map(({ id, control }) => faultOf(guarded.read(asking(id), control.call)));
    await new Promise(setImmediate);
    for (const { control } of callers) control.abort("cancelled");
    await Promise.all(left);
    expect(store.calls.map((call) => call.aborted)).toEqual([true]);
    store.letGo();
  });

  it("share a read only with those that the store reads together, and wait for nobody where there are none", async () => {
    const { adapter } = await fixture();
    const store = held(adapter);
    const togetherOf = ({ key }: EntityKey): string | undefined =>
      key[1] === "alone" || typeof key[1] !== "string" ? undefined : key[1].slice(0, 1);
    const gathering = gatherReads(store.adapter, Infinity, togetherOf);
    const alone = gathering.read(asking("alone"), freshCall());
    expect(store.keys, "asked at once").toEqual([1]);
    const others = ["a1", "b1", "a2"].map((id) => gathering.read(asking(id), freshCall()));
    await new Promise(setImmediate);
    expect(store.keys.toSorted((a, b) => a - b)).toEqual([1, 1, 2]);
    expect(gathering.reads()).toBe(3);
    store.letGo();
    expect(await Promise.all([alone, ...others])).toHaveLength(4);
  });

  it("are split where the one read fails, so that only the bad one fails", async () => {
    const { adapter } = await fixture();
    const read: Adapter["read"] = async (request, call) => {
      if (request.keys.some(({ key }) => key[1] === "bad")) throw new Error("this key");
      return adapter.read(request, call);
    };
    const guarded = guard(gatherReads({ ...adapter, read }), "main");
    const bad = faultOf(guarded.read(asking("bad"), freshCall()));
    const good = guarded.read(asking("good"), freshCall());
    expect([await good, (await bad).reason]).toEqual([[{ status: "missing" }], "INTERNAL"]);
  });
});
