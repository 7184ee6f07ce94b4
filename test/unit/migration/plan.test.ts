/** Plans: what each difference means for the rows, and what an older process may do. */

import { describe, expect, it } from "vitest";
import { sqliteAbilities } from "../../../src/adapter/sqlite/abilities.ts";
import { contractDigest } from "../../../src/migration/contract-text.ts";
import { contractOf, type StoredContract } from "../../../src/migration/contract.ts";
import { planChange } from "../../../src/migration/plan-change.ts";
import { planJson, planText } from "../../../src/migration/plan-text.ts";
import { blocking, type Plan } from "../../../src/migration/plan.ts";
import { converter } from "../../../src/migration/convert.ts";
import type { EntityModel } from "../../../src/model/entity.ts";
import type { FieldType } from "../../../src/model/field.ts";
import { entityOf, historyOf, type FieldRow } from "./entities.ts";
import { planOf } from "./page.ts";

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const id: FieldRow = [1, "id", text];

function things(...rows: readonly FieldRow[]): EntityModel {
  return entityOf({ fields: [id, ...rows] });
}

/** What a store holds once a plan was carried out. */
function after(history: readonly StoredContract[], plan: Plan): readonly StoredContract[] {
  const { next, to, revision } = plan;
  return [...history, { contract: next, digest: to, revision: revision + 1, at: "2026-01-02T00:00:00Z" }];
}

function planFrom(history: readonly StoredContract[], entity: EntityModel): Plan {
  return planChange({ wanted: contractOf(entity), history, abilities: sqliteAbilities, rows: 10 });
}

const columns = (plan: Plan): object =>
  Object.fromEntries(plan.next.fields.map(({ number, column }) => [number, column]));

describe("columns", () => {
  it("belong to a number, whatever it is called", () => {
    const before = things([2, "a", text], [3, "b", text]);
    expect(columns(planOf(before, things([2, "b", text], [3, "a", text])))).toEqual({ 1: "id", 2: "a", 3: "b" });
  });

  it("are never given twice: a removed number keeps its own, and its name gets another under a new number", () => {
    const plan = planOf(things([2, "a", text]), things([7, "a", text]));
    expect(columns(plan)).toEqual({ 1: "id", 2: "a", 7: "a__7" });
    const back = planFrom(after(historyOf(things([2, "a", text])), plan), things([2, "z", text], [7, "a", text]));
    expect(columns(back)).toEqual({ 1: "id", 2: "a", 7: "a__7" });
    expect(back.steps.map(({ work }) => work.kind)).toEqual(["none"]);
  });

  it("differ from names in more than letter case, as databases see them", () => {
    expect(columns(planOf(things([2, "Value", text]), things([3, "value", text])))).toMatchObject({ 3: "value__3" });
  });

  it("get a new name when values are written in a new form, and keep it when they are not", () => {
    const decimal = (precision: number, scale: number): FieldType => ({ kind: "decimal", precision, scale });
    expect(columns(planOf(things([2, "v", decimal(10, 2)]), things([2, "v", decimal(12, 4)])))).toMatchObject({ 2: "v__2" });
    expect(columns(planOf(things([2, "v", decimal(10, 2)]), things([2, "v", decimal(12, 2)])))).toMatchObject({ 2: "v" });
    expect(columns(planOf(things([2, "v", int32]), things([2, "v", int64])))).toMatchObject({ 2: "v" });
    expect(columns(planOf(things([2, "v", int32]), things([2, "v", int32, { presence: true }])))).toMatchObject({ 2: "v__2" });
    expect(columns(planOf(things([2, "v", int32, { presence: true }]), things([2, "v", int32])))).toMatchObject({ 2: "v__2" });
  });
}); // prettier-ignore

describe("an older process", () => {
  const older = things([2, "a", int32]);
  const newer = things([2, "b", int64], [3, "c", text]);
  const history = after(historyOf(older), planFrom(historyOf(older), newer));

  it("changes nothing in what it can live with: names, wider numbers, fields it does not know", () => {
    const plan = planFrom(history, older);
    expect(plan.isEarlier).toBe(true);
    expect(plan.steps).toEqual([]);
    expect(plan.next).toEqual(history.at(-1)?.contract);
  });

  it("is not served over values in a form it does not read", () => {
    const rewritten = things([2, "a", { kind: "uint64" }]);
    const moved = after(historyOf(older), planFrom(historyOf(older), rewritten));
    expect(blocking(planFrom(moved, older)).map(({ by }) => by)).toContain("accept");
  });

  it("has no say in what becomes of a reference, and is told so", () => {
    const action = (onDelete: "restrict" | "none"): EntityModel =>
      things([2, "owner", text, { references: { entity: "t.Owner", onDelete } }]);
    for (const [first, then] of [["restrict", "none"], ["none", "restrict"]] as const) {
      const moved = after(historyOf(action(first)), planFrom(historyOf(action(first)), action(then)));
      const plan = planFrom(moved, action(first));
      expect(plan.steps.map(({ subject, by, blocks }) => [subject, by, blocks])).toEqual([["owner", "none", false]]);
      expect(plan.next).toEqual(moved.at(-1)?.contract);
    }
  }); // prettier-ignore

  it("is one by its digest, not by what it lacks", () => {
    const third = things([2, "a", int32], [4, "d", text]);
    expect(planFrom(history, third).isEarlier).toBe(false);
    expect(history.map(({ digest }) => digest)).toContain(contractDigest(contractOf(older)));
  });
});

describe("unique indexes", () => {
  const rows: readonly FieldRow[] = [id, [2, "email", text], [3, "gone", { kind: "timestamp" }, { presence: true }]];
  const unique = { name: "by_email", fields: ["email"], unique: true };

  it("are built at the start over few rows, and by migrate apply over many", () => {
    const plain = entityOf({ fields: rows });
    const bound = entityOf({ fields: rows, indexes: [unique] });
    expect(planOf(plain, bound, 10).steps.map(({ by }) => by)).toEqual(["auto"]);
    expect(planOf(plain, bound, 1_000_000).steps.map(({ by }) => by)).toEqual(["apply"]);
  });

  it("need no look where a stricter one stood", () => {
    const strict = entityOf({ fields: rows, indexes: [unique] });
    const soft = entityOf({ fields: rows, indexes: [unique], managed: { deletedAt: "gone" } });
    const steps = planOf(strict, soft).steps.filter(({ subject }) => subject.startsWith("index"));
    expect(steps.map(({ by, look }) => [by, look])).toEqual([["auto", undefined], ["auto", undefined]]); // prettier-ignore
  });
});

describe("a value that an enum no longer declares", () => {
  const from: FieldType = { kind: "enum", enum: { name: "t.E", values: [{ number: 0, name: "A" }, { number: 1, name: "B" }] } }; // prettier-ignore
  const to: FieldType = { kind: "enum", enum: { name: "t.E", values: [{ number: 0, name: "A" }] } };

  it("does not fit; one that none ever declared stays", () => {
    const convert = converter(from, to);
    expect([convert(0), convert(1), convert(7)]).toEqual([0, undefined, 7]);
  });
});

describe("the text of a plan", () => {
  const plan = planOf(things([2, "price", { kind: "decimal", precision: 10, scale: 2 }]), things([2, "price", { kind: "decimal", precision: 8, scale: 2 }], [3, "note", text])); // prettier-ignore

  it("says entity, field, from, to, rows, locks and the way back", () => {
    const report = { store: "default", plan, rows: 1234, findings: [{ rows: 1234, misfits: 3 }] };
    expect(planText(report)).toBe(`t.Thing (store default, table things, 1,234 rows): revision 1 → 2, destructive
  price: decimal(10, 2) → decimal(8, 2) [destructive]
    every value must fit exactly; one row that does not fit undoes the whole
    rows: all 1,234 are written anew
    looked at every row: 3 rows do not fit
    done: when no such row is left, by migrate apply, when asked for by name (--accept t.Thing.price)
    locks: ${sqliteAbilities.locks.rewrite}
    to go back: the other way round, which loses nothing
  note: nothing → string [additive]
    the column note is added; rows that are there read as absent or zero
    rows: none is touched
    done: by a start with tables: auto, or by migrate apply
    locks: ${sqliteAbilities.locks.additive}
    to go back: serve the earlier version; the column is kept`);
    expect(planJson(report)).toMatchObject({ entity: "t.Thing", class: "destructive", steps: [{ subject: "price", misfits: 3 }, { by: "auto" }] }); // prettier-ignore
  });
});
