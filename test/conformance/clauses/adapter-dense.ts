/** The adapter's contract: answers. */

import { expect } from "vitest";
import type { Clause, PlantedFault } from "../clause.ts";
import { createOf, entityKey } from "../direct.ts";
import { altered } from "../plant.ts";
import { testCall } from "../rows.ts";

export const clause: Clause = {
  name: "an adapter answers every position of a read and of a write",
  needs: [],
  async run({ adapter, ...subject }) {
    const { entity } = subject.rows("Ticket");
    const other = subject.rows("Plain").entity;
    const id = subject.unique("dense");
    const name = (i: number): string => `${id}-${i}`;
    const creates = [0, 1, 2, 2].map((i) => createOf(subject, entity, { id: name(i), seat: i }));
    const foreign = createOf(subject, other, { id: name(0), name: "other entity" });
    const request = { mutations: [...creates, foreign], atomic: false, returning: false, consistency: undefined };
    const written = await adapter.write(request, testCall());
    const outcomes = written.kind === "reused" ? [] : written.outcomes;
    expect(outcomes.map(({ status }) => status)).toEqual(["applied", "applied", "applied", "rejected", "applied"]);
    const keys = [entityKey(other, { id: name(0) }), ...[2, 9, 0, 8, 1].map((i) => entityKey(entity, { id: name(i) }))];
    const read = await adapter.read({ keys, fields: undefined, consistency: undefined }, testCall());
    const found = ["found", "found", "missing", "found", "missing", "found"];
    expect(read.map(({ status }) => status)).toEqual(found);
    const [first] = read;
    expect(first?.status === "found" && first.record).toEqual(foreign.record);
  },
};

export const fault: PlantedFault = {
  name: "misses are left out of an answer",
  plant: (adapter) =>
    altered(adapter, {
      async read(request, call) {
        const answers = await adapter.read(request, call);
        return request.keys.length < 6 ? answers : answers.filter(({ status }) => status === "found");
      },
    }),
};
