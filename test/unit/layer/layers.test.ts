/** No operation passes a layer by: a call, an item of a batch, a step of an Execute. */

import { describe, expect, it } from "vitest";
import { available } from "../../../src/layer/available.ts";
import type { Layer } from "../../../src/layer/layer.ts";
import { observe } from "../../../src/layer/observe.ts";
import { Fault } from "../../../src/model/fault.ts";
import type { Interceptor } from "../../../src/model/interceptor.ts";
import type { AnswerOf, BatchItem, ItemResult, Method, Operation } from "../../../src/repository/operation.ts";
import {
  counting,
  creating,
  deleting,
  existing,
  faultOf,
  field,
  getting,
  order,
  other,
  putting,
  updating,
} from "../repository/fixture.ts";
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

/** Hands on another operation in the place of each. */
function changing(change: <Of extends Method>(operation: Operation<Of>) => Operation<Of>): Layer {
  return {
    perform: (operation, call, next) => next(change(operation), call),
    scan: (operation, call, next) => next(operation, call),
  };
}

/** Answers something else in the place of what was answered. */
function answering(change: (operation: Operation, answer: AnswerOf<Method>) => unknown): Layer {
  return {
    perform: async (operation, call, next) => {
      const answer = await next(operation, call);
      return change(operation, answer) as typeof answer;
    },
    scan: (operation, call, next) => next(operation, call),
  };
}

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
    const renamed = (operation: Operation): object => {
      const { request } = operation;
      if ("key" in request && request.key?.[1] === "alias") return { ...request, key: ["t", "1"] };
      const isWriting = "entity" in request && Array.isArray(request.entity);
      return isWriting ? { ...request, entity: creating({ id: "1", customer: "changed" }).entity } : request;
    };
    const on = await dispatched({
      layers: [changing((operation) => ({ ...operation, request: renamed(operation) }) as typeof operation)],
    });
    await batch(on, false, "a");
    expect(field(await on.perform("Get", getting("alias")), "customer")).toBe("changed");
    const [found] = await on.perform("BatchGet", { ...reading, keys: [["t", "alias"]] });
    expect(found).toMatchObject({ kind: "entity" });
    await on.perform("Delete", deleting("1", { permanent: true }));
    const [created, got] = await on.execute([creates("b"), { method: "Get", entity: order, request: getting("alias") }]);
    expect(created).toMatchObject({ method: "Create" });
    expect(got?.method === "Get" && field(got.entity, "customer")).toBe("changed");
  }); // prettier-ignore

  it("may make another answer of a part's, as of a call's", async () => {
    const blank = answering(({ method }, answer) => {
      if (typeof answer === "boolean") return !answer;
      if (typeof answer === "number") return answer + 100;
      if (method === "Get") return { ...(answer as object), fields: [0] };
      if (method === "Delete") return { entity: undefined, created: false };
      return "created" in answer ? { ...answer, created: !answer.created } : answer;
    });
    const on = await dispatched({ layers: [blank], limits: { answerBytes: 100 } });
    const writes: readonly BatchItem[] = [...items("1", "2"), { kind: "delete", request: deleting("2") }];
    const written = await on.perform("BatchWrite", { ...writing, atomic: false, writes });
    expect(written).toMatchObject([
      { kind: "entity", created: false, trimmed: false },
      { kind: "entity", created: false, trimmed: true },
      { kind: "nothing" },
    ]);
    const [found] = await on.perform("BatchGet", { ...reading, keys: [["t", "1"]] });
    expect(found).toMatchObject({ kind: "entity", entity: { fields: [0] } });
    const executed = await on.execute([
      { method: "Get", entity: order, request: getting("1") },
      { method: "Exists", entity: order, request: existing({ key: ["t", "1"], target: "key" }) },
      { method: "Count", entity: order, request: counting({ allowScan: true }) },
      { method: "Put", entity: order, request: putting({ id: "1" }) },
    ]);
    expect(executed).toMatchObject([
      { entity: { fields: [0] } },
      { exists: false },
      { count: 101 },
      { written: { created: true } },
    ]);
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

  it("that makes a mistake fails the whole with it, before anything is sent", async () => {
    const mistaken = authorizing((operation) => {
      if ("within" in operation && operation.within?.index === 1) throw new RangeError("a mistake");
      return true;
    });
    const on = await dispatched({ layers: [mistaken] });
    await expect(batch(on, false, "1", "2")).rejects.toThrow(RangeError);
    await expect(on.execute([creates("1"), creates("2")])).rejects.toThrow(RangeError);
    expect(on.asked).toEqual([]);
  });

  it("cannot do a part twice, at once or later, nor one that it has refused", async () => {
    const later: (() => unknown)[] = [];
    const twice = (again: "at once" | "later" | "refused"): Layer => ({
      perform: async (operation, call, next) => {
        if (!operation.within) return next(operation, call);
        later.push(() => next(operation, call));
        if (again === "refused") throw new Fault("RESTORE_NOT_ALLOWED", "no");
        const answer = next(operation, call);
        if (again === "at once") return next(operation, call);
        await answer;
        return next(operation, call);
      },
      scan: (operation, call, next) => next(operation, call),
    });
    const first = await dispatched({ layers: [twice("at once")] });
    await expect(batch(first, false, "1", "2")).rejects.toThrow(TypeError);
    const second = await dispatched({ layers: [twice("later")] });
    await expect(batch(second, false, "1", "2")).rejects.toThrow(TypeError);
    expect(second.asked).toEqual(["write"]);
    later.length = 0;
    const third = await dispatched({ layers: [twice("refused")] });
    expect((await batch(third, false, "1", "2")).map(textOf)).toEqual(["RESTORE_NOT_ALLOWED", "RESTORE_NOT_ALLOWED"]);
    for (const pass of later) expect(pass).toThrow(TypeError);
  });

  it("cannot pass a part on without saying which it is", async () => {
    for (const index of [undefined, 2]) {
      const lost = changing((operation) => {
        const { within, ...bare } = operation;
        return !within || index === undefined ? bare : { ...bare, within: { ...within, index } };
      });
      const on = await dispatched({ layers: [lost] });
      await expect(batch(on, false, "1", "2")).rejects.toThrow(TypeError);
      expect(on.asked).toEqual([]);
    }
  });

  it("does not see what was refused before it, and a whole of nothing else is answered", async () => {
    const seen: string[] = [];
    const fault = new Fault("STORE_FULL", "no");
    const ahead = changing((operation) =>
      operation.method === "BatchGet"
        ? { ...operation, request: { ...reading, keys: [fault, ["t", "1"]] } }
        : operation,
    );
    const on = await dispatched({ layers: [ahead, recording(seen)] });
    const found = await on.perform("BatchGet", { ...reading, keys: [["t", "1"]] });
    expect(found.map(textOf)).toEqual(["STORE_FULL", "ROW_NOT_FOUND"]);
    expect(seen).toEqual(["BatchGet", "BatchGet[1].Get"]);
    const writes: readonly BatchItem[] = [{ kind: "invalid", fault }];
    const written = await on.perform("BatchWrite", { ...writing, atomic: false, writes });
    expect(written.map(textOf)).toEqual(["STORE_FULL"]);
  });

  it("stands around an entity's steps also where no other has layers", async () => {
    const seen: string[] = [];
    const on = await dispatched({ layers: [], parts: [], otherParts: [recording(seen)] });
    await on.execute([creates("1"), { ...creates("2"), entity: other }]);
    expect(seen).toEqual(["Execute[1].Create"]);
  });
});

describe("a dispatcher", () => {
  it("takes what is its own, and nothing else", async () => {
    const on = await dispatched({ layers: [] });
    const strange = { ...creates("1"), entity: { ...order } };
    await expect(async () => on.execute([strange])).rejects.toThrow(TypeError);
    const request = { operations: [], isolation: undefined, requestId: "" };
    const executing = { method: "Execute", entity: undefined, request } as const;
    expect(() => (on.orders as unknown as typeof on.store).perform(executing, on.call)).toThrow(TypeError);
  });
});

describe("available", () => {
  it("refuses every method while there is no repository, and none while there is", async () => {
    let fault: Fault | undefined = new Fault("STORE_UNAVAILABLE", "not open");
    const layer = available(() => {
      if (fault) throw fault;
    });
    const on = await dispatched({ layers: [layer] });
    for (const { run } of Object.values(everyMethod)) {
      const refused = (async () => run(on))();
      expect((await faultOf(refused)).reason).toBe("STORE_UNAVAILABLE");
    }
    expect(on.asked).toEqual([]);
    fault = undefined;
    for (const { run } of Object.values(everyMethod)) await run(on);
    expect(on.asked.length).toBeGreaterThan(0);
  });
});

describe("observe", () => {
  it("stands once around every call, and around the frames of a stream", async () => {
    const observed: string[] = [];
    const intercept = (method: string): Interceptor => ({
      run: (_, action) => (observed.push(method), action()),
      async *stream(_, frames) {
        for await (const frame of frames) {
          observed.push(`frame of ${method}`);
          yield frame;
        }
      },
    });
    const methods = Object.keys(everyMethod) as Method[];
    const on = await dispatched({ layers: [observe(methods, intercept)] });
    for (const { run } of Object.values(everyMethod)) await run(on);
    expect(observed).toEqual(methods.map((method: string) => (method === "Scan" ? "frame of Scan" : method)));
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
