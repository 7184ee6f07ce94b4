/** The adapter's contract: how much of the rows that writes and units bring back is held. */

import { expect } from "vitest";
import type { StepOutcome, Trim } from "../../../src/adapter/adapter.ts";
import { has, limitOf } from "../../../src/adapter/capabilities.ts";
import { recordBytes } from "../../../src/model/size.ts";
import type { Mutation } from "../../../src/model/mutation.ts";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

const ROW = 100_000;
const LIMITS = { bytes: 250_000, rowBytes: 400_000 };
const ROWS = 6;

export const clause: Clause = {
  name: "rows that a write or a unit brings back are trimmed where their answer has no room for them",
  needs: ["returning"],
  async run(subject) {
    const { adapter } = subject;
    const { entity } = subject.rows("Plain");
    const size = entity.fields.find(({ name }) => name === "size")!.ordinal;
    const id = entity.key[0]!.ordinal;
    const ids = Array.from({ length: ROWS }, () => subject.unique("trim"));
    const options = { atomic: false, returning: true, consistency: undefined };
    for (const each of ids) {
      const create = createOf(subject, entity, { id: each, data: new Uint8Array(ROW), size: 7n });
      await adapter.write({ mutations: [create], ...options, returning: false }, testCall());
    }
    const touches = ids.map((each): Mutation => {
      const changes = [{ kind: "set", ordinal: size, value: 9n }] as const;
      const key = entityKey(entity, { id: each });
      return { kind: "update", ...key, now: subject.clock.now(), changes, allowMissing: false, generated: [] };
    });
    const shown = (fields: readonly number[] | undefined): Trim => ({ ...LIMITS, fields: ids.map(() => fields) });
    const bytesOf = (outcomes: readonly StepOutcome[]): number =>
      rows(outcomes).reduce((sum, { record }) => sum + recordBytes(entity.message, record), 0);
    const isTrimmed = (outcomes: readonly StepOutcome[]): readonly boolean[] =>
      rows(outcomes).map(({ trimmed }) => trimmed === true);
    /** The third row no longer fits. */
    const beyond = ids.map((_, i) => i > 1);

    for (const atomic of [false, has(adapter.capabilities, "atomic_batch")]) {
      const width = atomic ? limitOf(adapter.capabilities, "atomic_batch") : ROWS;
      const mutations = touches.slice(0, width);
      const result = await adapter.write({ ...options, mutations, atomic, trim: shown(undefined) }, testCall());
      const outcomes = result.kind === "reused" ? [] : result.outcomes;
      expect(isTrimmed(outcomes)).toEqual(beyond.slice(0, width));
      expect(bytesOf(outcomes)).toBeLessThan(LIMITS.bytes);
      expect(
        rows(outcomes).map(({ record }) => record[id]),
        "the key is there all the same",
      ).toEqual(ids.slice(0, width));
      const masked = await adapter.write({ ...options, mutations, atomic, trim: shown([size]) }, testCall());
      const small = masked.kind === "reused" ? [] : masked.outcomes;
      expect(isTrimmed(small), "fields that are not shown do not count").toEqual(mutations.map(() => false));
      expect(rows(small).map(({ record }) => record[size])).toEqual(mutations.map(() => 9n));
      expect(bytesOf(small), "and are not held").toBeLessThan(1_000);
    }
    const reads = has(adapter.capabilities, "execute") && has(adapter.capabilities, "execute_read");
    if (!adapter.execute || !reads) return;
    const visible = { deleted: false, now: subject.clock.now() };
    const gets = ids.map((each) => ({ kind: "read", key: entityKey(entity, { id: each }), visible }) as const);
    const [touch] = touches;
    for (const steps of [gets, touch ? [{ kind: "write", mutation: touch } as const, ...gets.slice(1)] : []]) {
      const unit = { required: steps.map(() => true), isolation: undefined, consistency: undefined };
      const read = await adapter.execute({ steps, ...unit, trim: shown(undefined) }, testCall());
      const outcomes = read.kind === "reused" ? [] : read.outcomes;
      expect(isTrimmed(outcomes)).toEqual(beyond);
      expect(bytesOf(outcomes)).toBeLessThan(LIMITS.bytes);
      expect(rows(outcomes).map(({ record }) => record[id])).toEqual(ids);
    }
  },
};

function rows(outcomes: readonly StepOutcome[]) {
  return outcomes.flatMap((outcome) => {
    if (outcome.status !== "applied" && outcome.status !== "found") return [];
    return outcome.record ? [{ record: outcome.record, trimmed: outcome.trimmed }] : [];
  });
}

export const fault: PlantedFault = {
  name: "rows that were written come back whole, however many they are",
  plant: (adapter) =>
    altered(adapter, {
      write: (request, call) => {
        const { trim: _, ...untrimmed } = request;
        return adapter.write(untrimmed, call);
      },
    }),
};
