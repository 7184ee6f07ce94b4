/** No operation passes a layer by: a call, an item of a batch, a step of an Execute. */

import { describe, expect, it } from "vitest";
import type { Layer } from "../../../src/layer/layer.ts";
import { Fault } from "../../../src/model/fault.ts";
import type { BatchItem, ItemResult } from "../../../src/repository/operation.ts";
import { creating, existing, faultOf, field, getting, order, putting, updating } from "../repository/fixture.ts";
import { dispatched, everyMethod, reading, writing, type Dispatched, type Layering } from "./dispatched.ts";
import { auditing, authorizing, nameOf, recording } from "./sample-layers.ts";

/** The operations that a layer did not see, of every method done once. */
async function unseen(layering: Layering, seen: string[]): Promise<readonly string[]> {
  const on = await dispatched(layering);
  const missed: string[] = [];
  for (const { run, seen: expected } of Object.values(everyMethod)) {
    await run(on);
    missed.push(...expected.filter((name) => !seen.includes(name)));
  }
  return missed;
}

const items = (...ids: readonly string[]): readonly BatchItem[] =>
  ids.map((id) => ({ kind: "create", request: creating({ id }) }));

const batch = (on: Dispatched, atomic: boolean, ...ids: readonly string[]): Promise<readonly ItemResult[]> =>
  on.perform("BatchWrite", { ...writing, atomic, writes: items(...ids) });

const textOf = (result: ItemResult): unknown => (result.kind === "fault" ? result.fault.reason : result.kind);

const creates = (id: string) => ({ method: "Create", entity: order, request: creating({ id }) }) as const;

describe("a layer", () => {
  it("sees every operation, once", async () => {
    const seen: string[] = [];
    expect(await unseen({ layers: [recording(seen)] }, seen)).toEqual([]);
    expect(seen).toEqual(Object.values(everyMethod).flatMap((method) => method.seen));
  });

  it("would be missed by an Execute that goes past the layers: a planted fault", async () => {
    const seen: string[] = [];
    expect(await unseen({ layers: [recording(seen)], parts: [] }, seen)).toEqual(everyMethod.Execute.seen.slice(1));
  });

  it("that looks at calls alone is not shown their parts", async () => {
    const seen: string[] = [];
    await unseen({ layers: [{ ...recording(seen), parts: "unseen" }] }, seen);
    expect(seen).toEqual(Object.keys(everyMethod));
  });

  it("stands around those after it", async () => {
    const order_: string[] = [];
    const around = (name: string): Layer => ({
      perform: async (operation, call, next) => {
        order_.push(`${name} ${nameOf(operation)}`);
        const answer = await next(operation, call);
        order_.push(`${nameOf(operation)} ${name}`);
        return answer;
      },
      scan: (operation, call, next) => next(operation, call),
    });
    const on = await dispatched({ layers: [around("outer"), around("inner")] });
    await batch(on, false, "1");
    expect(order_).toEqual([
      "outer BatchWrite",
      "inner BatchWrite",
      "outer BatchWrite[0].Create",
      "inner BatchWrite[0].Create",
      "BatchWrite[0].Create inner",
      "BatchWrite[0].Create outer",
      "BatchWrite inner",
      "BatchWrite outer",
    ]);
  });

  it("does not make many calls of one: a batch stays one read, one write, one transaction", async () => {
    const on = await dispatched({ layers: [recording([]), authorizing(() => true)] });
    const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
    await batch(on, false, ...ids);
    await on.perform("BatchGet", { ...reading, keys: ids.map((id) => ["t", id]) });
    await on.execute(ids.map((id) => creates(`x${id}`)));
    expect(on.asked).toEqual(["write", "read", "execute"]);
  });

  it("may hand on another request, of a part too", async () => {
    const renamed = <Request extends object>(request: Request): Request =>
      "entity" in request && Array.isArray(request.entity)
        ? { ...request, entity: creating({ id: "1", customer: "changed" }).entity }
        : request;
    const on = await dispatched({
      layers: [
        {
          perform: (operation, call, next) => next({ ...operation, request: renamed(operation.request) }, call),
          scan: (operation, call, next) => next(operation, call),
        },
      ],
    });
    await batch(on, false, "a");
    expect(field(await on.perform("Get", getting("1")), "customer")).toBe("changed");
  });

  it("may make another answer of a part's, as of a call's", async () => {
    const blank: Layer = {
      perform: async (operation, call, next) => {
        const answer = await next(operation, call);
        return operation.method === "Get"
          ? ({ ...(answer as object), fields: [0] } as unknown as typeof answer)
          : answer;
      },
      scan: (operation, call, next) => next(operation, call),
    };
    const on = await dispatched({ layers: [blank] });
    await batch(on, false, "1");
    const [found] = await on.perform("BatchGet", { ...reading, keys: [["t", "1"]] });
    expect(found).toMatchObject({ kind: "entity", entity: { fields: [0] } });
  });

  it("is answered INTERNAL, and nothing is done, where it answers a part by itself", async () => {
    const self: Layer = {
      perform: (operation, call, next) =>
        operation.within?.index === 1 ? (Promise.resolve({}) as ReturnType<typeof next>) : next(operation, call),
      scan: (operation, call, next) => next(operation, call),
    };
    const on = await dispatched({ layers: [self] });
    await expect(batch(on, false, "1", "2")).rejects.toThrow(TypeError);
    await expect(on.execute([creates("1"), creates("2")])).rejects.toThrow(TypeError);
    expect(on.asked).toEqual([]);
  });

  it("cannot do a part twice", async () => {
    const twice: Layer = {
      perform: async (operation, call, next) => {
        const answer = await next(operation, call);
        return operation.within ? next(operation, call) : answer;
      },
      scan: (operation, call, next) => next(operation, call),
    };
    const on = await dispatched({ layers: [twice] });
    await expect(batch(on, false, "1", "2")).rejects.toThrow(TypeError);
    expect(on.asked).toEqual(["write"]);
  });
});

describe("a layer that authorizes", () => {
  /** Refuses whatever touches the row "no". */
  const strict = (): Layer =>
    authorizing((operation) => {
      const { request } = operation;
      if ("key" in request && request.key?.[1] === "no") return false;
      return !("entity" in request && request.entity?.[1] === "no");
    });

  it("refuses an item alone; the others are written", async () => {
    const on = await dispatched({ layers: [strict()] });
    const results = await batch(on, false, "1", "no", "2");
    expect(results.map(textOf)).toEqual(["entity", "RESTORE_NOT_ALLOWED", "entity"]);
    expect(results[1]).toMatchObject({ fault: { code: "PERMISSION_DENIED", detail: { index: 1, operation: "BatchWrite" } } });
    expect(on.asked).toEqual(["write"]);
    const found = await on.perform("BatchGet", { ...reading, keys: [["t", "1"], ["t", "no"], ["t", "9"], ["t", "2"]] });
    expect(found.map(textOf)).toEqual(["entity", "RESTORE_NOT_ALLOWED", "ROW_NOT_FOUND", "entity"]);
    expect(found[1]).toMatchObject({ fault: { detail: { index: 1, operation: "BatchGet" } } });
  }); // prettier-ignore

  it("refuses an atomic batch and an Execute for one of their parts, before anything is sent", async () => {
    const on = await dispatched({ layers: [strict()] });
    const refused = { code: "PERMISSION_DENIED", detail: { index: 1 } };
    expect(await faultOf(batch(on, true, "1", "no", "2"))).toMatchObject(refused);
    expect(await faultOf(on.execute([creates("1"), creates("no"), creates("2")]))).toMatchObject(refused);
    const looking = {
      method: "Exists",
      entity: order,
      request: existing({ key: ["t", "no"], target: "key" }),
    } as const;
    expect(await faultOf(on.execute([creates("1"), looking]))).toMatchObject(refused);
    expect(on.asked).toEqual([]);
  });

  it("refuses a batch of which nothing is left, without asking the store", async () => {
    const on = await dispatched({ layers: [strict()] });
    expect((await batch(on, false, "no")).map(textOf)).toEqual(["RESTORE_NOT_ALLOWED"]);
    expect((await on.perform("BatchGet", { ...reading, keys: [["t", "no"]] })).map(textOf)).toEqual(["RESTORE_NOT_ALLOWED"]);
    expect(on.asked).toEqual([]);
  }); // prettier-ignore

  it("refuses a stream before its first frame", async () => {
    const on = await dispatched({ layers: [authorizing(({ method }) => method !== "Scan")] });
    expect((await faultOf(everyMethod.Scan.run(on))).code).toBe("PERMISSION_DENIED");
    expect(on.asked).toEqual([]);
  });
});

describe("a layer that audits", () => {
  it("knows what became of each item", async () => {
    const entries: string[] = [];
    const on = await dispatched({ layers: [auditing(entries)] });
    await batch(on, false, "1", "1", "2");
    expect(entries).toEqual(["BatchWrite[0].Create: done", "BatchWrite[1].Create: KEY_EXISTS", "BatchWrite[2].Create: done"]);
  }); // prettier-ignore

  it("is told that the parts of a whole were skipped where one of them failed", async () => {
    const entries: string[] = [];
    const on = await dispatched({ layers: [auditing(entries)] });
    await on.perform("Create", creating({ id: "1" }));
    entries.length = 0;
    expect((await faultOf(batch(on, true, "2", "1"))).reason).toBe("KEY_EXISTS");
    expect((await faultOf(on.execute([creates("2"), creates("1"), creates("3")]))).reason).toBe("KEY_EXISTS");
    expect(entries.toSorted()).toEqual([
      "BatchWrite[0].Create: BATCH_ITEM_SKIPPED",
      "BatchWrite[1].Create: KEY_EXISTS",
      "Execute[0].Create: BATCH_ITEM_SKIPPED",
      "Execute[1].Create: KEY_EXISTS",
      "Execute[2].Create: BATCH_ITEM_SKIPPED",
    ]);
  });

  it("is told that a part was not done where another was refused by a layer inside of it", async () => {
    const entries: string[] = [];
    const refusing = authorizing((operation) => !("within" in operation && operation.within?.index === 1));
    const on = await dispatched({ layers: [auditing(entries), refusing] });
    await faultOf(on.execute([creates("1"), creates("2")]));
    expect(entries.toSorted()).toEqual([
      "Execute[0].Create: BATCH_ITEM_SKIPPED",
      "Execute[1].Create: RESTORE_NOT_ALLOWED",
    ]);
  });

  it("sees the row that a step left", async () => {
    const left: unknown[] = [];
    const on = await dispatched({
      layers: [
        {
          perform: async (operation, call, next) => {
            const answer = await next(operation, call);
            if (operation.method === "Update" && typeof answer === "object" && "created" in answer)
              left.push(field(answer.entity, "status"));
            return answer;
          },
          scan: (operation, call, next) => next(operation, call),
        },
      ],
    });
    await on.execute([
      creates("1"),
      { method: "Update", entity: order, request: updating({ id: "1", status: 7 }) },
      { method: "Put", entity: order, request: putting({ id: "2" }) },
    ]);
    expect(left).toEqual([7]);
  });

  it("that fails after the writes are done makes their whole fail, at its position", async () => {
    const failing: Layer = {
      perform: async (operation, call, next) => {
        const answer = await next(operation, call);
        if (operation.within?.index === 1) throw new Fault("STORE_FULL", "the audit log is full");
        return answer;
      },
      scan: (operation, call, next) => next(operation, call),
    };
    const on = await dispatched({ layers: [failing] });
    expect((await batch(on, false, "1", "2")).map(textOf)).toEqual(["entity", "STORE_FULL"]);
    const fault = await faultOf(on.execute([creates("3"), creates("4")]));
    expect(fault).toMatchObject({ reason: "STORE_FULL", detail: { index: 1 } });
    expect((await on.perform("Get", getting("4"))).record).toBeDefined();
  });
});
