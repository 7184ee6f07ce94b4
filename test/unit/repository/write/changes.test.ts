/** Update masks and deltas as changes. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges } from "../../../../src/model/change.ts";
import { emptyRecord, isPresent, normalise } from "../../../../src/model/record.ts";
import type { EntityRecord, Value } from "../../../../src/model/value.ts";
import { changesOf } from "../../../../src/repository/write/changes.ts";
import { updateMask } from "../../../../src/repository/mask.ts";
import { compileEntityLayout } from "../../../../src/repository/entity-layout.ts";
import { at, faultIn, order, sparse } from "../fixture.ts";

const layout = compileEntityLayout(order, 1n);
const NONE = { updateMask: undefined, increment: undefined, append: undefined, remove: undefined };
const names = (ordinals: readonly number[]): readonly (string | undefined)[] =>
  ordinals.map((i) => order.fields[i]?.name);

describe("update_mask", () => {
  it("absent or without paths names the present fields besides key and managed ones", () => {
    const entity = sparse({ tenant: "t", id: "1", status: 0, plain: 0, version: 4n, expires_at: 5n, tags: [] });
    expect(names(updateMask(layout, undefined, entity))).toEqual(["status", "expires_at"]);
    expect(updateMask(layout, [], entity)).toEqual(updateMask(layout, undefined, entity));
  });

  it("* names everything a caller may write, and clears neither expiry nor immutable fields", () => {
    const named = names(updateMask(layout, ["*"], sparse({ status: 1 })));
    expect(named).toEqual(expect.arrayContaining(["status", "title", "plain", "tags"]));
    for (const kept of ["tenant", "id", "version", "created_at", "expires_at", "number"])
      expect(named).not.toContain(kept);
    expect(names(updateMask(layout, ["*"], sparse({ number: "n", expires_at: 1n })))).toEqual(
      expect.arrayContaining(["number", "expires_at"]),
    );
  });

  it.each([["id"], ["version"], ["created_at"], ["nothing"], ["status.x"], ["*", "status"], [""]])(
    "refuses %s",
    (...mask) => {
      expect(faultIn(() => updateMask(layout, mask, sparse({}))).reason).toBe("MASK_INVALID");
    },
  );

  it("takes expires_at, and a path twice", () => {
    expect(names(updateMask(layout, ["status", "expires_at", "status"], sparse({})))).toEqual(["status", "expires_at"]);
  });
});

describe("changes", () => {
  it("clear what the mask names and the entity lacks, in normal form", () => {
    const changes = changesOf(layout, sparse({}), { ...NONE, updateMask: ["status", "plain", "tags"] });
    expect(changes).toEqual([
      { kind: "set", ordinal: at("status"), value: undefined },
      { kind: "set", ordinal: at("tags"), value: [] },
      { kind: "set", ordinal: at("plain"), value: 0 },
    ]);
  });

  it("clear the siblings in a oneof", () => {
    expect(changesOf(layout, sparse({ card: "1" }), NONE)).toEqual([
      { kind: "set", ordinal: at("card"), value: "1" },
      { kind: "set", ordinal: at("cash"), value: undefined },
    ]);
    expect(changesOf(layout, sparse({}), { ...NONE, updateMask: ["card"] })).toEqual([
      { kind: "set", ordinal: at("card"), value: undefined },
    ]);
  });

  it("drop duplicates of sets", () => {
    const changes = changesOf(layout, sparse({ tags: ["a", "a"] }), { ...NONE, append: sparse({ notes: ["x", "x"] }) });
    expect(changes.map((change) => "value" in change && change.value)).toEqual([["a"], ["x", "x"]]);
  });

  it.each([
    ["nothing at all", {}, "UPDATE_EMPTY"],
    ["a field in two places", { updateMask: ["attempts"], increment: sparse({ attempts: 1n }) }, "FIELD_INVALID"],
    [
      "a field appended and removed",
      { append: sparse({ tags: ["a"] }), remove: sparse({ tags: ["b"] }) },
      "FIELD_INVALID",
    ],
    ["increment of text", { increment: sparse({ customer: "x" }) }, "FIELD_INVALID"],
    ["increment of a moment", { increment: sparse({ due: 1n }) }, "FIELD_INVALID"],
    ["append to a number", { append: sparse({ status: 1 }) }, "FIELD_INVALID"],
    ["remove from text", { remove: sparse({ customer: "x" }) }, "FIELD_INVALID"],
    ["increment of the version", { increment: sparse({ version: 1n }) }, "FIELD_INVALID"],
    ["append to the key", { append: sparse({ id: "x" }) }, "FIELD_INVALID"],
  ] as const)("refuse %s", (_what, asked, reason) => {
    expect(faultIn(() => changesOf(layout, sparse({ tenant: "t", id: "1" }), { ...NONE, ...asked })).reason).toBe(
      reason,
    );
  });

  it("applied to any row set what the entity says, and leave the rest", () => {
    const values: { readonly [name: string]: fc.Arbitrary<Value> } = {
      status: fc.integer(),
      total: fc.bigInt(-999_999n, 999_999n),
      tags: fc.uniqueArray(fc.string({ maxLength: 3 })),
      counts: fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.bigInt(-5n, 5n))).map((entries) => new Map(entries)),
      due: fc.bigInt(0n, 10n ** 18n),
      plain: fc.integer({ min: -2, max: 2 }),
    };
    const records: fc.Arbitrary<EntityRecord> = fc.record(values, { requiredKeys: [] }).map(present);
    const paths = fc.subarray(Object.keys(values), { minLength: 1 });
    fc.assert(
      fc.property(records, records, fc.option(paths, { nil: undefined }), (entity, stored, mask) => {
        const named =
          mask ?? Object.keys(values).filter((name) => isPresent(order.fields[at(name)] ?? fail(), entity[at(name)]));
        fc.pre(named.length > 0);
        const row = normalise(order.message, stored);
        const applied = applyChanges(order, changesOf(layout, entity, { ...NONE, updateMask: mask }), row);
        const expected = [...row];
        const normal = normalise(order.message, entity);
        for (const name of named) expected[at(name)] = normal[at(name)];
        expect("record" in applied && applied.record).toEqual(expected);
        expect(applied).not.toHaveProperty("kind");
      }),
    );
    expect(emptyRecord(order.message).length).toBe(order.fields.length);
  });
});

function fail(): never {
  throw new Error("no such field");
}

function present(given: { readonly [name: string]: Value | undefined }): EntityRecord {
  const record: (Value | undefined)[] = [...sparse({})];
  for (const [name, value] of Object.entries(given)) record[at(name)] = value;
  return record;
}
