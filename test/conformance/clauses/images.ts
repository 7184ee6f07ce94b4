/** The adapter's contract: a write that tells its row before and after. */

import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";
import type { Adapter, WriteOutcome } from "../../../src/adapter/adapter.ts";
import { has } from "../../../src/adapter/capabilities.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { Images, Mutation } from "../../../src/model/mutation.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf } from "../direct.ts";
import { plain, type Plain } from "../plain.ts";
import { altered, currentRow } from "../plant.ts";
import { testCall } from "../rows.ts";
import type { Subject } from "../subject.ts";

const RACERS = 24;

export const clause: Clause = {
  name: "a write tells its row before and after, of one atomic step",
  needs: ["images", "increment"],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Account");
    const id = subject.unique("images");
    const made = createOf(subject, entity, { id, status: "new" });
    const shown = ({ before, after }: Images): readonly (Plain | undefined)[] =>
      [before, after].map((row) => row && plain(entity.message, row));
    expect(shown(await imagesOf(adapter, made))).toMatchObject([undefined, { id, status: "new", version: 1n }]);

    const counted = Array.from({ length: RACERS }, () => imagesOf(adapter, counting(subject, entity, id)));
    const chain = (await Promise.all(counted)).map(shown).toSorted(byVersion);
    chain.forEach(([before, after], i) => {
      const last = i === 0 ? { version: 1n } : chain[i - 1]?.[1];
      expect(before, `before change ${i + 1}`).toMatchObject(last ?? {});
      expect(after).toMatchObject({ version: BigInt(i + 2), int64_count: BigInt(i + 1) });
    });

    const soft = shown(await imagesOf(adapter, deleting(subject, entity, id, true)));
    expect(soft).toMatchObject([{ version: 25n }, { version: 26n }]);
    expect([soft[0]?.["deleted_at"], soft[1]?.["deleted_at"]]).toEqual([undefined, subject.clock.now()]);
    expect(shown(await imagesOf(adapter, deleting(subject, entity, id, false)))).toEqual([soft[1], undefined]);

    await adapter.write(asked([made]), testCall());
    const [taken] = await outcomesOf(adapter, [made], false);
    expect(taken).not.toHaveProperty("images");
    const unasked = await adapter.write(asked([counting(subject, entity, id)]), testCall());
    expect(unasked).toMatchObject({ outcomes: [{ status: "applied" }] });
    expect(unasked).not.toHaveProperty("outcomes.0.images");
    const kept = shown(await imagesOf(adapter, { kind: "undelete", entity, key: [id], now: subject.clock.now() }));
    expect(kept[0]).toMatchObject({ id });
    expect(kept[1]).toEqual(kept[0]);
    const nothing = { ...deleting(subject, entity, subject.unique("images"), false), allowMissing: true } as Mutation;
    expect(await imagesOf(adapter, nothing)).toEqual({ before: undefined, after: undefined });
    await together(subject, entity);
    if (has(subject.capabilities, "request_id")) await replayed(subject, entity);
  },
};

/** Each sees what those before it in the same step have left. */
async function together(subject: Subject, entity: EntityModel): Promise<void> {
  const { adapter, capabilities } = subject;
  const pair = (): readonly Mutation[] => {
    const id = subject.unique("images");
    return [createOf(subject, entity, { id }), counting(subject, entity, id)];
  };
  const chained = (outcomes: readonly WriteOutcome[]): void => {
    const [first, second] = outcomes.map((outcome) => (outcome.status === "applied" ? outcome.images : undefined));
    expect(first).toMatchObject({ before: undefined });
    expect(first?.after).toBeDefined();
    expect(second?.before).toEqual(first?.after);
  };
  if (has(capabilities, "atomic_batch")) chained(await outcomesOf(adapter, pair(), true));
  if (!has(capabilities, "execute") || !adapter.execute) return;
  const steps = pair().map((mutation) => ({ kind: "write", mutation }) as const);
  const request = { steps, required: [false, false], isolation: undefined, consistency: undefined, images: true };
  const executed = await adapter.execute(request, testCall());
  chained(executed.kind === "fresh" ? (executed.outcomes as readonly WriteOutcome[]) : []); // of steps that write
}

async function replayed(subject: Subject, entity: EntityModel): Promise<void> {
  const { adapter, clock } = subject;
  const request = { id: subject.unique("request"), digest: new Uint8Array(32), now: clock.now() };
  const write = { ...asked([createOf({ clock }, entity, { id: subject.unique("images") })]), images: true, request };
  const [first, again] = [await adapter.write(write, testCall()), await adapter.write(write, testCall())];
  expect(first).toMatchObject({ kind: "fresh", outcomes: [{ status: "applied", images: {} }] });
  expect(again).toMatchObject({ kind: "replayed", outcomes: [{ status: "applied" }] });
  expect(again).not.toHaveProperty("outcomes.0.images");
}

function counting(subject: Subject, entity: EntityModel, id: string): Mutation {
  const ordinal = entity.fields.find(({ name }) => name === "int64_count")?.ordinal ?? -1;
  const update = { kind: "update", entity, key: [id], now: subject.clock.now(), allowMissing: false } as const;
  return { ...update, generated: [], changes: [{ kind: "increment", ordinal, by: 1n }] };
}

function deleting(subject: Subject, entity: EntityModel, id: string, soft: boolean): Mutation {
  return { kind: "delete", entity, key: [id], now: subject.clock.now(), soft, allowMissing: false };
}

function asked(mutations: readonly Mutation[], atomic = false): Parameters<Adapter["write"]>[0] {
  return { mutations, atomic, returning: false, consistency: undefined };
}

async function outcomesOf(
  adapter: Adapter,
  mutations: readonly Mutation[],
  atomic: boolean,
): Promise<readonly WriteOutcome[]> {
  const result = await adapter.write({ ...asked(mutations, atomic), images: true }, testCall());
  return result.kind === "reused" ? [] : result.outcomes;
}

async function imagesOf(adapter: Adapter, mutation: Mutation): Promise<Images> {
  const [outcome] = await outcomesOf(adapter, [mutation], false);
  expect(outcome).toMatchObject({ status: "applied", images: {} });
  return outcome?.status === "applied" && outcome.images ? outcome.images : { before: undefined, after: undefined };
}

function byVersion([, a]: readonly (Plain | undefined)[], [, b]: readonly (Plain | undefined)[]): number {
  return Number(a?.["version"]) - Number(b?.["version"]);
}

export const fault: PlantedFault = {
  name: "the row before is read ahead of the write",
  plant: (adapter) =>
    altered(adapter, {
      async write(request, call) {
        const [mutation, another] = request.mutations;
        if (!request.images || !mutation || another) return adapter.write(request, call);
        const before = await currentRow(adapter, mutation, call);
        await setImmediate();
        const result = await adapter.write(request, call);
        if (result.kind === "reused") return result;
        const outcomes = result.outcomes.map((outcome) =>
          outcome.status === "applied" && outcome.images
            ? { ...outcome, images: { ...outcome.images, before } }
            : outcome,
        );
        return { ...result, outcomes };
      },
    }),
};
