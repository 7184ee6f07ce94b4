/** Every pair of types on files: what the plan calls safe reads back equal, what does not fit is refused whole, and nothing is read as something else. */

import { describe, expect, it } from "vitest";
import { converter } from "../../src/migration/convert.ts";
import { gravest, typeDifferences } from "../../src/migration/type-change.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { Value } from "../../src/model/value.ts";
import { createOf, recordWith, temporaryDirectory } from "../unit/adapter/sqlite/store.ts";
import { entityOf } from "../unit/migration/entities.ts";
import { expected, meaning } from "../unit/migration/meaning.ts";
import { sampleTypes, type SampleType } from "../unit/migration/types.ts";
import { Process } from "./process.ts";

/** The sample of a Struct is no more than its name, which no column can be made of. */
const types = sampleTypes.filter(({ values }) => values.length > 0);

function holding({ type }: SampleType): EntityModel {
  const presence = type.kind !== "list" && type.kind !== "map";
  return entityOf({
    fields: [
      [1, "id", { kind: "string" }],
      [2, "v", type, { presence }],
    ],
  });
}

function seeded(from: SampleType, values: readonly Value[]): string {
  const dataDir = temporaryDirectory();
  const process = new Process(dataDir, holding(from));
  const { entity } = process;
  const outcomes = process.writeAll(values.map((v, i) => createOf(entity, recordWith(entity, { id: `k${i}`, v }))));
  expect(outcomes.every(({ status }) => status === "applied")).toBe(true);
  process.close();
  return dataDir;
}

/** What every row says to a version. */
function said(dataDir: string, as: SampleType, count: number): readonly unknown[] {
  const process = new Process(dataDir, holding(as));
  expect(process.drift()).toEqual([]);
  const found = Array.from({ length: count }, (_, i) => {
    const outcome = process.read([`k${i}`]);
    return outcome.status === "found" ? meaning(as.type, outcome.record[1]) : outcome;
  });
  process.close();
  return found;
}

function convert(dataDir: string, to: SampleType): string {
  const process = new Process(dataDir, holding(to), "off");
  let status = "running";
  while (status === "running") ({ status } = process.convert(["t.Thing.v"], 1_000));
  process.close();
  return status;
}

/** An empty list is no value, as an absent field is. */
const isNothing = (value: Value, from: SampleType): boolean =>
  from.type.kind === "list" && Array.isArray(value) && value.length === 0;

describe.each(types.map((from): [string, SampleType] => [from.name, from]))("%s", (_, from) => {
  const to = (...verdicts: readonly string[]): readonly [string, SampleType][] =>
    types
      .filter(({ type }) => verdicts.includes(gravest(typeDifferences(from.type, type))))
      .map((type) => [type.name, type]);

  it.each(to("same", "renamed", "added", "left", "widened"))("→ %s: every value is what it was", (_, type) => {
    const values = from.values.filter((value) => type.type.kind === "list" || !isNothing(value, from));
    const dataDir = seeded(from, values);
    expect(convert(dataDir, type)).toBe("done");
    expect(said(dataDir, type, values.length)).toEqual(values.map((value) => expected(from.type, type.type, value)));
  });

  it.each(to("narrowed"))("→ %s: what does not fit refuses all, and what fits is what it was", (_, type) => {
    const fits = converter(from.type, type.type);
    const values = from.values.filter((value) => !isNothing(value, from));
    const kept = values.filter((value) => fits(value) !== undefined);
    const whole = seeded(from, values);
    const isDone = convert(whole, type) === "done";
    expect(isDone).toBe(kept.length === values.length);
    expect(said(whole, isDone ? type : from, values.length)).toEqual(
      values.map((value) => (isDone ? expected(from.type, type.type, value) : meaning(from.type, value))),
    );
    const some = seeded(from, kept);
    expect(convert(some, type)).toBe("done");
    expect(said(some, type, kept.length)).toEqual(kept.map((value) => expected(from.type, type.type, value)));
  });

  it("is refused as anything else, and stays what it was", () => {
    const dataDir = seeded(from, from.values);
    for (const [name, type] of to("impossible")) {
      const process = new Process(dataDir, holding(type));
      expect([name, process.drift().some((line) => line.includes("(refused)"))]).toEqual([name, true]);
      process.close();
    }
    expect(said(dataDir, from, from.values.length)).toEqual(from.values.map((value) => meaning(from.type, value)));
  });
});
