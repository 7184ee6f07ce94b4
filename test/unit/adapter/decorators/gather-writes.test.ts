/** An adapter decorator below the guard: Creates and Puts that are ready together share a write; each caller keeps what is its own. */

import { describe, expect, it } from "vitest";
import type { Adapter, WriteOutcome, WriteRequest } from "../../../../src/adapter/adapter.ts";
import { gatherWrites, type Shareable, type SharedWrites } from "../../../../src/adapter/decorators/gather-writes.ts";
import { createCall, type Call } from "../../../../src/model/call.ts";
import type { Mutation } from "../../../../src/model/mutation.ts";
import type { Written } from "../../../../src/repository/operation.ts";
import type { Repository } from "../../../../src/repository/repository.ts";
import {
  creating,
  faultOf,
  field,
  fixture,
  freshCall,
  getting,
  nthVersion,
  putting,
} from "../../repository/fixture.ts";

interface Gathering {
  readonly repository: Repository;
  /** Ids of what has come to the decorator. */
  readonly come: unknown[];
  /** Ids of each shared write. */
  readonly shared: (readonly unknown[])[];
  /** Ids of what was written by itself. */
  readonly alone: unknown[];
}

type Shared = SharedWrites<Mutation>["write"];

const idOf = ({ key }: Mutation): unknown => key[1];

async function gathering(
  change: (write: Shared) => Shared = (write) => write,
  { most = 3, atOnce = 2 } = {},
): Promise<Gathering> {
  const shared: (readonly unknown[])[] = [];
  const come: unknown[] = [];
  const alone: unknown[] = [];
  const wrap = (adapter: Adapter): Adapter => {
    const write: Shared = async (mutations, call) => {
      const request: WriteRequest = { mutations, atomic: false, returning: true, consistency: undefined };
      const result = await adapter.write(request, call);
      return result.kind === "reused" ? [] : result.outcomes.map(openUnlessApplied);
    };
    const changed = change(write);
    const counted: Shared = (mutations, call) => (shared.push(mutations.map(idOf)), changed(mutations, call));
    const inner: Adapter = {
      ...adapter,
      write: (request, call) => (alone.push(...request.mutations.map(idOf)), adapter.write(request, call)),
    };
    const rowOf = (mutation: Mutation): Shareable<Mutation> | undefined => {
      come.push(idOf(mutation));
      const { kind } = mutation;
      return kind === "create" || kind === "put" ? { kind, row: mutation, repeats: kind === "put" } : undefined;
    };
    return gatherWrites<Mutation>(inner, { rowOf, write: counted }, { most, atOnce });
  };
  const { repository } = await fixture({ wrap });
  return { repository, come, shared, alone };
}

function openUnlessApplied(outcome: WriteOutcome): WriteOutcome | undefined {
  return outcome.status === "applied" ? outcome : undefined;
}

const create = ({ repository }: Gathering, id: string, call: Call = freshCall()): Promise<Written> =>
  repository.create(creating({ id }), call);

describe("writes that are ready in one turn", () => {
  it("share writes of the store, as wide as it takes, and each caller has its own answer", async () => {
    const store = await gathering();
    const answers = await Promise.all(["1", "2", "3", "4", "5"].map((id) => create(store, id)));
    expect(answers.map(({ entity }) => field(entity, "id"))).toEqual(["1", "2", "3", "4", "5"]);
    expect(store.shared).toEqual([
      ["1", "2", "3"],
      ["4", "5"],
    ]);
    expect(store.alone).toEqual([]);
  });

  it.each([
    { come: 20, wide: [20] },
    { come: 33, wide: [17, 16] },
    { come: 64, wide: [32, 32] },
  ])("are cut into as many writes as may be under way, where $come come together", async ({ come, wide }) => {
    const store = await gathering(undefined, { most: 128 });
    await Promise.all(Array.from({ length: come }, (_, i) => create(store, `${i}`)));
    expect(store.shared.map((rows) => rows.length)).toEqual(wide);
    expect(store.shared.flat()).toEqual(Array.from({ length: come }, (_, i) => `${i}`));
  });

  it("are written alone where there is one caller", async () => {
    const store = await gathering();
    await create(store, "1");
    expect([store.shared, store.alone]).toEqual([[], ["1"]]);
  });

  it("pass by, and are written whole, where one caller has several", async () => {
    const store = await gathering();
    const writes = ["1", "2"].map((id) => ({ kind: "create" as const, request: creating({ id }) }));
    const batch = { writes, requestId: "", readMask: undefined, consistency: undefined, atomic: true };
    const [results] = await Promise.all([
      store.repository.batchWrite(batch, freshCall()),
      create(store, "3"),
      create(store, "4"),
    ]);
    expect(results).toMatchObject([{ kind: "entity" }, { kind: "entity" }]);
    expect([store.shared, store.alone]).toEqual([[["3", "4"]], ["1", "2"]]);
  });

  it("fail alone: what a shared write leaves open is written by itself, and the others are not written again", async () => {
    const store = await gathering();
    await create(store, "2");
    const taken = faultOf(create(store, "2"));
    await Promise.all([create(store, "1"), create(store, "3")]);
    expect((await taken).reason).toBe("KEY_EXISTS");
    expect([store.shared, store.alone]).toEqual([[["2", "1", "3"]], ["2", "2"]]);
  });

  it("are not sent again where nobody knows what became of them", async () => {
    const store = await gathering(() => async () => Promise.reject(new Error("the connection broke")));
    const reasons = await Promise.all(["1", "2"].map(async (id) => (await faultOf(create(store, id))).reason));
    expect(reasons).toEqual(["INTERNAL", "INTERNAL"]);
    expect([store.shared.length, store.alone]).toEqual([1, []]);
  });

  it.each([
    { happen: "are rows of one write", refused: false, shared: [["1", "1", "1"]], alone: [] },
    {
      happen: "are written one after the other where it is refused",
      refused: true,
      shared: [["1", "1", "1"]],
      alone: ["1", "1", "1"],
    },
  ])("of one key $happen, as they came", async ({ refused, shared, alone }) => {
    const store = await gathering((write) => (refused ? async (rows) => rows.map(() => undefined) : write));
    const { repository } = store;
    const puts = ["a", "b", "c"].map((customer) => repository.put(putting({ id: "1", customer }), freshCall()));
    const versions = (await Promise.all(puts)).map(({ entity }) => field(entity, "version"));
    expect(versions).toEqual([nthVersion(1n), nthVersion(2n), nthVersion(3n)]);
    expect(field(await repository.get(getting("1"), freshCall()), "customer")).toBe("c");
    expect([store.shared, store.alone]).toEqual([shared, alone]);
  });

  it("of one key wait for the next where a write takes one of each", async () => {
    const store = await gathering();
    const [first, second] = [create(store, "1"), faultOf(create(store, "1"))];
    await Promise.all([first, create(store, "2")]);
    expect((await second).reason).toBe("KEY_EXISTS");
    expect([store.shared, store.alone]).toEqual([[["1", "2"]], ["1"]]);
  });

  it("of one key that is left wait for those before it, which may be of another kind", async () => {
    const store = await gathering();
    const { repository } = store;
    const put = (customer: string): Promise<unknown> => repository.put(putting({ id: "1", customer }), freshCall());
    const refused = put("a").then(() => faultOf(create(store, "1")));
    await Promise.all([put("b"), create(store, "2"), create(store, "3"), put("c")]);
    expect(field(await repository.get(getting("1"), freshCall()), "customer")).toBe("c");
    expect((await refused).reason).toBe("KEY_EXISTS");
  });

  it("let go of a caller that leaves while it waits, and write nothing of it", async () => {
    const gate = Promise.withResolvers<void>();
    const store = await gathering((write) => async (rows, call) => (await gate.promise, write(rows, call)), {
      atOnce: 1,
    });
    const first = [create(store, "1"), create(store, "2")];
    await expect.poll(() => store.shared).toEqual([["1", "2"]]);
    const leaving = createCall({ timeout: 20_000, requestId: "leaves" });
    const left = faultOf(create(store, "3", leaving.call));
    const staying = create(store, "4");
    await expect.poll(() => store.come).toEqual(["1", "2", "3", "4"]);
    leaving.abort("cancelled");
    expect(await left).toMatchObject({ reason: "CANCELLED", message: expect.stringContaining("nothing was changed") });
    gate.resolve();
    await Promise.all([...first, staying]);
    expect([store.shared, store.alone]).toEqual([[["1", "2"]], ["4"]]);
    expect((await faultOf(store.repository.get(getting("3"), freshCall()))).reason).toBe("ROW_NOT_FOUND");
  });

  it("go on for the others when one caller leaves, and are given up when the last has left", async () => {
    const gate = Promise.withResolvers<void>();
    const calls: Call[] = [];
    const store = await gathering(
      (write) => async (rows, call) => (calls.push(call), await gate.promise, write(rows, call)),
    );
    const controls = ["1", "2"].map((id) => createCall({ timeout: 20_000, requestId: id }));
    const left = controls.map(({ call }, i) => faultOf(create(store, `${i}`, call)));
    await expect.poll(() => calls.length).toBe(1);
    controls[0]?.abort("cancelled");
    expect(calls.map(({ aborted }) => aborted)).toEqual([false]);
    controls[1]?.abort("cancelled");
    expect(calls.map(({ aborted }) => aborted)).toEqual([true]);
    expect((await Promise.all(left)).map(({ reason }) => reason)).toEqual(["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"]);
    gate.resolve();
  });
});
