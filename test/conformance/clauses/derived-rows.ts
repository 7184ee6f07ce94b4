/** The adapter's contract: rows of other collections that are made of a write. */

import { expect } from "vitest";
import type { StepOutcome, WriteOptions } from "../../../src/adapter/adapter.ts";
import { has } from "../../../src/adapter/capabilities.ts";
import type { Derivation, Derive } from "../../../src/adapter/derivation.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Images, Mutation } from "../../../src/model/mutation.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { badge, journal, journalId, marker, markerId } from "../derivations.ts";
import { createOf, entityKey } from "../direct.ts";
import type { Plain } from "../plain.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";
import { entities } from "../stores.ts";
import type { Subject } from "../subject.ts";

export const clause: Clause = {
  name: "a row that is derived of a write is there if and only if the write is",
  needs: ["derived_rows", "increment"],
  async run(subject) {
    await eachByItself(subject);
    await refused(subject);
    if (has(subject.capabilities, "unique_index")) await failed(subject);
    if (has(subject.capabilities, "atomic_batch")) await allOrNothing(subject, "batch");
    if (has(subject.capabilities, "execute")) await allOrNothing(subject, "execute");
    if (has(subject.capabilities, "request_id")) await replayed(subject);
  },
};

/** One journal and one set of markers. */
interface Derived {
  readonly under: string;
  readonly id: string;
  readonly options: Omit<WriteOptions, "returning">;
  readonly account: (id: string, more?: Plain) => Mutation;
  readonly count: (id: string) => Mutation;
  readonly statuses: (mutations: readonly Mutation[], way?: "each" | "batch" | "execute") => Promise<readonly string[]>;
  readonly outcomes: (
    mutations: readonly Mutation[],
    way?: "each" | "batch" | "execute",
  ) => Promise<readonly StepOutcome[]>;
  /** Of the rows that would be derived, those that are there. */
  readonly entries: (id: string, ...versions: readonly string[]) => Promise<readonly boolean[]>;
  readonly names: (...names: readonly string[]) => Promise<readonly boolean[]>;
  readonly stands: (id: string) => Promise<boolean>;
}

function derivedBy(subject: Subject): Derived {
  const { adapter } = subject;
  const [account, target] = ["Account", "Plain"].map((name) => subject.rows(name).entity);
  if (!account || !target) throw new TypeError("test/entities has them");
  const under = subject.unique("derived");
  const derive = ["journal", "marker", "badge"].map((name) => ({ name, data: under }));
  const options = { consistency: undefined, derive };
  const found = async (entity: typeof account, ids: readonly string[]): Promise<readonly boolean[]> => {
    const keys = ids.map((id) => entityKey(entity, { id }));
    const outcomes = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    return outcomes.map(({ status }) => status === "found");
  };
  const outcomes: Derived["outcomes"] = async (mutations, way = "each") => {
    if (way === "execute") {
      const steps = mutations.map((mutation) => ({ kind: "write", mutation }) as const);
      const request = { ...options, steps, required: steps.map(() => false), isolation: undefined };
      const executed = await adapter.execute!(request, testCall());
      return executed.kind === "reused" ? [] : executed.outcomes;
    }
    const request = { ...options, mutations, atomic: way === "batch", returning: false };
    const written = await adapter.write(request, testCall());
    return written.kind === "reused" ? [] : written.outcomes;
  };
  return {
    under,
    id: subject.unique("account"),
    options,
    account: (id, more = {}) => createOf(subject, account, { id, ...more }),
    count: (id) => {
      const ordinal = account.fields.find(({ name }) => name === "int64_count")?.ordinal ?? -1;
      const update = { kind: "update", entity: account, key: [id], now: subject.clock.now() } as const;
      return { ...update, allowMissing: false, generated: [], changes: [{ kind: "increment", ordinal, by: 1n }] };
    },
    outcomes,
    statuses: async (mutations, way) => (await outcomes(mutations, way)).map(({ status }) => status),
    entries: (id, ...versions) => found(target, versions.map((version) => journalId(under, [id], version))),
    names: (...names) => found(target, names.map((name) => markerId(under, name))),
    stands: async (id) => (await found(account, [id]))[0] === true,
  };
} // prettier-ignore

async function eachByItself(subject: Subject): Promise<void> {
  const { id, account, count, statuses, entries, names } = derivedBy(subject);
  const other = subject.unique("account");
  expect(await statuses([account(id, { name: "a" }), account(id, { name: "b" }), account(other)])).toEqual([
    "applied",
    "rejected",
    "applied",
  ]);
  expect(await entries(id, "1")).toEqual([true]);
  expect(await entries(other, "1")).toEqual([true]);
  expect(await names("a", "b")).toEqual([true, false]);
  const racing = await Promise.all(Array.from({ length: 8 }, () => statuses([count(id)])));
  expect(racing.flat()).toEqual(Array.from({ length: 8 }, () => "applied"));
  expect(await entries(id, "2", "5", "9", "10")).toEqual([true, true, true, false]);
}

/** By the derived row, or by the function that should make it. */
async function refused(subject: Subject): Promise<void> {
  const derived = derivedBy(subject);
  const { id, account, outcomes, statuses, entries, names, stands } = derived;
  const [taker, thrower, last] = [subject.unique("taker"), subject.unique("thrower"), subject.unique("last")];
  expect(await statuses([account(id, { name: "taken" })])).toEqual(["applied"]);
  const mixed = [account(taker, { name: "taken" }), account(thrower, { name: "throws" }), account(last, { name: "free" })];
  const [taken, thrown, done] = await outcomes(mixed);
  const whose = { entity: subject.rows("Plain").entity, key: [markerId(derived.under, "taken")] };
  expect(taken).toEqual({ status: "rejected", because: { kind: "exists", deleted: false }, derived: whose });
  expect([thrown?.status, done?.status]).toEqual(["failed", "applied"]);
  expect([await stands(taker), await stands(thrower), await stands(last)]).toEqual([false, false, true]);
  expect([await entries(taker, "1"), await entries(thrower, "1")]).toEqual([[false], [false]]);
  expect(await names("taken", "throws", "free")).toEqual([true, false, true]);
} // prettier-ignore

/** By the store, for what another derived row holds. */
async function failed(subject: Subject): Promise<void> {
  const { id, account, outcomes, statuses, entries, stands } = derivedBy(subject);
  const [status, second, last] = [subject.unique("badge"), subject.unique("account"), subject.unique("account")];
  expect(await statuses([account(id, { status })])).toEqual(["applied"]);
  const [violation, done] = await outcomes([account(second, { status }), account(last)]);
  expect(violation).toMatchObject({ status: "failed", error: { reason: "UNIQUE_VIOLATION" } });
  expect(done).toMatchObject({ status: "applied" });
  expect(done, "images that were not asked for").not.toHaveProperty("images");
  expect([await stands(second), ...(await entries(second, "1")), await stands(last)]).toEqual([false, false, true]);
}

async function allOrNothing(subject: Subject, way: "batch" | "execute"): Promise<void> {
  const { id, account, statuses, entries, names, stands } = derivedBy(subject);
  const second = subject.unique("account");
  const pair = [account(id, { name: "one" }), account(second, { name: "one" })];
  expect(await statuses(pair, way)).toEqual(["skipped", "rejected"]);
  expect([await stands(id), await stands(second)]).toEqual([false, false]);
  expect([...(await entries(id, "1")), ...(await names("one"))]).toEqual([false, false]);
  expect(await statuses([account(id, { name: "one" }), account(second, { name: "two" })], way)).toEqual([
    "applied",
    "applied",
  ]);
  expect(await names("one", "two")).toEqual([true, true]);
}

/** What is answered again is not made again. */
async function replayed(subject: Subject): Promise<void> {
  const { adapter, clock } = subject;
  const { id, account, options, entries } = derivedBy(subject);
  const request = { id: subject.unique("request"), digest: new Uint8Array(32), now: clock.now() };
  const write = { ...options, mutations: [account(id, { name: "once" })], atomic: false, returning: true, request };
  const [first, again] = [await adapter.write(write, testCall()), await adapter.write(write, testCall())];
  expect(first).toMatchObject({ kind: "fresh", outcomes: [{ status: "applied" }] });
  expect(again).toMatchObject({ kind: "replayed", outcomes: [{ status: "applied" }] });
  expect(await entries(id, "1")).toEqual([true]);
}

function madeOf(derive: readonly Derivation[], mutation: Mutation, images: Images): readonly Mutation[] {
  const entity = (name: string): EntityModel => entities.find((candidate) => candidate.name === name)!;
  try {
    return derive.flatMap(({ name, data }) => functions[name]?.({ mutation, ...images, entity, data }) ?? []);
  } catch {
    return [];
  }
}

const functions: { readonly [name: string]: Derive } = { journal, marker, badge };

export const fault: PlantedFault = {
  name: "derived rows are written after their write, in a step of their own",
  plant: (adapter) =>
    altered(adapter, {
      async write({ derive, ...request }, call) {
        if (!derive) return adapter.write(request, call);
        const result = await adapter.write({ ...request, images: true }, call);
        if (result.kind !== "fresh") return result;
        for (const [i, outcome] of result.outcomes.entries()) {
          const mutation = request.mutations[i];
          if (outcome.status !== "applied" || !outcome.images || !mutation) continue;
          const mutations = madeOf(derive, mutation, outcome.images);
          await adapter.write({ mutations, atomic: false, returning: false, consistency: undefined }, call);
        }
        return result;
      },
    }),
};
