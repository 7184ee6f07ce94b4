/** Conversions that meet trouble: killed processes, full disks, another process at the same work, files that may not be written to, damaged accounts. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { classify } from "../../src/adapter/sqlite/failure.ts";
import { contractText } from "../../src/migration/contract-text.ts";
import { contractOf } from "../../src/migration/contract.ts";
import type { EntityModel } from "../../src/model/entity.ts";
import type { FieldType } from "../../src/model/field.ts";
import type { Value } from "../../src/model/value.ts";
import { createOf, recordWith, temporaryDirectory } from "../unit/adapter/sqlite/store.ts";
import { entityOf, type EntityParts, type FieldRow } from "../unit/migration/entities.ts";
import { message } from "../unit/migration/types.ts";
import { Process } from "./process.ts";

const text: FieldType = { kind: "string" };
const int32: FieldType = { kind: "int32" };
const int64: FieldType = { kind: "int64" };
const decimal = (precision: number, scale: number): FieldType => ({ kind: "decimal", precision, scale });
const id: FieldRow = [1, "id", text];
const optional = { presence: true };
const box = (size: FieldType): FieldRow => [
  2,
  "v",
  { kind: "message", message: message("t.Box", [[1, "size", size]]) },
];

interface Kind {
  readonly what: string;
  readonly before: EntityParts;
  readonly after: EntityParts;
  readonly accept?: readonly string[];
  /** Of the i-th row, before and after. */
  readonly value: (i: number) => Value | undefined;
  readonly converted: (i: number) => Value | undefined;
}

/** A field 2 called v, of one type, then of another. */
function retyped(what: string, from: FieldRow, to: FieldRow, value: Kind["value"], converted: Kind["converted"], accept: readonly string[] = []): Kind {
  return { what, before: { fields: [id, from] }, after: { fields: [id, to] }, value, converted, accept };
} // prettier-ignore

const same = (i: number): string => `v${i}`;
const indexed = (unique: boolean): EntityParts => ({ fields: [id, [2, "v", text]], indexes: [{ name: "by_v", fields: ["v"], unique }] }); // prettier-ignore

const kinds: readonly Kind[] = [
  retyped("values in a new form", [2, "v", decimal(10, 2)], [2, "v", decimal(12, 4)], (i) => BigInt(i), (i) => BigInt(i) * 100n),
  retyped("values inside an embedded message", box(int32), box(int64), (i) => [i], (i) => [BigInt(i)]),
  retyped("narrowed", [2, "v", int64], [2, "v", int32], (i) => BigInt(i), (i) => i, ["t.Thing.v"]),
  retyped("optional → plain", [2, "v", int32, optional], [2, "v", int32], (i) => (i % 2 === 0 ? i : undefined), (i) => (i % 2 === 0 ? i : 0)),
  retyped("plain → optional", [2, "v", int32], [2, "v", int32, optional], (i) => i % 3, (i) => i % 3),
  { what: "the key turned", before: { fields: [id, [2, "v", text]], key: ["id", "v"] }, after: { fields: [id, [2, "v", text]], key: ["id", "v desc"] }, value: same, converted: same },
  { what: "a unique index built", before: { fields: [id, [2, "v", text]] }, after: indexed(true), value: same, converted: same },
  { what: "an index dropped", before: indexed(false), after: { fields: [id, [2, "v", text]] }, value: same, converted: same },
]; // prettier-ignore

const COUNT = 60;
const keyOf = ({ key }: EntityModel, i: number, value: Value | undefined): readonly Value[] =>
  key.length > 1 ? [`k${i}`, value ?? ""] : [`k${i}`];

function seeded(kind: Pick<Kind, "before" | "value">, count = COUNT): string {
  const dataDir = temporaryDirectory();
  const entity = entityOf(kind.before);
  const process = new Process(dataDir, entity);
  const rows = Array.from({ length: count }, (_, i) => recordWith(entity, { id: `k${i}`, v: kind.value(i) }));
  const outcomes = process.writeAll(rows.map((row) => createOf(entity, row)));
  expect(outcomes.every(({ status }) => status === "applied")).toBe(true);
  process.close();
  return dataDir;
}

/** By the version that is served from the file; undefined where a row is missing. */
function readAll(dataDir: string, parts: EntityParts, value: Kind["value"], count = COUNT): readonly unknown[] {
  const entity = entityOf(parts);
  const process = new Process(dataDir, entity);
  expect(process.drift()).toEqual([]);
  const rows = Array.from({ length: count }, (_, i) => {
    const outcome = process.read(keyOf(entity, i, value(i)));
    return outcome.status === "found" ? outcome.record[1] : outcome.status;
  });
  process.close();
  return rows;
}

const all = (value: Kind["value"], count = COUNT): readonly unknown[] =>
  Array.from({ length: count }, (_, i) => value(i));

function finish(dataDir: string, { after, accept = [] }: Pick<Kind, "after" | "accept">): string {
  const process = new Process(dataDir, entityOf(after), "off");
  for (;;) {
    const { status } = process.convert(accept, 7);
    if (status === "running") continue;
    process.close();
    return status;
  }
}

/** Asks another process for the work; what it says, and how it ended. */
function apply(dataDir: string, { after, accept = [] }: Pick<Kind, "after" | "accept">, script = "apply.ts"): { readonly said: () => string; readonly ended: Promise<readonly unknown[]>; readonly kill: () => void } {
  const file = join(dataDir, "apply.json");
  writeFileSync(file, JSON.stringify({ contract: contractText(contractOf(entityOf(after))), accept, rows: 3 }));
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), dataDir, file], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (part) => (said += String(part)));
  return { said: () => said, ended: once(child, "exit"), kill: () => child.kill("SIGKILL") };
} // prettier-ignore

function leftovers(dataDir: string): readonly unknown[] {
  const look = new DatabaseSync(join(dataDir, "test.db"));
  const names = look.prepare("SELECT name FROM sqlite_schema WHERE name GLOB '_pannier_*_things*'").all();
  const whole = look.prepare("PRAGMA integrity_check").get();
  look.close();
  return [...names, whole?.["integrity_check"]];
}

describe.each(kinds)("$what", (kind) => {
  it("killed in the middle, resumed: no row is lost, and the old form is whole until the last step", async () => {
    const dataDir = seeded(kind);
    const child = apply(dataDir, kind);
    const seen = await Promise.race([child.ended, (async () => {
      while (child.said().split("\n").length < 5) await new Promise((wake) => setTimeout(wake, 1));
    })()]); // prettier-ignore
    child.kill();
    await child.ended;
    const before = new Process(dataDir, entityOf(kind.before), "off");
    const isStill = before.drift().length === 0 && seen === undefined;
    const found = before.read(keyOf(before.entity, 1, kind.value(1)));
    before.close();
    expect([isStill, found.status === "found" ? found.record[1] : kind.value(1)]).toEqual([isStill, kind.value(1)]);
    expect(finish(dataDir, kind)).toBe("done");
    expect(readAll(dataDir, kind.after, kind.value)).toEqual(all(kind.converted));
    expect(leftovers(dataDir)).toEqual(["ok"]);
  });

  it("with the disk full in the middle: refused with nothing lost, and done once there is room", () => {
    const big = (i: number): Value | undefined => {
      const value = kind.value(i);
      return typeof value === "string" ? `${value}${"x".repeat(200)}` : value;
    };
    const converted = (i: number): Value | undefined => (kind.converted === same ? big(i) : kind.converted(i));
    const dataDir = seeded({ before: kind.before, value: big }, 1_500);
    const full = new Process(dataDir, entityOf(kind.after), "off");
    full.limitPages(1);
    let reason: string | undefined;
    try {
      for (let status = "running"; status === "running";) ({ status } = full.convert(kind.accept ?? [], 50));
    } catch (error) {
      ({ reason } = classify(error));
    }
    full.close();
    // There is room for an index that goes.
    expect(reason).toBe(kind.what === "an index dropped" ? undefined : "STORE_FULL");
    const [served, expected] = reason === undefined ? [kind.after, converted] : [kind.before, big];
    expect(readAll(dataDir, served, big, 1_500)).toEqual(all(expected, 1_500));
    expect(finish(dataDir, kind)).toBe("done");
    expect(readAll(dataDir, kind.after, big, 1_500)).toEqual(all(converted, 1_500));
    expect(leftovers(dataDir)).toEqual(["ok"]);
  });
});

const [first] = kinds;
const kind = first ?? { before: { fields: [id] }, after: { fields: [id] }, value: same, converted: same };

describe("a conversion", () => {
  it("by two processes at once is one conversion", async () => {
    const dataDir = seeded(kind, 400);
    const pair = [apply(dataDir, kind), apply(dataDir, kind)];
    const ended = await Promise.all(pair.map((child) => child.ended));
    expect(ended.map(([code]) => code)).toEqual([0, 0]);
    expect(readAll(dataDir, kind.after, kind.value, 400)).toEqual(all(kind.converted, 400));
    expect(leftovers(dataDir)).toEqual(["ok"]);
  });

  it("of a file that may not be written to is refused with the reason, and changes nothing", async () => {
    const dataDir = seeded(kind);
    const file = join(dataDir, "test.db");
    const child = apply(dataDir, kind, "unprivileged.ts"); // writes what it asks first
    chmodSync(join(dataDir, "apply.json"), 0o444);
    chmodSync(file, 0o444);
    chmodSync(dataDir, 0o555);
    const untouched = readFileSync(file);
    await child.ended;
    chmodSync(dataDir, 0o755);
    expect(child.said()).toMatch(/^STORE_(?:READ_ONLY|UNAVAILABLE)$/u);
    expect(readFileSync(file).equals(untouched)).toBe(true);
    chmodSync(file, 0o644);
    expect(readAll(dataDir, kind.before, kind.value)).toEqual(all(kind.value));
  });

  it.each([
    ["copied", 4],
    ["put the new table in place", 24],
  ])("whose account in the file is damaged after it %s ends all the same", (_, steps) => {
    const dataDir = seeded(kind);
    const process = new Process(dataDir, entityOf(kind.after), "off");
    for (let i = 0; i < steps; i += 1) process.convert([], 3);
    process.close();
    const look = new DatabaseSync(join(dataDir, "test.db"));
    expect(look.prepare("UPDATE _pannier_conversions SET state = '{'").run().changes).toBe(1);
    look.close();
    expect(finish(dataDir, kind)).toBe("done");
    expect(readAll(dataDir, kind.after, kind.value)).toEqual(all(kind.converted));
    expect(leftovers(dataDir)).toEqual(["ok"]);
  });
});

describe("what a start or a look refuses, it leaves byte for byte as it was", () => {
  const [two, three, four]: readonly FieldRow[] = [[2, "v", text], [3, "a", text, optional], [4, "b", text, optional]]; // prettier-ignore
  const joined = { presence: true, oneof: 0 };
  const refusals: readonly (readonly [string, EntityParts, EntityParts, Kind["value"], number | undefined])[] = [
    ["equal values in a unique index", { fields: [id, [2, "v", text]] }, indexed(true), () => "equal", COUNT],
    ["values that do not fit", { fields: [id, [2, "v", int64]] }, { fields: [id, [2, "v", int32]] }, (i) => BigInt(i) * 1_000_000_000n, COUNT - 3],
    ["absent values that would be zero", { fields: [id, [2, "v", int32, optional]] }, { fields: [id, [2, "v", int32]] }, () => undefined, COUNT],
    ["a change that is never done", { fields: [id, [2, "v", int64]] }, { fields: [id, [2, "v", { kind: "timestamp" }, optional]] }, (i) => BigInt(i), undefined],
    ["a key field more", { fields: [id, [2, "v", text]] }, { fields: [id, [2, "v", text]], key: ["id", "v"] }, same, undefined],
    ["fields joined in a oneof", { fields: [id, two ?? id, three ?? id, four ?? id] }, { fields: [id, two ?? id, [3, "a", text, joined], [4, "b", text, joined]] }, same, undefined],
  ]; // prettier-ignore

  it.each(refusals)("%s", (_, before, after, value, misfits) => {
    const dataDir = seeded({ before, value });
    const bytes = (): Buffer => readFileSync(join(dataDir, "test.db"));
    const untouched = bytes();
    for (const tables of ["off", "auto"] as const) {
      const process = new Process(dataDir, entityOf(after), tables);
      expect(process.drift()).not.toEqual([]);
      const found = process.plan().findings.map((finding) => finding?.misfits);
      expect(found.find((count) => count !== undefined)).toBe(misfits);
      process.close();
      expect(bytes().equals(untouched)).toBe(true);
    }
    expect(readAll(dataDir, before, value)).toEqual(all(value));
  });
});

describe("a table that others made", () => {
  it("is compared by its columns, and with tables: off served as it is, and nothing is written", () => {
    const dataDir = temporaryDirectory();
    const file = join(dataDir, "test.db");
    const others = new DatabaseSync(file);
    others.exec("CREATE TABLE things (id TEXT NOT NULL, v TEXT NOT NULL DEFAULT '', PRIMARY KEY (id)) STRICT; INSERT INTO things VALUES ('k0', 'theirs')");
    others.close();
    const untouched = new Process(dataDir, entityOf({ fields: [id, [2, "v", text]] }), "off");
    expect([untouched.drift(), untouched.read(["k0"]), untouched.contract()]).toMatchObject([[], { record: ["k0", "theirs"] }, undefined]);
    untouched.close();
    const otherwise = new Process(dataDir, entityOf({ fields: [id, [2, "v", int64]] }), "auto");
    expect(otherwise.drift()).toEqual([expect.stringContaining("the column v is TEXT, not INTEGER")]);
    otherwise.close();
    expect(readAll(dataDir, { fields: [id, [2, "v", text]] }, () => "theirs", 1)).toEqual(["theirs"]);
  }); // prettier-ignore
});
